"""What the README and docs show: every fenced block is run, or parsed by what it is for."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx
import pytest
from serving import serving

from citespan.commands import cli
from citespan.index import parse_filter
from citespan.qa import load_settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDRESS = "localhost:8000"


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    language: str
    text: str


BLOCKS = [
    Block(str(page.relative_to(ROOT)), *match.groups())
    for page in PAGES
    for match in _FENCE.finditer(page.read_text(encoding="utf-8"))
]


def of(*languages: str) -> list[Any]:
    """The blocks in these languages, named by their pages."""
    found = [block for block in BLOCKS if block.language in languages]
    assert found
    return [pytest.param(block, id=f"{block.page}-{number}") for number, block in enumerate(found)]


@pytest.fixture(scope="module")
def server(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("docs") / "data", models_folder) as url:
        yield url.removeprefix("http://")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the small data set that an example scores."""
    made = tmp_path / "my-data"
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text(
        '{"_id": "a", "title": "", "text": "' + "word " * 20 + '"}\n'
    )
    (made / "queries.jsonl").write_text('{"_id": "q1", "text": "Which word?"}\n')
    (made / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\n")
    (made / "spans.jsonl").write_text(
        '{"query_id": "q1", "document_id": "a", "start": 0, "end": 4, "text": "word"}\n'
    )
    return tmp_path


@pytest.mark.parametrize("block", of("python"))
def test_python_runs(block: Block, server: str, folder: Path):
    if "my-data" in block.text and "open_service" in block.text:
        (folder / "my-data").rename(folder / "data-set")  # here `my-data` is a data folder
    done = subprocess.run(
        [sys.executable, "-P", "-c", block.text.replace(_ADDRESS, server)],
        cwd=folder,
        env=os.environ | {"CITESPAN_DATA__PATH": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", of("toml"))
def test_settings_are_settings(block: Block, tmp_path: Path):
    file = tmp_path / "citespan.toml"
    file.write_text(block.text, encoding="utf-8")
    load_settings(file, {})


@pytest.mark.parametrize("block", of("json"))
def test_json_is_json(block: Block):
    value = json.loads(block.text)
    if "$or" in value:
        parse_filter(value)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of ours in a shell block, without those before `citespan`."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in re.split(r"&&|\|", line):
            words = shlex.split(command, comments=True)
            names = [number for number, word in enumerate(words) if Path(word).name == "citespan"]
            if names and "pip" not in words and "docker" not in words:
                yield words[names[0] + 1 :]


@pytest.mark.parametrize("block", of("bash"))
def test_commands_and_their_options_exist(block: Block):
    for words in commands(block.text):
        command: click.Command = cli
        rest = words
        while True:
            context = click.Context(command, info_name=command.name)
            _, rest, _ = command.make_parser(context).parse_args(list(rest))
            if not isinstance(command, click.Group) or not rest:
                break
            found = command.get_command(context, rest[0])
            assert found, f"no command {rest[0]!r}"
            command, rest = found, rest[1:]


@pytest.mark.parametrize("block", [b for b in of("bash") if "curl" in b.values[0].text])
def test_requests_are_answered(block: Block, server: str):
    words = shlex.split(block.text.replace("\\\n", " "))
    url = next(word for word in words if word.startswith(_ADDRESS))
    body = json.loads(words[words.index("-d") + 1])
    answer = httpx.post(f"http://{url.replace(_ADDRESS, server)}", json=body, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["status"] in {"answered", "partial", "abstained"}


def test_links_lead_to_files():
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(
            r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _FENCE.sub("", page.read_text("utf-8"))
        )
        if "://" not in target
    ]
    assert [(str(page), to) for page, to in links if not (page.parent / to).exists()] == []


def test_the_readme_is_short():
    assert 100 <= len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_architecture_names_what_is_there():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:index|qa|api|evals|tests)/[\w/.]*)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []
    for package in ("index", "qa", "api", "evals"):
        section = text.partition(f"\n## {package}:")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| ([^|]*) \|", section, re.MULTILINE)
        said = {word.rstrip("/") for row in rows for word in re.findall(r"`([\w/]+)`", row)}
        there = {path.stem for path in (ROOT / package).iterdir() if path.name[0] not in "_."}
        folders = {name for name in there if (ROOT / package / name / "__init__.py").exists()}
        assert folders - said == set()
