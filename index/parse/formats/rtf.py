"""Rich text (.rtf), read by striprtf."""

import re
from typing import Any

from striprtf import striprtf  # pyright: ignore[reportMissingTypeStubs]

from citespan.index.parse.formats.details import details
from citespan.index.parse.formats.rows import Grid, put, write_table
from citespan.index.parse.formats.writing import Writer
from citespan.index.parse.parsed import Parsed, cleaned
from citespan.index.parse.places import Cell, Node
from citespan.index.parse.request import Request, Unreadable

_striprtf: Any = striprtf
MADE_BY = "rtf 1"
MEDIA_TYPE = "application/rtf"
_MAX_BYTES = 50_000_000
_STYLE = re.compile(r"\{\\s(\d{1,4})\\([^{}]{0,1000})")
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?![0-9])")
_HEADING = re.compile(r"(?:heading|Heading|Überschrift|Titre) ([1-9]);")
_PARAGRAPH = re.compile(r"\\(?:s(\d{1,4})|outlinelevel([0-8])) ?(?![0-9])")
_INFO = re.compile(r"\{\\(title|author) ([^{}\\]{1,500})\}")
_CREATED = re.compile(r"\{\\(creatim|revtim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_FIRST = 0xE0F0  # a private character marks a heading of level 1; the next ones deeper ones
_MARK = re.compile("[\ue0f0-\ue0f8]")
_BAR = "|"  # striprtf ends each cell of a table with it


def read(data: bytes, request: Request) -> Parsed:  # noqa: ARG001
    """Read a document; headings are paragraphs with an outline level or a heading's style.

    Raises:
        Unreadable: it is damaged, too large, or holds no text; `request` adds nothing.
    """
    if len(data) > _MAX_BYTES:
        raise Unreadable("too_large", "the document is larger than 50 MB; save it as .docx")
    source = data.decode("latin-1")
    text = plain_text(_marked(source).encode("latin-1"))
    writer = Writer()
    _write(writer, text)
    stated = {name: cleaned(value) for name, value in _INFO.findall(source[:20_000])}
    dates = {
        name: f"{year}-{month:0>2}-{day:0>2}"
        for name, year, month, day in _CREATED.findall(source[:20_000])
    }
    return writer.parsed(
        MEDIA_TYPE,
        MADE_BY,
        title=stated.get("title", ""),
        metadata=details(
            author=stated.get("author", ""),
            published=dates.get("creatim", ""),
            modified=dates.get("revtim", ""),
        ),
    )


def plain_text(data: bytes) -> str:
    """Return the text of RTF.

    Raises:
        Unreadable: it is damaged.
    """
    try:
        text: str = _striprtf.rtf_to_text(
            data.decode("latin-1"), encoding="cp1252", errors="replace"
        )
    except Exception as error:  # of all kinds on damaged files
        raise Unreadable(
            "corrupt", "the document is damaged; save it again, or as .docx"
        ) from error
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _marked(source: str) -> str:
    """Return a document with a private character before the text of each heading."""
    body = source.find("\\pard")
    body = max(body, 0)
    levels: dict[str, int] = {}
    for number, rest in _STYLE.findall(source[:body]):
        if outline := _OUTLINE.search(rest):
            levels[number] = int(outline[1])
        elif named := _HEADING.search(rest):
            levels[number] = int(named[1]) - 1

    def mark(match: re.Match[str]) -> str:
        level = int(match[2]) if match[2] else levels.get(match[1] or "")
        if level is None:
            return match.group()
        return f"{match.group()}{{\\uc0\\u{_FIRST + level - 65536} }}"

    return source[:body] + _PARAGRAPH.sub(mark, source[body:])


def _write(writer: Writer, text: str) -> None:
    grid: Grid = {}
    tables = blocks = 0
    for line in [*text.split("\n"), ""]:
        marks = _MARK.findall(line)
        words = _MARK.sub("", line)
        if words.rstrip().endswith(_BAR) and words.count(_BAR) > 1:
            if not grid:
                tables += 1
            row = len(grid) + 1
            for column, cell in enumerate(words.rstrip()[:-1].split(_BAR), 1):
                put(grid, row, column, cell, Cell(f"table {tables}", row, column))
            continue
        if grid:
            write_table(writer, grid, pairs=True)
            grid = {}
        blocks += 1
        level = ord(marks[0]) - _FIRST + 1 if marks and len(words) < 300 else 0
        writer.block(words, Node(blocks), level=level)
