"""A line of a page."""

from array import array

import msgspec


class PageLine(msgspec.Struct):
    """A line of a page: words with single spaces, and both edges of each character.

    `gaps` are the offsets of spaces that are as wide as one between cells. `hyphen` is true if the
    line ends in a hyphen that may be no part of the word. `at` and `last` are indices of characters
    whose fonts are looked at. In an upright line the characters are one above another.
    """

    text: str
    edges: "array[int]"
    x0: int
    y0: int
    x1: int
    y1: int
    at: int = 0
    last: int = 0
    page: int = 0
    size: float = 0.0  # points
    bold: bool = False
    hyphen: bool = False
    upright: bool = False
    gaps: list[int] = []

    @property
    def height(self) -> int:
        """Tenths of a point."""
        return self.y1 - self.y0
