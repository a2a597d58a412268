"""The files of folders, and titles for those that have none of their own."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from citespan.index.parse.files import printable
from citespan.index.text.inline import seen
from citespan.index.text.marks import fields_end
from citespan.index.types import Span

_MAX_TITLE = 200  # characters of a heading that is used as a title
_OPENING = 10_000  # characters after the fields in which the first line is
_DEEPEST = 6  # the lowest level of a heading
_TITLE = re.compile(r"(?m)^title:[ \t]+(\S[^\n]{0,300}?)[ \t]*$")


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield the given files, and those in the given folders at any depth, with whether it is so.

    Files and folders whose names begin with a dot are left out, unless they are given.
    """
    for path in paths:
        if path.is_dir():
            yield from ((file, True) for file in sorted(_inside(path)))
        else:
            yield path, False


def title_of(text: str, name: str, *, markdown: bool) -> str:
    """Return a title: the one that Markdown states or begins with, or else the readable file name.

    Markdown states a title in the fields before its text, and begins with one if its first line is
    a heading of any level.
    """
    readable = printable(PurePath(name).stem).replace("_", " ").replace("-", " ")
    return (_stated(text) if markdown else "")[:_MAX_TITLE] or readable


def _stated(text: str) -> str:
    end = fields_end(text)
    stated = _TITLE.search(text, 0, end)
    if stated and (title := stated[1].strip("\"'")):
        return title
    first = text[end : end + _OPENING].lstrip().partition("\n")[0]
    bare = first.lstrip("#")
    heading = 0 < len(first) - len(bare) <= _DEEPEST and bare[:1] in {" ", "\t"}
    return seen(bare, Span(0, len(bare))).text.strip(" \t#") if heading else ""


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in inside) and path.is_file():
            yield path
