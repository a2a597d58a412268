"""Tables of reStructuredText: grids, columns below rules, and lists of rows. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from citespan.index.text.grid import trimmed
from citespan.index.text.rst_inline import rst_seen
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_GRID = re.compile(r"[ \t]*\+(?:[-=]{1,400}\+){1,99}[ \t]*")
_COLUMNS = re.compile(r"[ \t]*={1,400}(?:[ \t]{1,99}={1,400}){1,99}[ \t]*")
_FIRST, _CELL = (
    re.compile(r"[ \t]*[*+-][ \t]+[*+-](?:[ \t]+|$)"),
    re.compile(r"[ \t]+[*+-](?:[ \t]+|$)"),
)


class TableRow(NamedTuple):
    """A row: the lines of each of its cells."""

    cells: list[list[Span]]

    @property
    def span(self) -> Span:
        """From its first character to its last."""
        spans = [one for cell in self.cells for one in cell if one]
        return Span(min(one.start for one in spans), max(one.end for one in spans))

    def view(self, text: str, header: Sequence[str]) -> View:
        """Return the row with the header before each of its cells."""
        views = ViewBuilder()
        for at, lines in enumerate(self.cells):
            shown = [one for one in (rst_seen(text, line) for line in lines if line) if one.text]
            if not shown:
                continue
            views.add("; " if len(views) else "")
            views.add(f"{header[at]}: " if at < len(header) and header[at] else "")
            for number, one in enumerate(shown):
                views.add(" " if number else "")
                views.append(one)
        return views.done()


class RstTable(NamedTuple):
    """A table: the names of its columns, its rows, and the number of its lines."""

    header: list[str]
    rows: list[TableRow]
    lines: int


def table_at(text: str, lines: Sequence[Span], at: int = 0) -> RstTable | None:
    """Return the table that begins with one of some lines; None if none does."""
    first = lines[at].of(text)
    if _GRID.fullmatch(first):
        return _grid(text, lines[at:])
    if _COLUMNS.fullmatch(first):
        return _columns(text, lines[at:])
    return None


def listed(text: str, lines: Sequence[Span], *, headers: int) -> RstTable:
    """Return the table whose rows are items of a list, and their cells items of lists in them.

    Args:
        text: the text that the lines are of.
        lines: of the list.
        headers: how many of the rows are names of columns.
    """
    rows: list[TableRow] = []
    for line in lines:
        words = line.of(text)
        first = _FIRST.match(words)
        if first:
            rows.append(TableRow([]))
        if rows and (cell := first or _CELL.match(words)):
            rows[-1].cells.append([trimmed(text, Span(line.start + cell.end(), line.end))])
        elif rows and rows[-1].cells and words.strip():
            rows[-1].cells[-1].append(trimmed(text, line))
    return _table(text, rows, headers, len(lines))


def _table(text: str, rows: Sequence[TableRow], headers: int, lines: int) -> RstTable:
    width = max((len(row.cells) for row in rows[:headers]), default=0)
    names = [
        " ".join(
            rst_seen(text, line).text
            for row in rows[:headers]
            for line in (row.cells[at] if at < len(row.cells) else ())
            if line
        )
        for at in range(width)
    ]
    kept = [row for row in rows[headers:] if any(line for cell in row.cells for line in cell)]
    return RstTable(names, kept, lines)


def _grid(text: str, lines: Sequence[Span]) -> RstTable | None:
    edges = [at for at, sign in enumerate(lines[0].of(text)) if sign == "+"]
    rows: list[TableRow] = [TableRow([[] for _ in edges[1:]])]
    headers = end = 0
    for line in lines:
        words = line.of(text)
        if not words.lstrip().startswith(("+", "|")):
            break
        end += 1
        if _GRID.fullmatch(words):
            headers = len(rows) if "=" in words else headers
            rows.append(TableRow([[] for _ in edges[1:]]))
            continue
        for cell, span in zip(rows[-1].cells, _slices(text, line, edges, 1), strict=True):
            cell.append(span)
    return _table(text, rows, headers, end) if end > 2 else None


def _columns(text: str, lines: Sequence[Span]) -> RstTable | None:
    rule = lines[0].of(text)
    rules = _rules(text, lines)
    if len(rules) < 2:
        return None
    edges = [one.start() for one in re.finditer(r"=+", rule)]
    rows: list[TableRow] = []
    headers = 0
    for at, line in enumerate(lines[: rules[-1]]):
        if at == rules[1]:
            headers = len(rows)
        words = line.of(text)
        if at in rules or not words.strip() or not words.strip("- \t"):
            continue
        cells = list(_slices(text, line, [*edges, len(words) + 1], 0))
        if cells[0] or not rows or at == rules[1] + 1:
            rows.append(TableRow([[one] for one in cells]))
        else:
            for cell, span in zip(rows[-1].cells, cells, strict=True):
                cell.append(span)
    return _table(text, rows, headers, rules[-1] + 1)


def _rules(text: str, lines: Sequence[Span]) -> list[int]:
    """Return the lines that are rules: above and below the header, and at the end."""
    found: list[int] = []
    for at, line in enumerate(lines):
        if _COLUMNS.fullmatch(line.of(text)):
            found.append(at)
            last = at + 1 == len(lines) or not lines[at + 1].of(text).strip()
            if len(found) == 3 or (found[1:] and last):
                return found
    return []


def _slices(text: str, line: Span, edges: Sequence[int], skip: int) -> Iterator[Span]:
    """Yield the parts of a line between edges, without white space at either end."""
    for start, stop in pairwise(edges):
        first = min(line.start + start + skip, line.end)
        yield trimmed(text, Span(first, max(first, min(line.start + stop, line.end))))
