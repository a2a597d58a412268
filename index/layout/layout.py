"""Where each character of a text is in its file; a look-up takes O(log n) among n runs."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec
import numpy as np

from citespan.index.errors import StoreCorrupt
from citespan.index.layout.columns import Integers, narrowed
from citespan.index.layout.encoding import decoded, edges_of
from citespan.index.layout.kinds import EDGED, NUMBERS, place_of
from citespan.index.parse.parsed import Heading, PageSize, Pair, ReadingWarning, Table
from citespan.index.parse.places import Box, Place
from citespan.index.types import Span

_BOXES = (0, EDGED)


class Layout:
    """The layout of a text, read from what `encoded` made. Immutable, safe for many threads.

    Raises:
        StoreCorrupt: the data is no layout.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._head, columns, self._edges = decoded(data)
        except (ValueError, msgspec.MsgspecError) as error:
            raise StoreCorrupt(f"the layout of a text is damaged: {error}") from error
        ends = np.cumsum(columns[0] + columns[1])
        self._lengths = columns[1]
        self._starts, self._ends = narrowed(ends - columns[1]), narrowed(ends)
        self._kinds = narrowed(columns[2])
        self._numbers = [narrowed(column) for column in columns[3 : 3 + NUMBERS]]
        self._words = [narrowed(column) for column in columns[3 + NUMBERS :]]
        self._columns = [self._starts, self._ends, self._kinds, *self._numbers, *self._words]

    @property
    def size_bytes(self) -> int:
        """How many bytes the columns of the runs and the compressed edges take."""
        kept = [self._lengths, *self._columns]
        arrays = sum(one.nbytes for one in kept if one.strides != (0,))
        return arrays + sum(len(block.sums) for block in self._edges)

    @property
    def headings(self) -> Sequence[Heading]:
        """The headings, in order."""
        return self._head.headings

    @property
    def tables(self) -> Sequence[Table]:
        """The rows of tables, in order."""
        return self._head.tables

    @property
    def furniture(self) -> Sequence[Pair]:
        """The headers and footers of pages, in order."""
        return self._head.furniture

    @property
    def pages(self) -> Sequence[PageSize]:
        """The sizes of the pages; none if the file has no pages."""
        return self._head.pages

    @property
    def warnings(self) -> Sequence[ReadingWarning]:
        """What of the file could not be read."""
        return self._head.warnings

    def places(self, span: Span) -> list[Place]:
        """Return the places of the characters of a span, in order, each once if it repeats.

        Of a line of a page that the span meets in part, the box is that of this part.

        Raises:
            StoreCorrupt: the edges of a page are damaged.
        """
        if not span:
            return []
        first = int(np.searchsorted(self._ends, span.start, "right"))
        last = int(np.searchsorted(self._starts, span.end, "left"))
        met = [column[first:last].tolist() for column in self._columns]
        rows: Iterator[tuple[int, ...]] = zip(*met, strict=True)
        strings: list[str] = self._head.strings
        found: list[Place] = []
        for run, row in enumerate(rows, first):
            start, end, kind = row[:3]
            words = strings[int(row[-2])], strings[int(row[-1])]
            place = place_of(kind, row[3 : 3 + NUMBERS], words)
            inside = max(start, span.start) - start, min(end, span.end) - start
            if kind == EDGED and isinstance(place, Box) and inside != (0, end - start):
                place = self._part(place, run, *inside)
            if not found or place != found[-1]:
                found.append(place)
        return found

    def problems(self, length: int) -> Iterator[str]:
        """Yield what is wrong with the layout of a text of `length` code points."""
        if self._head.length != length or (len(self._ends) and self._ends[-1] > length):
            yield "its runs are those of another text"
        boxes = np.isin(self._kinds, _BOXES)
        pages = self._numbers[0][boxes]
        if len(pages) and not (pages.min() >= 1 and pages.max() <= len(self.pages)):
            yield "it names pages that the file does not have"
        words = max((int(column.max()) for column in self._words if len(column)), default=0)
        if words >= len(self._head.strings):
            yield "it names places that it does not have"
        marked = [*self.headings, *self.tables]
        pairs = [(one.start, one.end) for one in marked] + [*self.furniture]
        if any(not 0 <= start <= end <= length for start, end in pairs):
            yield "it marks headings or tables outside the text"
        try:
            for block in self._edges:
                edges_of(block)
            if self._edges_end != int((self._kinds == EDGED).sum()):
                yield "edges of characters are missing"
        except ValueError:
            yield "the edges of characters are damaged"

    def _part(self, box: Box, run: int, start: int, end: int) -> Box:
        """Return the box of the characters `[start, end)` of a run."""
        at = int(np.searchsorted(self._edged, run))
        block = int(np.searchsorted(self._firsts, at, "right")) - 1
        offset = int(self._before[at] - self._before[self._firsts[block]])
        try:
            moved, widths = edges_of(self._edges[block])
        except (ValueError, IndexError) as error:
            raise StoreCorrupt(f"the edges of page {box.page} are damaged: {error}") from error
        before = int(moved[offset - 1]) if offset else 0
        rights = box.x0 + moved[offset + start : offset + end] - before
        sums = widths[offset + start : offset + end]
        earlier = widths[offset + start - 1] if offset + start else 0
        lefts = rights - np.diff(sums, prepend=earlier)
        return Box(box.page, int(lefts.min()), box.y0, int(rights.max()), box.y1)

    @cached_property
    def _edged(self) -> Integers:
        """The runs that have edges."""
        return np.flatnonzero(self._kinds == EDGED)

    @cached_property
    def _before(self) -> Integers:
        """How many characters with edges come before each run that has edges, and in all."""
        return np.concatenate(([0], np.cumsum(self._lengths[self._edged])))

    @cached_property
    def _firsts(self) -> Integers:
        """The first run of each block, among the runs that have edges."""
        return np.concatenate(([0], np.cumsum([block.count for block in self._edges])))[:-1]

    @property
    def _edges_end(self) -> int:
        return sum(block.count for block in self._edges)
