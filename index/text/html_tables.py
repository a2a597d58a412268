"""Tables of HTML inside of Markdown: their rows, cells and the names of their columns. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from citespan.index.text.grid import row_view, trimmed
from citespan.index.text.inline import seen
from citespan.index.text.unread import masked
from citespan.index.text.view import View
from citespan.index.types import Span

_LONGEST = 50_000  # code points from the start of a table to its end
_OPENED = re.compile(r"(?m)^[ \t]*<table\b[^<>]{0,300}>", re.IGNORECASE)
_CLOSED = re.compile(r"</table\s*>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]{0,300}>", re.IGNORECASE)
_ROW_END = re.compile(r"</tr\s*>|<tr\b|</t(?:head|body|foot|able)\s*>", re.IGNORECASE)
_CELL = re.compile(r"<t(?P<kind>[dh])\b[^<>]{0,300}>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>|<t[dh]\b", re.IGNORECASE)


class HtmlTable(NamedTuple):
    """A table of a text, from the start of its first line.

    header: the cells with the names of the columns; none if the table does not say them.
    rows: the cells of each row below the header.
    """

    span: Span
    header: Sequence[Span]
    rows: Sequence[Sequence[Span]]

    def holds(self, at: int) -> bool:
        """Return whether a character of the text is in the table."""
        return self.span.start <= at < self.span.end

    def names(self, text: str, hidden: Sequence[Span], code: Sequence[Span]) -> list[str]:
        """Return the names of the columns, without what no viewer shows."""
        if not self.header:
            return []
        row = Span(self.header[0].start, self.header[-1].end)
        shown = masked(row.of(text), row, hidden, code)
        return [shown[one.start - row.start : one.end - row.start].strip() for one in self.header]

    def rows_in(
        self, local: str, within: Span, names: Sequence[str]
    ) -> Iterator[tuple[Span, View]]:
        """Yield the rows in a span, each with what is seen of it; of one that is cut, the cells.

        Args:
            local: the span's text, without what no viewer shows.
            within: the span.
            names: those of the columns.
        """
        for row in self.rows:
            inside = [
                trimmed(local, Span(one.start - within.start, one.end - within.start))
                if within.start <= one.start and one.end <= within.end
                else Span(0, 0)
                for one in row
            ]
            view = row_view(local, inside, names, within.start)
            if view.runs:
                filled = [one for one in inside if one]
                yield Span(filled[0].start, filled[-1].end), view


def html_tables(text: str) -> list[HtmlTable]:
    """Return the tables of a text, in order; those inside of others are parts of their cells."""
    found: list[HtmlTable] = []
    at = 0
    looked = 0  # up to here, none ends
    while opened := _OPENED.search(text, at):
        furthest = opened.end() + _LONGEST
        closed = _CLOSED.search(text, max(opened.end(), looked), furthest)
        at = closed.end() if closed else opened.end()
        if closed:
            found.append(_table(text, Span(opened.start(), at)))
        else:
            looked = furthest - len("</table>")
    return found


def _table(text: str, span: Span) -> HtmlTable:
    rows = list(_rows(text, span))
    labels = any(label for row in rows for _, label in row)
    first = rows[0] if rows else []
    names = [seen(text, cell).text for cell, _ in first if cell]
    words = all(name[:1].isalpha() for name in names)
    headed = len(rows) > 1 and (all(label for _, label in first) if labels else words)
    cells = [[cell for cell, _ in row] for row in rows]
    return HtmlTable(span, cells[0] if headed else [], cells[headed:])


def _rows(text: str, span: Span) -> Iterator[list[tuple[Span, bool]]]:
    """Yield the cells of each row, and whether each is a label."""
    for opened in _ROW.finditer(text, span.start, span.end):
        closed = _ROW_END.search(text, opened.end(), span.end)
        end = closed.start() if closed else span.end
        cells: list[tuple[Span, bool]] = []
        for cell in _CELL.finditer(text, opened.end(), end):
            stop = _CELL_END.search(text, cell.end(), end)
            inside = trimmed(text, Span(cell.end(), stop.start() if stop else end))
            cells.append((inside, cell["kind"] in "hH"))
        if any(cell for cell, _ in cells):
            yield cells
