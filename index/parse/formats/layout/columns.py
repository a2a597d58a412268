"""The columns of a table: where they are divided, and the cells of a row between these places."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.tables import LineCell, cells_of

_WORD = re.compile(r"\S+")
_LEAST_SHARE = 0.15  # of the rows that show all columns by wide gaps
_EM = 10  # tenths of a point, for each point of size
_SPACE = 0.45  # of the size: wider than between two words of a phrase
_CROSSED = 0.25  # share of a word's width that may lie beyond its column


class Columns(msgspec.Struct):
    """The columns of a table, from left to right, in tenths of a point.

    `sides` are the left and the right of each; `cuts` are where one ends and the next one begins.
    """

    sides: list[tuple[int, int]]
    cuts: list[int]

    def around(self, lines: Sequence[PageLine]) -> "Columns":
        """Return the columns, cut where the words of a header leave most room."""
        words = [word.sides for line in lines for word in words_of(line)]
        cuts = [_widest(right, left, words) for (_, right), (left, _) in pairwise(self.sides)]
        return Columns(self.sides, cuts)

    def labels(self, line: PageLine) -> list[LineCell | None]:
        """Return what is in each column; nothing if words of two columns are one phrase."""
        cells = self.cells(line)
        least = _EM * _SPACE * line.size
        sides = [cell.sides for cell in cells if cell]
        apart = all(left - right >= least for (_, right), (left, _) in pairwise(sides))
        return cells if apart else [None] * len(cells)

    def cells(self, line: PageLine) -> list[LineCell | None]:
        """Return what is in each column; of a line with a word in two columns, nothing."""
        found: list[LineCell | None] = [None] * len(self.sides)
        cuts, at = self.cuts, 0
        for word in words_of(line):
            left, right = word.sides
            own = sum(cut < (left + right) // 2 for cut in cuts)
            beyond = [min(right - cut, cut - left) for cut in cuts]
            if max(beyond, default=0) > _CROSSED * (right - left) + 1:
                return [None] * len(self.sides)
            at = max(at, own)
            cell = found[at]
            found[at] = LineCell(line, cell.start if cell else word.start, word.end)
        return found

    def agree(self, other: "Columns") -> bool:
        """Return whether these may be the columns of one table: each meets its counterpart."""
        return len(self.sides) == len(other.sides) and all(
            min(one[1], two[1]) > max(one[0], two[0])
            for one, two in zip(self.sides, other.sides, strict=True)
        )


def words_of(line: PageLine) -> Iterator[LineCell]:
    """Yield the words of a line."""
    for word in _WORD.finditer(line.text):
        yield LineCell(line, *word.span())


def _widest(start: int, end: int, words: Sequence[tuple[int, int]]) -> int:
    """Return the middle of the widest part of a range that no word is in."""
    free: list[tuple[int, int]] = []
    at = start
    for left, right in sorted(words):
        if right <= at or left >= end:
            continue
        if left > at:
            free.append((at, left))
        at = max(at, right)
    if at < end:
        free.append((at, end))
    left, right = max(free, key=lambda one: one[1] - one[0], default=(start, end))
    return (left + right) // 2


def columns_of(rows: Sequence[PageLine]) -> Columns | None:
    """Return the columns that the rows with most cells show; None if they are not clear."""
    split = [cells_of(row) for row in rows]
    counts = Counter(map(len, split))
    least = max(2, _LEAST_SHARE * len(rows))
    width = max((count for count, times in counts.items() if times >= least), default=0)
    if width < 2:
        return None
    full = [cells for cells in split if len(cells) == width]
    sides = [
        (min(cell.sides[0] for cell in column), max(cell.sides[1] for cell in column))
        for column in zip(*full, strict=True)
    ]
    apart = all(right < left for (_, right), (left, _) in pairwise(sides))
    if not apart:
        return None
    return Columns(sides, [(right + left) // 2 for (_, right), (left, _) in pairwise(sides)])
