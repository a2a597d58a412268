"""Passages in pieces that a model reads: what stands under one heading, as people see it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TypeAlias

from citespan.index.layout import SEPARATOR, Outline, outline_of
from citespan.index.text import Kind, Unit, View, ViewBuilder, blocks
from citespan.index.types import Document, Passage, Span
from citespan.qa.evidence.protocol import Mark, Reading, Titled

Outlines: TypeAlias = Callable[[Document], Outline]
_SIGNS = "+-−$€£¥#"
_STOPS = (".", "!", "?", ":", ";", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What stands under one heading in a passage, as it is read.

    path: the headings over it, the outermost first, without its own.
    span: its characters in the document, to the end of a line or of the passage.
    view: its text as people see it, its own heading included.
    units: what it consists of, paragraphs as a whole; none of plain text.
    """

    passage: Passage
    path: tuple[str, ...]
    span: Span
    view: View
    units: tuple[Unit, ...] = ()

    def blocks(self) -> tuple[Unit, ...]:
        """Return what it consists of: in plain text, paragraphs and lines by themselves."""
        if self.units:
            return self.units
        text = self.view.text
        return tuple(
            Unit(kind=Kind.SENTENCE, span=origin, view=self.view.part(one), group=group)
            for group, one in enumerate(blocks(text))
            if (origin := self.view.origin(one))
        )

    def with_units(self, units: Sequence[Unit]) -> "Piece":
        """Return the piece divided into units."""
        return replace(self, units=tuple(units))

    def narrowed(self, units: Sequence[Unit]) -> "Piece":
        """Return the piece with only some of its units to be read."""
        return self if len(units) == len(self.units) else replace(self, view=read_as_one(units))

    def apart(self, planted: Sequence[Span]) -> "Piece":
        """Return the piece with only what is outside of some spans to be read."""
        if self.units:
            left = [one for one in self.units if not any(one.span.overlap(p) for p in planted)]
            return replace(self.narrowed(left), units=tuple(left))
        left = ViewBuilder()
        at = self.span.start
        for one in (*planted, Span(self.span.end, self.span.end)):
            if at < min(one.start, self.span.end):
                inside = Span(at - self.span.start, min(one.start, self.span.end) - self.span.start)
                left.append(self.view.part(inside))
            at = max(at, one.end)
        return replace(self, view=left.done())

    @property
    def titled(self) -> Titled:
        """The piece with the title and the headings before it."""
        context = SEPARATOR.join(self.path) if self.path else self.passage.chunk.context
        return Titled.below(self.passage.title, context, self.view.text)

    @property
    def scope(self) -> tuple[str, ...]:
        """Its text, its headings and its title, the nearest first."""
        return (self.view.text, *reversed(self.path), self.passage.chunk.context,
                self.passage.title)  # fmt: skip

    @property
    def heading(self) -> str:
        """Its own heading; empty if it has none."""
        first = self.units[0] if self.units else None
        return first.view.text if first and first.kind is Kind.HEADING else ""

    @property
    def above(self) -> tuple[str, ...]:
        """Its own heading, the headings over it and its title, the nearest first."""
        return (self.heading, *self.scope[1:])

    @property
    def body(self) -> str:
        """Its text without its own heading."""
        return self.view.text.removeprefix(self.heading)

    def _signed(self, answer: Span) -> Span:
        """Return a short answer with the sign before it: "+49 30", "€45"."""
        before = self.view.text[max(0, answer.start - 1) : answer.start]
        signed = before and before in _SIGNS and self.view.text[answer.start].isdigit()
        return Span(answer.start - 1, answer.end) if signed else answer

    def placed(self, reading: Reading) -> Reading:
        """Return a reading with the offsets of the document."""
        marks = ((self.view.origin(mark.span), mark.evidence) for mark in reading.marks)
        return Reading(
            relevance=reading.relevance,
            probability=reading.probability,
            marks=tuple(Mark(span, evidence) for span, evidence in marks if span),
            answer=self.view.origin(self._signed(reading.answer)) if reading.answer else None,
        )


def outline_of_text(document: Document) -> Outline:
    """Return the headings and tables that the text of a document shows by itself."""
    return outline_of(document, None)


