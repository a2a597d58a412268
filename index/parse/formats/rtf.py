"""Rich text (.rtf), read by striprtf."""

import re
from typing import Any

from striprtf import striprtf  # pyright: ignore[reportMissingTypeStubs]

from citespan.index.parse.formats.details import details
from citespan.index.parse.formats.grid import Grid, put
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.rtf_bold import bold_lines, private, with_bold
from citespan.index.parse.formats.rtf_tables import COVERED, with_covered
from citespan.index.parse.formats.rtf_unseen import group_end, prepared
from citespan.index.parse.formats.writing import BlockWriter, is_like_heading
from citespan.index.parse.parsed import Parsed, cleaned
from citespan.index.parse.places import Cell, Node
from citespan.index.parse.request import Request, Unreadable

_striprtf: Any = striprtf
MADE_BY = "rtf 4"
MEDIA_TYPE = "application/rtf"
_MAX_BYTES = 50_000_000
_STYLE = re.compile(r"\{\\s(\d{1,4})(?!\d)([^{}]{0,1000})")
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?![0-9])")
_HEADING = re.compile(r"(?:heading|Heading|Überschrift|Titre) ([1-9]);")
_PARAGRAPH = re.compile(r"\\(?:s(\d{1,4})|outlinelevel([0-8])) ?(?![0-9])")
_INFO = re.compile(r"\{\\(title|author) ([^{}\\]{1,500})\}")
_CREATED = re.compile(r"\{\\(creatim|revtim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_FIRST = 0xE0F0  # a private character marks a heading of level 1; the next ones deeper ones
_NOTE = 0xE0FF  # a private character where a footnote was
_MARK = re.compile("[\ue0e0-\ue0ff]")
_FOOTNOTE = re.compile(r"\{\s{0,9}(?:\\\*\s{0,9})?\\footnote\b(?:\\ftnalt)?")
_START = re.compile(r"^\{\\rtf[^{}]{0,500}")
_MAX_NOTE = 100_000  # bytes of a footnote
_ITEM = re.compile(
    r"\s{0,9}([•·▪o–-]|\(?\w{1,4}[.)])\t\s{0,9}"
)  # what a program wrote before an item
_BULLETS = dict.fromkeys("·▪o", "•")
_BAR = "|"  # striprtf ends each cell of a table with it


def read(data: bytes, _: Request) -> Parsed:
    """Read a document; headings have an outline level, a heading's style, or bold letters.

    Raises:
        Unreadable: it is damaged, too large, or holds no text; the request adds nothing.
    """
    if len(data) > _MAX_BYTES:
        raise Unreadable("too_large", "the document is larger than 50 MB; save it as .docx")
    source = prepared(data.decode("latin-1"))
    source, notes = _without_notes(with_covered(source))
    text = plain_text(_marked(source).encode("latin-1"))
    writer = BlockWriter()
    _write(writer, text, notes)
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


def _body(source: str) -> int:
    """Return where the text begins, after fonts and styles."""
    return max(source.find("\\pard"), 0)


def _marked(source: str) -> str:
    """Return a document with a private character before the text of each heading."""
    body = _body(source)
    levels: dict[str, int] = {}
    for number, rest in _STYLE.findall(source[:body]):
        if outline := _OUTLINE.search(rest):
            levels[number] = int(outline[1])
        elif named := _HEADING.search(rest):
            levels[number] = int(named[1]) - 1

    def mark(match: re.Match[str]) -> str:
        level = int(match[2]) if match[2] else levels.get(match[1] or "")
        return match.group() if level is None else match.group() + private(_FIRST + level)

    return source[:body] + with_bold(_PARAGRAPH.sub(mark, source[body:]))


def _without_notes(source: str) -> tuple[str, list[str]]:
    """Return a document with a private character for each footnote, and their texts.

    striprtf leaves footnotes out.
    """
    pieces: list[str] = []
    notes: list[str] = []
    at = 0
    for match in _FOOTNOTE.finditer(source):
        if match.start() >= at and (end := group_end(source, match.start(), _MAX_NOTE)):
            pieces += [source[at : match.start()], private(_NOTE)]
            notes.append(source[match.end() : end - 1])
            at = end
    if not notes:
        return source, []
    fonts = source.find("{\\fonttbl")
    end = group_end(source, fonts, _MAX_NOTE) if fonts >= 0 else 0
    start = "".join(_START.findall(source[:1000])) + source[fonts:end] if end else "{\\rtf1 "
    joined = private(_NOTE).join(f"{{{note}}}" for note in notes)
    texts = plain_text(f"{start}\\pard {joined}}}".encode("latin-1")).split(chr(_NOTE))
    return "".join([*pieces, source[at:]]), texts


def _write(writer: BlockWriter, text: str, notes: list[str]) -> None:
    grid: Grid = {}
    tables = blocks = noted = styled = 0
    for line, bold in zip([*text.split("\n"), ""], [*bold_lines(text), False], strict=True):
        marks = _MARK.findall(line)
        words = _MARK.sub("", line)
        if words.rstrip().endswith(_BAR) and words.count(_BAR) > 1:
            if not grid:
                tables += 1
            row = len(grid) + 1
            for column, cell in enumerate(line.rstrip()[:-1].split(_BAR), 1):
                if chr(COVERED) in cell and column in grid.get(row - 1, {}):
                    grid.setdefault(row, {})[column] = grid[row - 1][column]
                else:
                    words = _MARK.sub("", cell)
                    put(grid, row, column, words, Cell(f"table {tables}", row, column))
            continue
        if grid:
            write_table(writer, grid, pairs=True)
            grid = {}
        blocks += 1
        levels = [ord(mark) - _FIRST + 1 for mark in marks if _FIRST <= ord(mark) < _NOTE]
        item = _ITEM.match(words)
        level = styled = levels[0] if levels and len(words) < 300 else styled
        if not levels:  # a short line in bold is one below those of styles
            level = min(styled + 1, 6) if bold and not item and is_like_heading(words) else 0
        writer.block(
            words[item.end() :] if item else words,
            Node(blocks),
            prefix=_BULLETS.get(item[1], item[1]) + " " if item else "",
            level=level,
        )
        for _ in range(marks.count(chr(_NOTE))):
            noted += 1
            blocks += 1
            note = notes[noted - 1] if noted <= len(notes) else ""
            writer.block(note, Node(blocks), prefix=f"Footnote {noted}: ")
