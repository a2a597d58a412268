"""Tables of Word documents as grids of cells."""

from collections.abc import Callable

from citespan.index.parse.formats.grid import FilledCell, Grid, check_size, put
from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.numbering import W
from citespan.index.parse.formats.word import WordInline, inline, is_on
from citespan.index.parse.places import Place

_VAL = W + "val"
_WIDEST = 64  # columns that Word allows in a table


def grid_of(
    rows: list[Element], place: Callable[[int, int], Place]
) -> tuple[Grid, int | None, list[WordInline]]:
    """Return the cells, the number of header rows, and what hangs on the cells.

    The number is None if the document does not say it. A cell that covers several columns or rows
    is in each of them.
    """
    grid: Grid = {}
    hanging: list[WordInline] = []
    marked = bold = 0
    check_size(sum(len(row) for row in rows))
    for number, row in enumerate(rows, 1):
        properties = row.find(W + "trPr")
        if properties is not None and is_on(properties, "del"):
            continue
        if properties is not None and is_on(properties, "tblHeader") and marked == number - 1:
            marked = number
        column = 1 + _skipped(properties)
        for cell in _cells(row):
            span = _span(cell)
            within = _content(cell)
            hanging.extend(
                one for one in within if one.notes or one.boxes or one.charts or one.hidden
            )
            text = "\n".join(one.text for one in within)
            _fill(grid, (number, column, span), text, place, continued=_continues(cell))
            column += span
        if bold == number - 1 and _is_bold(row):
            bold = number
    headers = marked or (bold if 0 < bold < len(rows) and bold <= 2 else None)
    return grid, headers, hanging


def _cells(row: Element) -> list[Element]:
    """Return the cells of a row, through content controls."""
    out: list[Element] = []
    for child in row:
        name = local(child)
        if name == "tc":
            out.append(child)
        elif name in {"sdt", "sdtContent", "customXml", "smartTag", "ins"}:
            out.extend(_cells(child))
    return out


def _content(cell: Element) -> list[WordInline]:
    """Return the paragraphs of a cell, those of tables inside of it too."""
    return [inline(paragraph) for paragraph in cell.iter(W + "p") if not _is_boxed(paragraph, cell)]


def _is_boxed(paragraph: Element, cell: Element) -> bool:
    """Return whether a paragraph is in a text box or was deleted, so that others treat it."""
    parent = paragraph.getparent()
    while parent is not None and parent is not cell:
        if local(parent) in {"txbxContent", "del", "moveFrom"}:
            return True
        parent = parent.getparent()
    return False


def _fill(
    grid: Grid,
    area: tuple[int, int, int],
    text: str,
    place: Callable[[int, int], Place],
    *,
    continued: bool,
) -> None:
    row, column, span = area
    field: FilledCell | None
    if continued:
        field = grid.get(row - 1, {}).get(column)
    else:
        put(grid, row, column, text, place(row, column))
        field = grid.get(row, {}).get(column)
    if field:
        for covered in range(column, column + span):
            grid.setdefault(row, {})[covered] = field


def _skipped(properties: Element | None) -> int:
    before = properties.find(W + "gridBefore") if properties is not None else None
    return min(whole(before.get(_VAL)), _WIDEST) if before is not None else 0


def _span(cell: Element) -> int:
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    return max(1, min(whole(span.get(_VAL), 1), _WIDEST)) if span is not None else 1


def _continues(cell: Element) -> bool:
    """Return whether a cell is the lower part of the one above."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(_VAL) != "restart"


def _is_bold(row: Element) -> bool:
    runs = [
        run
        for run in row.iter(W + "r")
        if any((one.text or "").strip() for one in run.iter(W + "t"))
    ]
    properties = [run.find(W + "rPr") for run in runs]
    return bool(runs) and all(one is not None and is_on(one, "b") for one in properties)
