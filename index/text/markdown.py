"""Markdown in units, each as a person sees it: paragraphs, items, rows, code, headings. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from citespan.index.text.edges import bare, described, word_start
from citespan.index.text.grid import (
    RULE,
    cells,
    header_above,
    is_row,
    is_rule,
    row_view,
    rows_without_bars,
    trimmed,
)
from citespan.index.text.html_tables import HtmlTable
from citespan.index.text.inline import seen
from citespan.index.text.listing import code_parts, code_view
from citespan.index.text.marks import MarkedLine, fields_end, marked, stated
from citespan.index.text.segmentation import sentences
from citespan.index.text.unread import masked
from citespan.index.text.view import View
from citespan.index.types import Span

_HEADING = re.compile(r"#{1,6}[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_QUOTED = re.compile(r"[ \t]*(?:>[ \t]?)+")


class Kind(StrEnum):
    """What a unit is."""

    HEADING = "heading"
    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What can be cited as one thing; `span` is of the whole text.

    group: units of the same paragraph, list, table or block of code have the same number.
    numbered: whether it is a step of a list with numbers.
    number: of a step, if it is written.
    nested: whether it is indented below an item of a list, which it belongs to.
    indent: of an item, how far its mark is indented.
    """

    kind: Kind
    span: Span
    view: View
    group: int
    numbered: bool = False
    number: int | None = None
    nested: bool = False
    indent: int = 0


def markdown_units(
    text: str, within: Span, code: Sequence[Span] = (), hidden: Sequence[Span] = (),
    tables: Sequence[HtmlTable] = (), *, split: bool = True,
) -> list[Unit]:  # fmt: skip
    """Return the units of a span of Markdown, in order.

    Args:
        text: the whole text.
        within: the span, from the start of a line or from inside of one.
        code: as `code_spans` returns them; others may be omitted.
        hidden: as `hidden_spans` returns them; nothing of them is in a unit.
        tables: as `html_tables` returns them; others may be omitted.
        split: whether paragraphs are split into sentences, which takes longer.
    """
    return list(_Reading(text, within, code, hidden, tables, split=split).units())


