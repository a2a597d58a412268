"""Headings of marked-up texts, found line by line without parsing the rest."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

from citespan.index.parse.formats.details import details, iso
from citespan.index.parse.parsed import MetadataValue

_SUFFIXES = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".rst": "rst", ".rest": "rst",
    ".adoc": "asciidoc", ".asciidoc": "asciidoc", ".asc": "asciidoc", ".tex": "latex",
    ".ltx": "latex", ".sty": "latex", ".txt": "plain", ".text": "plain", ".log": "plain",
}  # fmt: skip
_TYPES = {"text/markdown": "markdown", "text/x-rst": "rst", "text/prs.fallenstein.rst": "rst",
          "text/asciidoc": "asciidoc", "application/x-tex": "latex", "text/x-tex": "latex",
          "application/x-latex": "latex"}  # fmt: skip
_LATEX = re.compile(
    r"\s{0,20}\\(part|chapter|section|subsection|subsubsection|paragraph)\*?"
    r"(?:\[[^\]]{0,300}\])?\{([^{}]{1,300}(?:\{[^{}]{0,100}\}[^{}]{0,300}){0,9})\}"
)
_LATEX_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4,
                 "paragraph": 5}  # fmt: skip
_MARKDOWN = re.compile(r" {0,3}(#{1,6})[ \t]{1,20}(?=\S)")
_ASCIIDOC = re.compile(r"(={1,6}|\#{1,6})[ \t]{1,20}(?=\S)")
_BLOCK = re.compile(r"(?:-{4,}|\.{4,}|/{4,}|\+{4,}|`{3})")
_FENCE = re.compile(r" {0,3}(`{3,20}|~{3,20})")
_FIELD = re.compile(
    r":?(Title|Author|Date|Created|Last-Modified|Version)s?:\s{1,9}(\S.{0,300})", re.IGNORECASE
)
_UNDERLINES = frozenset("=-`:.'\"~^_*+#<>!$%&(),/;?@[]{|}\\")
_MAX_HEADING = 300


class FoundHeading(NamedTuple):
    """A heading: its line from 0, where it starts and ends in the line, and its level."""

    line: int
    start: int
    end: int
    level: int


def kind_of(name: str, media_type: str, text: str) -> str:
    """Return what a text is: by its name, else its media type, else its first characters."""
    suffix = PurePosixPath(name.lower()).suffix
    if kind := _SUFFIXES.get(suffix) or _TYPES.get(media_type.partition(";")[0].strip().lower()):
        return kind
    if suffix:
        return "code"
    start = text[:2000]
    if "\\documentclass" in start or "\\begin{document}" in start:
        return "latex"
    return "markdown" if re.search(r"(?m)^#{1,6} \S", start) else "plain"


def _markdown(lines: list[str]) -> list[FoundHeading]:
    out: list[FoundHeading] = []
    fence = ""
    for at, line in enumerate(lines):
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence):
                fence = ""
        elif fence:
            continue
        elif match := _MARKDOWN.match(line):
            end = (
                len(line.rstrip().rstrip("#").rstrip())
                if line.rstrip().endswith("#")
                else len(line.rstrip())
            )
            out.append(FoundHeading(at, match.end(), end, len(match[1])))
        elif (
            at
            and _is_underline(line, "=-")
            and _is_title(lines[at - 1], lines[at - 2] if at > 1 else "")
        ):
            out.append(_whole(at - 1, lines[at - 1], 1 if line[0] == "=" else 2))
    return out


def _asciidoc(lines: list[str]) -> list[FoundHeading]:
    out: list[FoundHeading] = []
    block = ""
    for at, line in enumerate(lines):
        stripped = line.rstrip()
        if block:
            block = "" if stripped == block else block
        elif _BLOCK.fullmatch(stripped) or stripped.startswith("```"):
            block = "```" if stripped.startswith("```") else stripped
        elif (match := _ASCIIDOC.match(line)) and (
            line[0] == "=" or not at or not lines[at - 1].strip()
        ):
            end = len(stripped.removesuffix(f" {match[1]}").rstrip())
            if end > match.end():
                out.append(FoundHeading(at, match.end(), end, len(match[1])))
    return out


def _rst(lines: list[str]) -> list[FoundHeading]:
    """Return the titles above underlines; their levels are in the order of first use."""
    out: list[FoundHeading] = []
    styles: list[tuple[str, bool]] = []
    for at in range(1, len(lines)):
        line, title = lines[at].rstrip(), lines[at - 1]
        if not _is_underline(line, "") or len(line) < len(title.strip()) or not title.strip():
            continue
        over = at > 1 and lines[at - 2].rstrip() == line
        above = lines[at - 2].strip() if at > 1 else ""
        if _is_underline(title.strip(), "") or (not over and (above or title[0].isspace())):
            continue
        style = (line[0], over)
        if style not in styles:
            styles.append(style)
        out.append(_whole(at - 1, title, styles.index(style) + 1))
    return out


def _latex(lines: list[str]) -> list[FoundHeading]:
    out: list[FoundHeading] = []
    for at, line in enumerate(lines):
        if (match := _LATEX.match(line)) and not line.lstrip().startswith("%"):
            out.append(FoundHeading(at, match.start(2), match.end(2), _LATEX_LEVELS[match[1]]))
    return out


def _is_underline(line: str, marks: str) -> bool:
    line = line.rstrip()
    return (
        len(line) > 1 + (not marks)
        and line[0] in (marks or _UNDERLINES)
        and line == line[0] * len(line)
    )


def _is_title(line: str, above: str) -> bool:
    """Return whether a line is a paragraph of one line, which an underline makes a heading."""
    return bool(line.strip()) and not above.strip() and line.lstrip()[0] not in "|->#*+=`~"


def _whole(at: int, line: str, level: int) -> FoundHeading:
    start = len(line) - len(line.lstrip())
    return FoundHeading(at, start, start + min(len(line.strip()), _MAX_HEADING), level)


def front_matter(kind: str, lines: list[str]) -> tuple[str, dict[str, MetadataValue]]:
    """Return the title and metadata that the first lines state as fields, such as "Title: …"."""
    if kind not in {"markdown", "rst", "asciidoc"}:
        return "", {}
    stated: dict[str, str] = {}
    for number, line in enumerate(lines[:40]):
        if match := _FIELD.match(line):
            stated.setdefault(match[1].lower(), match[2].strip().strip("\"'"))
        elif not line.strip() and number and stated:
            break
    return stated.get("title", ""), details(
        author=stated.get("author", ""),
        published=iso(stated.get("date") or stated.get("created", "")),
    )


SCANS: dict[str, Callable[[list[str]], list[FoundHeading]]] = {
    "markdown": _markdown,
    "rst": _rst,
    "asciidoc": _asciidoc,
    "latex": _latex,
}
