"""The units that a chunk is packed from: paragraphs, with the headings that stand over them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from citespan.index.text.segmentation import blocks, sentences
from citespan.index.text.shape import Shape
from citespan.index.types import Span

Counted: TypeAlias = tuple[Span, int]  # with its tokens
Split: TypeAlias = Callable[[Span], Iterator[Counted]]  # a span in pieces that fit a chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkUnit:
    """A paragraph, which fits a chunk or is cut between its pieces.

    pieces: sentences, rows or lines, those of the headings over it first.
    lead: how many of the pieces are headings; the next piece stays with them.
    highest, level: the highest and the last level of these headings; 0 if there is none.
    table: the number of the range of whole lines that it is in, from 1; 0 outside of all.
    """

    pieces: list[Counted]
    lead: int = 0
    highest: int = 0
    level: int = 0
    table: int = 0


def units(text: str, shape: Shape, split: Split) -> Iterator[ChunkUnit]:
    """Yield the units of a text in order; together they hold all its non-space text."""
    lead: list[Counted] = []
    levels: list[int] = []
    for paragraph in _paragraphs(text, shape, split):
        if paragraph.level:
            lead += paragraph.pieces
            levels.append(paragraph.level)
            continue
        if not lead:
            yield paragraph
            continue
        yield _below(lead, levels, paragraph)
        lead, levels = [], []
    if lead:
        yield _below(lead, levels, ChunkUnit(pieces=[]))


def _below(lead: list[Counted], levels: list[int], paragraph: ChunkUnit) -> ChunkUnit:
    return ChunkUnit(
        pieces=[*lead, *paragraph.pieces], lead=len(lead), highest=min(levels), level=levels[-1],
        table=paragraph.table,
    )  # fmt: skip


def _paragraphs(text: str, shape: Shape, split: Split) -> Iterator[ChunkUnit]:
    """Yield the paragraphs; one that is a heading has a level."""
    starts = [start for start, _ in shape.headings]
    for area, table in _areas(shape, len(text)):
        for block, pieces in _lines(text, area) if table else _sentences(text, area):
            at = bisect_left(starts, block.start)
            inside = at < len(starts) and starts[at] < block.end
            counted = [one for piece in pieces for one in split(piece)]
            if counted:
                level = shape.headings[at][1] if inside else 0
                yield ChunkUnit(pieces=counted, level=level, table=table)


def _areas(shape: Shape, length: int) -> Iterator[tuple[Span, int]]:
    """Yield the text between and inside of the ranges of whole lines, with their numbers."""
    at, end = 0, min(shape.end, length)
    for number, lined in enumerate(shape.lined, start=1):
        start, stop = max(at, min(lined.start, end)), min(lined.end, end)
        if at < start:
            yield Span(at, start), 0
        if start < stop:
            yield Span(start, stop), number
        at = max(at, stop)
    if at < end or not end:
        yield Span(at, end), 0


def _sentences(text: str, area: Span) -> Iterator[tuple[Span, Iterable[Span]]]:
    whole = area == Span(0, len(text))
    for block in blocks(text) if whole else blocks(text, area):
        yield block, sentences(text, block)


def _lines(text: str, area: Span) -> Iterator[tuple[Span, Iterable[Span]]]:
    """Yield the groups of lines between blank lines."""
    group: list[Span] = []
    start = area.start
    for line in area.of(text).split("\n"):
        if line.strip():
            group.append(Span(start, start + len(line)))
        elif group:
            yield Span(group[0].start, group[-1].end), group
            group = []
        start += len(line) + 1
    if group:
        yield Span(group[0].start, group[-1].end), group