def pieces_of(passage: Passage, document: Document, outline: Outline) -> list[Piece]:
    """Return a passage in pieces, in order; at least one."""
    units = outline.units(passage.chunk.span, split=False)
    if not outline.marked and all(unit.kind is Kind.SENTENCE for unit in units):
        view = View.same(document.text, passage.chunk.span)
        return [Piece(passage=passage, path=(), span=passage.chunk.span, view=view)]
    found: list[Piece] = []
    for section in _sections(units, whole=not outline.marked):
        start = section[0].span.start
        line = 1 + document.text.rfind("\n", 0, start)
        own = section[0].kind is Kind.HEADING
        path = outline.path(start)
        path = _below(passage.title, path[:-1] if own else path)
        span = Span(max(line, passage.chunk.span.start), _end(section, passage, document))
        header = "" if outline.names_columns(span) else outline.header(span)
        found.append(
            Piece(
                passage=passage,
                path=(*path, header) if header else path,
                span=span,
                view=read_as_one(section),
                units=tuple(section),
            )
        )
    return found or [Piece(passage=passage, path=(), span=passage.chunk.span, view=View("", ()))]


def _end(section: Sequence[Unit], passage: Passage, document: Document) -> int:
    """Return the end of a section with the marks that close its last line, such as tags."""
    last = section[-1].span.end
    line = document.text.find("\n", last)
    end = line if line >= 0 else len(document.text)
    return max(last, min(end, passage.chunk.span.end))


def _below(title: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the headings without one that repeats the title."""
    return path[1:] if path and path[0].casefold() == title.casefold() else path


def _sections(units: Sequence[Unit], *, whole: bool) -> Iterator[list[Unit]]:
    """Yield the units under each heading, with it.

    A heading with nothing below is left out, or is part of the next section if all is `whole`:
    a reader of files may take bold words for a heading.
    """
    section: list[Unit] = []
    for unit in units:
        if unit.kind is Kind.HEADING:
            if any(one.kind is not Kind.HEADING for one in section):
                yield section
                section = []
            elif not whole:
                section = []
        section.append(unit)
    if section:
        yield section


def read_as_one(units: Sequence[Unit]) -> View:
    """Return units as one text: a line for each paragraph, list, table and block of code."""
    whole = ViewBuilder()
    for _, group in groupby(units, key=lambda unit: unit.group):
        if len(whole):
            whole.add("\n")
        views = list(group)
        for at, unit in enumerate(views):
            if at:
                whole.add(_between(views[at - 1]))
            whole.append(unit.view)
    return whole.done()


def shown_as_one(units: Sequence[Unit]) -> str:
    """Return units as people are shown them: each item, row, line of code and paragraph on a line.

    If there are several items, each has its number or a dash, and is indented below the first of
    them. What belongs to an item is indented if all of them are at one depth.
    """
    items = [unit for unit in units if unit.kind is Kind.ITEM]
    counted = {id(unit) for one in _lists(items) if _is_counted(one) for unit in one}
    flat = len({unit.indent for unit in items}) == 1
    lines: list[str] = []
    below = ""
    for at, unit in enumerate(units):
        text = unit.view.text
        if unit.kind is Kind.ITEM and len(items) > 1:
            mark = f"{unit.number}. " if id(unit) in counted else "- "
            text = " " * max(0, unit.indent - items[0].indent) + mark + text
            below = " " * len(mark) if flat else ""
        elif unit.nested:
            text = "\n".join(f"{below}{line}" for line in text.split("\n"))
        before = units[at - 1] if at else None
        if before and before.kind is unit.kind is Kind.SENTENCE and before.group == unit.group:
            lines[-1] += f" {unit.view.text}"
        else:
            lines.append(text)
    return "\n".join(lines)


def _lists(items: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Yield the items of each list: those of one depth that nothing less deep divides."""
    open_lists: list[list[Unit]] = []
    for unit in items:
        while open_lists and open_lists[-1][0].indent > unit.indent:
            yield open_lists.pop()
        if open_lists and open_lists[-1][0].indent == unit.indent:
            open_lists[-1].append(unit)
        else:
            open_lists.append([unit])
    yield from open_lists


def _is_counted(items: Sequence[Unit]) -> bool:
    """Return whether each item of a list has a number, greater than the one before it."""
    numbers = [unit.number for unit in items if unit.number is not None]
    return len(numbers) == len(items) and all(a < b for a, b in pairwise(numbers))


def row_cells(row: str) -> list[tuple[str, str]]:
    """Return the cells of a row as it is read, each with its header."""
    parts = [part.partition(": ") for part in row.rstrip(".").split("; ")]
    return [(header, value) for header, _, value in parts if value]


def _between(unit: Unit) -> str:
    if unit.kind is Kind.CODE:
        return "\n"
    if unit.kind is Kind.SENTENCE or unit.view.text.endswith(_STOPS):
        return " "
    return ". " if unit.kind is Kind.ROW else "; "
