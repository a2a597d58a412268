"""Tables of AsciiDoc: rows of cells that stand on one line or on several. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from citespan.index.text.adoc_attributes import Attributes
from citespan.index.text.adoc_inline import adoc_seen
from citespan.index.text.adoc_lines import FENCE, ITEM, UNSEEN, BlockStyles
from citespan.index.text.grid import trimmed
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_SPEC = re.compile(
    r"(?:(?P<wide>\d{1,2})?(?:\.(?P<high>\d{1,2}))?(?P<sign>[+*]))?(?:[<^>])?(?:\.[<^>])?[adehlmsv]?\Z"
)
_LONGEST_SPEC = 12
_MOST = 200  # columns, and rows that a cell reaches over


class AdocCell(NamedTuple):
    """A cell: its lines, how many columns and rows it reaches over, and how often it is there."""

    lines: list[Span]
    wide: int = 1
    high: int = 1
    times: int = 1


class AdocRow(NamedTuple):
    """A row: the lines of each of its cells; none where a cell reaches over from before."""

    cells: list[list[Span]]

    @property
    def span(self) -> Span:
        """From its first character to its last."""
        lines = [line for cell in self.cells for line in cell]
        return Span(lines[0].start, lines[-1].end)

    def view(self, text: str, known: Attributes, header: Sequence[str]) -> View:
        """Return the row with the header before each of its cells."""
        views = ViewBuilder()
        for at, lines in enumerate(self.cells):
            shown = [one for one in (adoc_seen(text, line, known) for line in lines) if one.text]
            if not shown:
                continue
            views.add("; " if len(views) else "")
            name = header[at] if at < len(header) else ""
            views.add(f"{name}: " if name else "")
            for number, one in enumerate(shown):
                views.add(" " if number else "")
                views.append(one)
        return views.done()


class AdocTable(NamedTuple):
    """A table: the row that names its columns, if it has one, and the others."""

    header: AdocRow | None
    rows: list[AdocRow]

    def names(self, text: str, known: Attributes) -> list[str]:
        """Return the names of its columns."""
        cells = self.header.cells if self.header else ()
        return [" ".join(adoc_seen(text, line, known).text for line in cell) for cell in cells]


def adoc_table(text: str, lines: Sequence[Span], styles: BlockStyles, fence: str) -> AdocTable:
    """Return the table between two fences.

    Args:
        text: the text that the lines are of.
        lines: those between the fences.
        styles: what is said of the table.
        fence: the line that opens it.
    """
    sign = styles.separator or {",": ",", ":": ":", "!": "!"}.get(fence[0], "|")
    found = list(_cells(text, lines, sign, barred=sign in "|!¦"))
    if not found:
        return AdocTable(None, [])
    first = found[0].lines[0].start if found[0].lines else 0
    opening = next((at for at, line in enumerate(lines) if line.end >= first), 0)
    width = styles.columns or _width(found, lines[opening])
    rows = list(_rows(found, width))
    headed = styles.headed
    if headed is None:
        below = lines[1].of(text) if len(lines) > 1 else ""
        headed = bool(lines[0].of(text).strip()) and not below.strip() and len(rows) > 1
    kept = [row for row in rows[headed:] if any(row.cells)]
    return AdocTable(rows[0] if headed and rows else None, kept)


def _width(cells: Sequence[AdocCell], line: Span) -> int:
    """Return how many columns the cells on the first line have."""
    wide = 0
    for cell in cells:
        if wide and cell.lines and cell.lines[0].start > line.end:
            break
        wide += cell.wide * cell.times
    return max(1, min(wide, _MOST))


def _rows(cells: Sequence[AdocCell], width: int) -> Iterator[AdocRow]:
    """Yield the rows that cells fill one after the other."""
    taken = [0] * width  # the rows that a cell from before still reaches over, of each column
    row: list[list[Span]] = []
    for cell in (one for one in cells for _ in range(one.times)):
        while len(row) < width and taken[len(row)]:
            taken[len(row)] -= 1
            row.append([])
        if len(row) >= width:
            yield AdocRow(row)
            row = []
        for number in range(min(cell.wide, width - len(row))):
            taken[len(row)] = cell.high - 1
            row.append([] if number else cell.lines)
        if len(row) >= width:
            yield AdocRow(row)
            row = []
    if row:
        yield AdocRow(row)


def _cells(text: str, lines: Sequence[Span], sign: str, *, barred: bool) -> Iterator[AdocCell]:
    """Yield the cells, each with its lines; `barred` if a sign stands before each of them."""
    cell: AdocCell | None = None
    for line in lines:
        if UNSEEN.match(line.of(text)):
            continue
        parts = list(_parts(text, line, sign))
        for at, part in enumerate(parts):
            begins = at > 0 or not barred
            if begins:
                if cell:
                    yield cell
                cell = _begun(text, parts[at - 1]) if at and barred else AdocCell([])
            last = at + 1 == len(parts)
            bare = trimmed(text, part if last or not barred else _without_spec(text, part))
            if cell and (shown := _shown(text, bare)):
                cell.lines.append(shown)
    if cell:
        yield cell


def _parts(text: str, line: Span, sign: str) -> Iterator[Span]:
    """Yield what is between the signs of a line that no backslash stands before."""
    start = at = line.start
    quoted = False
    while at < line.end:
        one = text[at]
        quoted ^= sign == "," and one == '"'
        if one == sign and not quoted and (at == line.start or text[at - 1] != "\\"):
            yield Span(start, at)
            start = at + 1
        at += 1
    if start < line.end or start == line.start or sign not in "|!¦":
        yield Span(start, line.end)
    else:
        yield Span(line.end, line.end)


def _spec(text: str, part: Span) -> re.Match[str] | None:
    """Return what stands right before a bar and is about the cell after it."""
    near = max(part.start, part.end - _LONGEST_SPEC)
    start = max(near, 1 + max(text.rfind(" ", near, part.end), text.rfind("\t", near, part.end)))
    if start == near > part.start:
        return None
    return _SPEC.match(text, start, part.end)


def _without_spec(text: str, part: Span) -> Span:
    spec = _spec(text, part)
    return Span(part.start, spec.start()) if spec else part


def _begun(text: str, before: Span) -> AdocCell:
    spec = _spec(text, before)
    wide, high = (int(spec[key] or 1) if spec else 1 for key in ("wide", "high"))
    if spec and spec["sign"] == "*":
        return AdocCell([], times=max(1, wide))
    return AdocCell([], wide=max(1, wide), high=max(1, high))


def _shown(text: str, line: Span) -> Span | None:
    """Return what people see of a line of a cell: without the mark of an item; None for nothing."""
    words = line.of(text)
    if not words or FENCE.match(words) or words == "+" or words.startswith(("[source", "[%", "[[")):
        return None
    item = ITEM.match(words)
    return Span(line.start + item.end(), line.end) if item else line
