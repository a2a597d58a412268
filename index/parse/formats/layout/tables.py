"""Tables with a header row: which cell belongs to which label."""

import re
from collections.abc import Sequence

import msgspec

from citespan.index.parse.formats.layout.line import PageLine

_DIGIT = re.compile(r"\d")
_MONEY = "$€£¥"
_LEAST_ROWS = 2  # below the header
_ALIKE = 0.6  # share of the rows that have a cell for each label
_NUMBERS = 0.5  # share of the rows that hold a digit
_LONGEST_LABEL = 60  # characters


class LineCell(msgspec.Struct):
    """Characters `[start, end)` of a line, between wide gaps."""

    line: PageLine
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its characters."""
        return self.line.text[self.start : self.end]

    @property
    def sides(self) -> tuple[int, int]:
        """Its left and its right."""
        return self.line.edges[2 * self.start], self.line.edges[2 * self.end - 1]


def cells_of(line: PageLine) -> list[LineCell]:
    """Return the cells of a row, from left to right; a sign of money is part of the amount."""
    gaps = [gap for gap in line.gaps if line.text[gap - 1] not in _MONEY or _is_word(line, gap)]
    starts = [0, *(gap + 1 for gap in gaps)]
    ends = [*gaps, len(line.text)]
    return [LineCell(line, start, end) for start, end in zip(starts, ends, strict=True)]


def _is_word(line: PageLine, gap: int) -> bool:
    """Return whether more than one character stands before a gap."""
    return gap > 1 and line.text[gap - 2] != " "


def header_of(rows: Sequence[PageLine]) -> list[LineCell]:
    """Return the labels of a table if its first row is clearly a header; otherwise none.

    A header has no digits. Most rows have a cell below each label, or one more at the left.
    """
    labels, below = cells_of(rows[0]), rows[1:]
    if len(labels) < 2 or len(below) < _LEAST_ROWS or _DIGIT.search(rows[0].text):
        return []
    if any(len(label.text) > _LONGEST_LABEL for label in labels):
        return []
    fitting = sum(bool(labelled(line, labels)) for line in below)
    numbers = sum(bool(_DIGIT.search(line.text)) for line in below)
    clear = fitting >= _ALIKE * len(below) and numbers >= _NUMBERS * len(below)
    return labels if clear else []


def labelled(line: PageLine, labels: list[LineCell]) -> list[tuple[LineCell | None, LineCell]]:
    """Return the cells of a row with their labels; none if they do not fit.

    The first cell may have no label: many tables name their rows there.
    """
    cells = cells_of(line)
    more = len(cells) - len(labels)
    if more not in {0, 1}:
        return []
    with_labels = [None] * more + labels
    pairs = list(zip(with_labels, cells, strict=True))
    fits = all(label is None or _overlap(label, cell, line.height) for label, cell in pairs)
    return pairs if fits else []


def _overlap(label: LineCell, cell: LineCell, height: int) -> bool:
    left, right = label.sides
    start, end = cell.sides
    return min(right, end) - max(left, start) > -2 * height
