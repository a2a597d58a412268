"""Tables of a text as grids: their rows, and the cells by the labels of their header. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citespan.index.layout.layout import Layout
from citespan.index.parse.parsed import Table
from citespan.index.types import Span


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

    A row is in a grid if all of it is within the span.
    """
    for table in layout.tables:
        if table.end <= within.start or table.start >= within.end or not table.header:
            continue
        labels = [one.rstrip(": ") for one in table.header.split(" | ")]
        rows = [_cells(text, row, labels, layout) for row in _rows(text, table, within)]
        if any(rows):
            yield Grid(labels, [row for row in rows if row])


def _rows(text: str, table: Table, within: Span) -> Iterator[Span]:
    start = table.start
    while start < table.end:
        end = text.find("\n", start, table.end)
        end = table.end if end < 0 else end
        if start < end and within.start <= start and end <= within.end:
            yield Span(start, end)
        start = end + 1


def _cells(text: str, row: Span, labels: Sequence[str], layout: Layout) -> list[GridCell]:
    """Return the cells of a row; none if it does not begin with a label."""
    found: list[GridCell] = []
    at, column = row.start, _labelled(text, row.start, row.end, labels, 0)
    while column is not None:
        start = at + len(labels[column]) + 2
        end, following = _next(text, start, row.end, labels, column + 1)
        found.append(GridCell(column, _value(Span(start, end), layout)))
        at, column = end + 2, following
    return found


def _next(
    text: str, start: int, end: int, labels: Sequence[str], least: int
) -> tuple[int, int | None]:
    """Return where a value ends, and the column of the value after it."""
    at = text.find("; ", start, end)
    while at >= 0:
        column = _labelled(text, at + 2, end, labels, least)
        if column is not None:
            return at, column
        at = text.find("; ", at + 2, end)
    return end, None


def _labelled(text: str, at: int, end: int, labels: Sequence[str], least: int) -> int | None:
    """Return the first column from `least` on whose label stands at an offset."""
    for column in range(least, len(labels)):
        if text.startswith(f"{labels[column]}: ", at, end):
            return column
    return None


def _value(span: Span, layout: Layout) -> Span:
    """Return a value without the full stop that only the text has, and not the file."""
    last = Span(span.end - 1, span.end)
    return Span(span.start, span.end - 1) if not layout.places(last) else span
