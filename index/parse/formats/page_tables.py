"""Tables of HTML as grids of cells."""

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from citespan.index.parse.formats.grid import FilledCell, Grid, check_size
from citespan.index.parse.formats.markup_html import walk
from citespan.index.parse.formats.page_nodes import (
    INLINE,
    OUT,
    alternative,
    attribute,
    is_hidden,
)
from citespan.index.parse.formats.writing import folded
from citespan.index.parse.places import Place

_LAYOUT = "table, h1, h2, h3, h4, h5, h6, main, article, nav, form"
_MAX_SPAN = 1000  # columns or rows, as browsers allow


def is_data(table: LexborNode) -> bool:
    """Return whether a table holds data, and is no frame around text."""
    if attribute(table, "role") in {"presentation", "none"} or _inside(table):
        return False
    return any(len(_cells(row)) > 1 for row in _rows(table))


def _inside(table: LexborNode) -> bool:
    return any(one.mem_id != table.mem_id for one in table.css(_LAYOUT))


def _rows(table: LexborNode) -> list[LexborNode]:
    return table.css("tr")


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"}]


def table_grid(table: LexborNode, place: Callable[[int, int], Place]) -> tuple[Grid, int | None]:
    """Return the cells, and the number of header rows, None if the page does not say it.

    Raises:
        Unreadable: there are more than a million cells.
    """
    grid: Grid = {}
    headers = filled = 0
    rows = _rows(table)
    for number, row in enumerate(rows, 1):
        cells = _cells(row)
        labels = [cell.tag == "th" for cell in cells]
        within_head = row.parent is not None and row.parent.tag == "thead"
        if headers == number - 1 and labels and (within_head or all(labels)):
            headers = number
        column = 1
        for cell in cells:
            while column in grid.get(number, {}):
                column += 1
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            height = min(height, len(rows) - number + 1)
            filled += width * height
            check_size(filled)
            if text := cell_text(cell):
                field = FilledCell(text, place(number, column))
                for at in range(number, number + height):
                    grid.setdefault(at, {}).update(
                        dict.fromkeys(range(column, column + width), field)
                    )
            column += width
    return dict(sorted(grid.items())), headers or None


def _span(cell: LexborNode, name: str) -> int:
    stated = attribute(cell, name)
    return min(max(int(stated), 1), _MAX_SPAN) if stated.isdecimal() and len(stated) < 6 else 1


def cell_text(cell: LexborNode) -> str:
    """Return the characters of a cell in one line; what is hidden is left out."""
    pieces: list[str] = []

    def enter(node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag == "-text":
            pieces.append(node.text_content or "")
        elif tag == "img":
            pieces.append(alternative(node))
        elif tag == "li":
            pieces.append(" • ")
        elif tag not in INLINE:
            pieces.append(" ")
        return not tag.startswith(("-", "_", "!")) and tag not in OUT and not is_hidden(node)

    def leave(node: LexborNode) -> None:
        if node.tag not in INLINE:
            pieces.append(" ")

    walk(cell, enter, leave)
    return folded("".join(pieces))
