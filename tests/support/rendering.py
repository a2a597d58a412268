"""What chat programs show of a message: the Markdown renderers that they use, and what is shown."""

import json
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm as _untyped  # pyright: ignore[reportMissingTypeStubs]
from cmarkgfm import cmark as _untyped_options  # pyright: ignore[reportMissingTypeStubs]
from markdown_it import MarkdownIt

_NODE = Path(__file__).parent.parent / "clients/node/render"
_EXTENSIONS = ["autolink", "table", "strikethrough", "tasklist"]
_cmarkgfm: Any = _untyped
Options: Any = _untyped_options.Options
_UNSAFE = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES  # HTML is passed on


class Shown(HTMLParser):
    """The elements, addresses and text of a rendered message."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag == "br" else ""
        self.links += [value or "" for name, value in attrs if name != "class"]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")

    def handle_decl(self, decl: str) -> None:
        self.tags.add("declaration")

    def handle_pi(self, data: str) -> None:
        self.tags.add("instruction")


def rendered(messages: list[str]) -> Iterator[tuple[str, str, Shown]]:
    """Each message in each renderer of Python: its name, the message, and what it shows."""
    linkifying = MarkdownIt("commonmark", {"html": True, "linkify": True})
    linkifying.enable(["linkify", "table", "strikethrough"])
    linkify: Any = linkifying.linkify
    linkify.set({"fuzzy_ip": True, "fuzzy_email": True, "fuzzy_link": True})
    for message in messages:
        yield "markdown-it-py", message, Shown(linkifying.render(message))
        github = _cmarkgfm.markdown_to_html_with_extensions(message, _UNSAFE, _EXTENSIONS)
        yield "cmark-gfm", message, Shown(github)


@contextmanager
def node_renderers(folder: Path) -> Generator[Path]:
    """A folder with the renderers of JavaScript, installed."""
    shutil.copytree(_NODE, folder, dirs_exist_ok=True)
    install = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield folder


def rendered_by_node(folder: Path, messages: list[str]) -> Iterator[tuple[str, str, Shown]]:
    """Each message in each renderer of JavaScript."""
    done = subprocess.run(
        ["node", "render.mjs"],
        cwd=folder, input=json.dumps(messages), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name, pages in json.loads(done.stdout).items():
        for message, html in zip(messages, pages, strict=True):
            yield name, message, Shown(html)
