"""A sheet of a workbook: its cells, merged ones too, and the remarks on them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from citespan.index.parse.formats.cell_styles import CellStyles
from citespan.index.parse.formats.drawing import A, text_of
from citespan.index.parse.formats.grid import MAX_CELLS, FilledCell, Grid, check_size
from citespan.index.parse.formats.markup import Element, local, stream, whole
from citespan.index.parse.formats.ooxml import Package
from citespan.index.parse.formats.writing import MAX_TEXT, folded
from citespan.index.parse.places import Cell
from citespan.index.parse.request import Unreadable

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_VALUE = S + "v"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ROWS, _COLUMNS = 1_048_576, 16_384


class Sheet(NamedTuple):
    """A sheet: its name, its part in the file, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


def read_cells(
    data: bytes, sheet: Sheet, strings: list[str], styles: CellStyles, before: int
) -> Grid:
    """Return the cells of a sheet that show something.

    Args:
        data: the sheet's part.
        sheet: the sheet.
        strings: those that the cells share.
        styles: how numbers are shown.
        before: the number of cells of other sheets.

    Raises:
        Unreadable: it is damaged, or the workbook has more than a million cells.
    """
    grid: Grid = {}
    merged: list[str] = []
    number = cells = length = 0
    for entry in stream(data, f"the sheet {sheet.name!r}", S + "row", S + "mergeCell"):
        if local(entry) == "mergeCell":
            merged.append(entry.get("ref") or "")
            check_size(len(merged))
            continue
        number = min(max(whole(entry.get("r"), number + 1), 1), _ROWS)
        row = {
            column: FilledCell(text, Cell(sheet.name, number, column))
            for column, text in _row(entry, strings, styles)
        }
        cells += len(row)
        length += sum(len(field.text) for field in row.values())
        check_size(before + cells)
        if length > MAX_TEXT:
            raise Unreadable("too_large", f"the sheet {sheet.name!r} is too long; split it")
        if row:
            grid[number] = {**grid.get(number, {}), **row}
    grid = dict(sorted(grid.items()))
    _merge(grid, merged, MAX_CELLS - cells)
    return grid


def _row(entry: Element, strings: list[str], styles: CellStyles) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in entry:
        place = _position(cell.get("r"))
        column = place[1] if place else column + 1
        if column <= _COLUMNS and (text := _shown(cell, strings, styles)):
            yield column, text


def _shown(cell: Element, strings: list[str], styles: CellStyles) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return string_of(cell)
    text = next(((child.text or "").strip() for child in cell if child.tag == _VALUE), "")
    if not text:
        return ""
    if kind == "s":
        at = whole(text, -1)
        return strings[at] if 0 <= at < len(strings) else ""
    if kind in {"str", "e"}:
        return folded(text)
    return folded(styles.show(text, kind, cell.get("s")))


def string_of(entry: Element) -> str:
    """Return the characters of a shared or inline string, without how they are pronounced."""
    pieces: list[str] = []
    for part in entry.iter(S + "t"):
        parent = part.getparent()
        if parent is None or local(parent) != "rPh":
            pieces.append(part.text or "")
    return folded("".join(pieces))


def _position(reference: str | None) -> tuple[int, int] | None:
    """Return the row and column of a reference such as "B7"."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - 64
    return int(match[2]), column


def _merge(grid: Grid, merged: list[str], room: int) -> None:
    """Put each merged cell into all that it covers, in rows that have other cells."""
    bottom = max(grid, default=0)
    right = max((max(row) for row in grid.values()), default=0)
    for reference in merged:
        start, _, end = reference.partition(":")
        first, last = _position(start), _position(end)
        if first is None or last is None or first[0] not in grid:
            continue
        field = grid[first[0]].get(first[1])
        rows = range(first[0], min(last[0], bottom) + 1)
        columns = range(first[1], min(last[1], right) + 1)
        room -= len(rows) * len(columns)
        if field is None or room < 0:
            continue
        for number in rows:
            if number in grid:
                grid[number].update({one: field for one in columns if one not in grid[number]})


def remarks(package: Package, sheet: Sheet) -> Iterator[tuple[str, Cell, str]]:
    """Yield the notes on cells and the text boxes of a sheet: text, place and prefix."""
    for part in package.related(sheet.part, "comments"):
        for note in package.tree(part).iter(S + "comment"):
            reference = note.get("ref") or ""
            row, column = _position(reference) or (1, 1)
            text = string_of(note)
            yield text, Cell(sheet.name, row, column), f"Comment on {reference[:10]}: "
    for part in package.related(sheet.part, "drawing"):
        for anchor in package.tree(part):
            place = Cell(sheet.name, *_anchored(anchor))
            for paragraph in anchor.iter(A + "p"):
                yield text_of(paragraph), place, ""


def _anchored(anchor: Element) -> tuple[int, int]:
    for start in anchor:
        if local(start) == "from":
            stated = {local(one): whole(one.text) for one in start}
            return stated.get("row", 0) + 1, stated.get("col", 0) + 1
    return 1, 1