class _Reading:
    def __init__(
        self, text: str, within: Span, code: Sequence[Span], hidden: Sequence[Span],
        tables: Sequence[HtmlTable], *, split: bool,
    ) -> None:  # fmt: skip
        self._text, self._split = text, split
        self._code = [one for one in code if one.overlap(within)]
        self._base = within.start
        self._local = masked(within.of(text), within, hidden, code)
        self._whole_lines = not self._base or text[self._base - 1] == "\n"
        self._above = header_above(text, self._base) if self._base else None
        self._rows_at = rows_without_bars(self._local, goes_on=self._above is not None)
        self._fields = fields_end(text) - self._base
        self._tables = [one for one in tables if one.span.overlap(within)]
        self._within, self._hidden = within, hidden
        self._group = 0
        self._term = ""  # what the next paragraph describes
        self._item = -1  # the indentation of the last item that is still open

    def units(self) -> Iterator[Unit]:
        lines = list(self._lines())
        at = 0
        while at < len(lines):
            line = lines[at]
            end = self._end(lines, at)
            words = line.of(self._local)
            if not words.strip():
                self._group += 1
            elif self._in_code(line):
                self._indented(line)
                yield from self._code_units(lines[at:end])
            elif table := self._in_table(line):
                yield from self._table_rows(table)
            else:
                yield from self._written(lines[at:end], Span(line.start, lines[end - 1].end), words)
            at = end

    def _written(self, lines: Sequence[Span], whole: Span, words: str) -> Iterator[Unit]:
        """Yield the units of what is no code and begins with a line."""
        line = lines[0]
        item, mark = _ITEM.match(words), marked(words)
        term, self._term = self._term, mark.term if mark else ""
        self._indented(line, item=bool(item or (mark and (mark.term or mark.step))))
        if line.start < self._fields:
            yield from self._field(line, words)
        elif _HEADING.match(words):
            yield from self._heading(line)
        elif mark:
            yield from self._mark(line, mark)
        elif self._is_row(line):
            yield from self._rows(lines)
        elif item or term:
            yield from self._item_of(whole, term)
        else:
            yield from self._sentences(whole)

    def _indented(self, line: Span, *, item: bool = False) -> None:
        """Note whether a line is indented below the last item, or is one itself."""
        indent = self._indent(line)
        if item:
            self._item = min(indent, self._item) if self._item >= 0 else indent
        elif indent <= self._item:
            self._item = -1

    def _indent(self, line: Span) -> int:
        """Return how far a line is indented, also one that the span begins inside of."""
        words = line.of(self._local)
        start = self._base + line.start
        before = self._text[1 + self._text.rfind("\n", 0, start) : start]
        return len(words) - len(words.lstrip()) + (0 if before.strip() else len(before))

    def _field(self, line: Span, words: str) -> Iterator[Unit]:
        """Yield a field of those before the text, if people can read its value."""
        if found := stated(words):
            self._group += 1
            start, end = line.start + found.span.start, line.start + found.span.end
            span = trimmed(self._local, Span(start, end))
            kind = Kind.HEADING if found.title else Kind.SENTENCE
            yield self._unit(kind, span, self._seen(span))
            self._group += 1

    def _mark(self, line: Span, mark: MarkedLine) -> Iterator[Unit]:
        """Yield the title of a box or a tab, if it has one."""
        self._group += 1
        span = Span(line.start + mark.title.start, line.start + mark.title.end)
        if span.of(self._local).strip():
            kind = Kind.ITEM if mark.step else Kind.SENTENCE
            unit = self._unit(kind, span, self._seen(span), numbered=mark.step)
            yield replace(unit, indent=self._item) if mark.step else unit
            self._group += 1

    def _end(self, lines: Sequence[Span], at: int) -> int:
        """Return the line after the last one of what begins at a line."""
        words = lines[at].of(self._local)
        inside = self._in_code(lines[at])
        table = None if inside else self._in_table(lines[at])
        end = at + 1
        alone = not words.strip() or lines[at].start < self._fields
        if alone or (not (inside or table) and (_HEADING.match(words) or marked(words))):
            return end
        row = not inside and self._is_row(lines[at])
        while end < len(lines) and (
            self._in_code(lines[end]) == inside
            if inside
            else self._in_table(lines[end]) is table
            if table
            else self._is_row(lines[end])
            if row
            else self._goes_on(lines[end])
        ):
            end += 1
        return end

    def _lines(self) -> Iterator[Span]:
        start = 0
        for line in self._local.split("\n"):
            yield Span(start, start + len(line))
            start += len(line) + 1

    def _in_code(self, line: Span) -> Span | None:
        start = self._base + line.start
        return next((one for one in self._code if one.start <= start < one.end), None)

    def _in_table(self, line: Span) -> HtmlTable | None:
        return next((one for one in self._tables if one.holds(self._base + line.start)), None)

    def _goes_on(self, line: Span) -> bool:
        words = line.of(self._local)
        starts = _HEADING.match(words) or _ITEM.match(words) or marked(words)
        within = self._is_row(line) or self._in_code(line) or self._in_table(line)
        return bool(words.strip()) and not (starts or within)

    def _is_row(self, line: Span) -> bool:
        return line.start in self._rows_at or is_row(line.of(self._local))

    def _unit(self, kind: Kind, span: Span, view: View, *, numbered: bool = False) -> Unit:
        whole = Span(self._base + span.start, self._base + span.end)
        nested = self._item >= 0 and kind is not Kind.ITEM
        return Unit(
            kind=kind, span=whole, view=view, group=self._group, numbered=numbered, nested=nested
        )

    def _seen(self, span: Span) -> View:
        """Return a span without the marks of Markdown, on one line."""
        return seen(self._local, span, self._base)

    def _heading(self, line: Span) -> Iterator[Unit]:
        self._group += 1
        match = _HEADING.match(self._local, line.start, line.end)
        start = match.end() if match else line.start
        words = self._local[start : line.end].rstrip(" \t#")
        if words.strip():
            span = Span(start, start + len(words))
            yield self._unit(Kind.HEADING, span, self._seen(span))
        self._group += 1

    def _item_of(self, span: Span, term: str = "") -> Iterator[Unit]:
        match = _ITEM.match(self._local, span.start, span.end)
        start = match.end() if match else span.start
        inside = trimmed(self._local, Span(start, span.end))
        number = match["number"] if match else None
        view = self._seen(inside)
        if view.runs:
            whole = bare(self._local, inside, view, self._base)
            unit = self._unit(Kind.ITEM, whole, described(term, view), numbered=number is not None)
            indent = self._item if term else self._indent(span)
            yield replace(unit, number=int(number) if number else None, indent=indent)

    def _sentences(self, span: Span) -> Iterator[Unit]:
        """Yield the sentences of a paragraph, which are found as they are seen."""
        match = _QUOTED.match(self._local, span.start, span.end)
        whole = trimmed(self._local, Span(match.end() if match else span.start, span.end))
        if not whole or RULE.fullmatch(whole.of(self._local)):
            return
        view = seen(self._local, whole, self._base, between="\n")  # its lines tell sentences apart
        parts = [view.part(one) for one in sentences(view.text)] if self._split else [view]
        parts = [replace(one, text=one.text.replace("\n", " ")) for one in parts if one.runs]
        if not parts:
            return
        starts = [word_start(self._local, *both, self._base) for both in pairwise(parts)]
        starts = [whole.start, *starts, whole.end]
        for part, (start, end) in zip(parts, pairwise(starts), strict=True):
            span = trimmed(self._local, Span(start, end))
            yield self._unit(Kind.SENTENCE, bare(self._local, span, part, self._base), part)

    def _code_units(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield the lines of code, those below a comment with it."""
        for part in code_parts(self._local, lines):
            span = Span(trimmed(self._local, part[0]).start, trimmed(self._local, part[-1]).end)
            yield self._unit(Kind.CODE, span, code_view(self._local, part, self._base))

    def _rows(self, lines: Sequence[Span]) -> Iterator[Unit]:
        first = not self._local[: lines[0].start].strip()
        header = (self._above or []) if first else []
        for at, line in enumerate(lines):
            if RULE.fullmatch(line.of(self._local)):
                continue
            below = at + 1 < len(lines) and is_rule(lines[at + 1].of(self._local))
            found = [trimmed(self._local, one) for one in cells(self._local, line)]
            if below:
                header = [one.of(self._local) for one in found]
                continue
            if filled := [one for one in found if one]:
                span = Span(filled[0].start, filled[-1].end)
                whole = self._whole_lines or line.start > 0
                view = row_view(self._local, found, header if whole else (), self._base)
                yield self._unit(Kind.ROW, span, view)

    def _table_rows(self, table: HtmlTable) -> Iterator[Unit]:
        self._group += 1
        names = table.names(self._text, self._hidden, self._code)
        for span, view in table.rows_in(self._local, self._within, names):
            yield self._unit(Kind.ROW, span, view)
        self._group += 1
