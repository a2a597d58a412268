"""Tables of a text as grids: their rows, and the cells by the labels of their header. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citespan.index.layout.layout import Layout
from citespan.index.parse.parsed import Table
from citespan.index.types import Span

_MOST_COLUMNS = 40  # more are not read as a grid, and would be slow to find


@dataclass(frozen=True, slots=True)
class GridCell:
    """The value of a row in a column, which counts from 0."""

    column: int
    span: Span


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table that are within a span, under the labels of its header."""

    labels: Sequence[str]
    rows: Sequence[Sequence[GridCell]]


def grids_in(text: str, layout: Layout, within: Span) -> Iterator[Grid]:
    """Yield the tables that a span meets whose rows have a label before each value.

    A row is in a grid if all of it is within the span. Tables with very many columns are none.
    """
    for table in layout.tables:
        if table.end <= within.start or table.start >= within.end or not table.header:
            continue
        labels = [one.rstrip(": ") for one in table.header.split(" | ")]
        if len(labels) > _MOST_COLUMNS:
            continue
        names = tuple(f"{label}: " for label in labels)
        rows = [_cells(text, row, names, layout) for row in _rows(text, table, within)]
        if any(rows):
            yield Grid(labels, [row for row in rows if row])


def _rows(text: str, table: Table, within: Span) -> Iterator[Span]:
    start, last = table.start, min(table.end, within.end)
    if start < within.start:  # of a long table, only what is near is looked at
        before = text.find("\n", within.start - 1, last)
        start = last if before < 0 else before + 1
    while start < last:
        end = text.find("\n", start, table.end)
        end = table.end if end < 0 else end
        if end > last:
            return
        if start < end:
            yield Span(start, end)
        start = end + 1


def _cells(text: str, row: Span, names: tuple[str, ...], layout: Layout) -> list[GridCell]:
    """Return the cells of a row; none if it does not begin with a label."""
    found: list[GridCell] = []
    at, column = row.start, _named(text, row.start, row.end, names)
    while column is not None:
        start = at + len(names[column])
        end, after = _next(text, start, row.end, names[column + 1 :])
        found.append(GridCell(column, _value(Span(start, end), layout)))
        at, column = end + 2, None if after is None else column + 1 + after
    return found


def _next(text: str, start: int, end: int, names: tuple[str, ...]) -> tuple[int, int | None]:
    """Return where a value ends, and which of the names stands after it."""
    at = text.find("; ", start, end)
    while at >= 0:
        column = _named(text, at + 2, end, names)
        if column is not None:
            return at, column
        at = text.find("; ", at + 2, end)
    return end, None


def _named(text: str, at: int, end: int, names: tuple[str, ...]) -> int | None:
    """Return which of the names stands at an offset."""
    if not text.startswith(names, at, end):
        return None
    return next(n for n, name in enumerate(names) if text.startswith(name, at, end))


def _value(span: Span, layout: Layout) -> Span:
    """Return a value without the full stop that only the text has, and not the file."""
    last = Span(span.end - 1, span.end)
    return Span(span.start, span.end - 1) if not layout.places(last) else span
