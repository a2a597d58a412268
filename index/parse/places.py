"""Places of characters in the file that they were read from."""

from typing import TypeAlias

import msgspec


class Box(msgspec.Struct, frozen=True, tag="box"):
    """A rectangle of a page, in tenths of a point from the top left corner of the shown page.

    The shown page is what a viewer displays: the crop box, after rotation. `page` is 1-based.
    """

    page: int
    x0: int
    y0: int
    x1: int
    y1: int


class Cell(msgspec.Struct, frozen=True, tag="cell"):
    """A cell of a sheet or of a table; `row` and `column` are 1-based, as in the file.

    `sheet` is the sheet's name; a table in a text document is named by its number: "table 2".
    """

    sheet: str
    row: int
    column: int

    @property
    def name(self) -> str:
        """The name of the cell as spreadsheets show it, such as "B7"."""
        letters, column = "", self.column
        while column > 0:
            column, rest = divmod(column - 1, 26)
            letters = chr(ord("A") + rest) + letters
        return f"{letters}{self.row}"


class Slide(msgspec.Struct, frozen=True, tag="slide"):
    """A slide, 1-based; `notes` is true for the notes of its speaker."""

    number: int
    notes: bool = False


class Part(msgspec.Struct, frozen=True, tag="part"):
    """A part of a message ("1.2", or "headers") or a member of an e-book (its path)."""

    path: str
    fragment: str = ""  # the id attribute of the nearest element of a member, if there is one


class Node(msgspec.Struct, frozen=True, tag="node"):
    """The nth block of a page of HTML or of a text document, 1-based, with its id attribute."""

    number: int
    fragment: str = ""


class Line(msgspec.Struct, frozen=True, tag="line"):
    """A line of a plain text, of source code, of CSV or of JSON Lines, 1-based."""

    number: int


Place: TypeAlias = Box | Cell | Slide | Part | Node | Line


class PlaceRun(msgspec.Struct, frozen=True):
    """Characters `[start, end)` of the text that stand at one place of the file.

    `edges` is for boxes only: the left and right x of each character, in tenths of a point, flat:
    `2 * (end - start)` numbers. A character that was written by no glyph has both edges equal.
    """

    start: int
    end: int
    place: Place
    edges: list[int] = []
