"""Cells of a table by row and column."""

from typing import NamedTuple, TypeAlias

from citespan.index.parse.formats.writing import folded
from citespan.index.parse.places import Place
from citespan.index.parse.request import Unreadable

MAX_CELLS = 1_000_000


class FilledCell(NamedTuple):
    """A cell with content: its text in one line, and its place.

    A cell that covers several columns or rows is the same object in each of them.
    """

    text: str
    place: Place


Row: TypeAlias = dict[int, FilledCell]  # by column
Grid: TypeAlias = dict[int, Row]  # by row, ascending; rows without content are absent


def put(grid: Grid, row: int, column: int, text: str, place: Place) -> None:
    """Put a text into a cell, if there is anything but space in it."""
    if line := folded(text):
        grid.setdefault(row, {})[column] = FilledCell(line, place)


def check_size(cells: int) -> None:
    """Refuse a table of more than a million cells.

    Raises:
        Unreadable: it has more.
    """
    if cells > MAX_CELLS:
        raise Unreadable(
            "too_large", f"a table has more than {MAX_CELLS} cells; filter its rows or columns"
        )
