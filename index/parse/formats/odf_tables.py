"""Tables of OpenDocument as grids of cells."""

from collections.abc import Callable, Iterator

from citespan.index.parse.formats.grid import FilledCell, Grid, Row, check_size
from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.writing import MAX_TEXT, folded
from citespan.index.parse.places import Place
from citespan.index.parse.request import Unreadable

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_GROUPS = {"table-rows", "table-row-group"}
_MAX_SPAN = 1000  # rows or columns that a cell may cover
_FURTHEST = 2**24  # rows or columns of a sheet


def table_grid(
    table: Element, text_of: Callable[[Element], str], place: Callable[[int, int], Place]
) -> tuple[Grid, int | None]:
    """Return a table's cells, and its number of header rows, None if the file does not say it.

    Raises:
        Unreadable: it has more than a million cells.
    """
    grid: Grid = {}
    number, cells, length, headers = 1, 0, 0, 0
    for row, is_header in _rows(table, header=False):
        repeated = _repeated(row, "rows")
        found = list(_fields(row, text_of))
        headers += is_header and headers == number - 1
        check_size(cells + repeated * len(found))
        for at in range(number, number + repeated) if found else ():
            for column, text, width, height in found:
                cells += 1
                length += len(text)
                _fill(grid, (at, column, width, height), FilledCell(text, place(at, column)))
        if length > MAX_TEXT:
            raise Unreadable("too_large", "a table is too long; split the document")
        number = min(number + repeated, _FURTHEST)
    return _bounded(grid), headers or None


def is_hidden(style: Element) -> bool:
    """Return whether a style hides the tables that have it."""
    return any(
        entry.get(TABLE + "display") == "false"
        for entry in style.findall(STYLE + "table-properties")
    )


def _rows(table: Element, *, header: bool) -> Iterator[tuple[Element, bool]]:
    for child in table:
        name = local(child)
        if name == "table-row":
            yield child, header
        elif name == "table-header-rows":
            yield from _rows(child, header=True)
        elif name in _GROUPS:
            yield from _rows(child, header=header)


def _repeated(element: Element, what: str) -> int:
    stated = whole(element.get(f"{TABLE}number-{what}-repeated"), 1)
    return min(max(stated, 1), _FURTHEST)


def _fields(row: Element, text_of: Callable[[Element], str]) -> Iterator[tuple[int, str, int, int]]:
    """Yield the column, text, width and height of each cell with content."""
    column, cells = 1, 0
    for cell in row:
        if local(cell) not in {"table-cell", "covered-table-cell"}:
            continue
        repeated = _repeated(cell, "columns")
        if len(cell) and local(cell) == "table-cell" and (text := folded(text_of(cell))):
            cells += repeated
            check_size(cells)
            width = min(whole(cell.get(TABLE + "number-columns-spanned"), 1), _MAX_SPAN)
            height = min(whole(cell.get(TABLE + "number-rows-spanned"), 1), _MAX_SPAN)
            for at in range(column, column + repeated):
                yield at, text, width, height
        column = min(column + repeated, _FURTHEST)


def _fill(grid: Grid, area: tuple[int, int, int, int], field: FilledCell) -> None:
    row, column, width, height = area
    for number in range(row, row + max(height, 1)):
        into: Row = grid.setdefault(number, {})
        for at in range(column, column + max(width, 1)):
            if number == row and at == column:
                into[at] = field
            else:
                into.setdefault(at, field)


def _bounded(grid: Grid) -> Grid:
    """Return the rows in order, without rows that only hold what covers them from above."""
    out: Grid = {}
    for number in sorted(grid):
        above = {id(field) for field in out.get(number - 1, {}).values()}
        if any(id(field) not in above for field in grid[number].values()):
            out[number] = grid[number]
    return out
