"""Plain English: the field's words, and sentences of at most 25 words on average."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
STYLE = ROOT / "docs/styles/citespan/Words.yml"
PACKAGES = ("citespan", "index", "qa", "api", "evals")
MOST_WORDS = 25  # of a page's sentences, on average
SWAPS = [
    (re.compile(word, re.IGNORECASE), better)
    for word, better in yaml.safe_load(STYLE.read_text(encoding="utf-8"))["swap"].items()
]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
MODULES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
_CODE = re.compile(r"```.*?```|`[^`]*`|^\|.*$|\]\([^)]*\)", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"[.!?:](?:\s|$)|\n\s*\n|\n\s*[-*#\d]")


def found_in(text: str) -> list[str]:
    """The words of a text that have a better one."""
    return [
        f"{match.group()!r}: {better}"
        for pattern, better in SWAPS
        for match in pattern.finditer(text)
    ]


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """Give docstrings, comments and texts of several words of a module, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_the_words_of_the_field(page: Path):
    prose = _CODE.sub("", page.read_text(encoding="utf-8"))
    assert found_in(prose) == []
    sentences = [part for part in _SENTENCE.split(prose) if len(part.split()) > 2]
    words = [len(part.split()) for part in sentences]
    assert sum(words) / max(1, len(words)) <= MOST_WORDS


def test_code_uses_the_words_of_the_field():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in MODULES
        for line, text in prose_of(path.read_text(encoding="utf-8"))
        for word in found_in(text)
    ]
    assert wrong == []
