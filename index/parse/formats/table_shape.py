"""The shape of a table: where it is divided, and which of its rows are the header."""

import re
from collections.abc import Iterator
from itertools import pairwise

from citespan.index.parse.formats.grid import Grid, Row

_MAX_TITLES = 10  # rows above a header
_SAMPLE = 1000  # rows that decide how wide a table is
_NUMBER = re.compile(r"[-+(~<>]{0,2}[$€£¥]? ?\d[\d.,  ]{0,40}[%)]?")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d")


def is_number(text: str) -> bool:
    """Return whether a cell shows a number, an amount or a share."""
    return _NUMBER.fullmatch(text) is not None


def regions(grid: Grid) -> Iterator[Grid]:
    """Yield the parts of a sheet between its empty rows."""
    region: Grid = {}
    before = 0
    for number, row in grid.items():
        if region and number > before + 1:
            yield region
            region = {}
        region[number] = row
        before = number
    if region:
        yield region


def sides(region: Grid) -> list[Grid]:
    """Return tables that stand next to each other, each with a header; or the region itself."""
    columns = sorted(columns_of(list(region.values())))
    starts = [one for before, one in pairwise([-1, *columns]) if one > before + 1]
    if len(starts) < 2:
        return [region]
    parts = [
        {
            number: side
            for number, row in region.items()
            if (side := {column: row[column] for column in row if start <= column < end})
        }
        for start, end in pairwise([*starts, 1 + max(columns, default=0)])
    ]
    apart = all(
        len(columns_of(list(side.values()))) > 1 and header_rows(list(side.values()))[1]
        for side in parts
    )
    return parts if apart else [region]


def columns_of(rows: list[Row]) -> set[int]:
    """Return the columns that have content in some row."""
    return {column for row in rows for column in row}


def header_rows(rows: list[Row]) -> tuple[int, int]:
    """Return the range of the rows that are the header; it is empty if there is none."""
    width = max((len(row) for row in rows[:_SAMPLE]), default=0)
    for at, row in enumerate(rows[:_MAX_TITLES]):
        if 2 * len(row) < width or _is_title(row, rows[at + 1 : at + 2]):
            continue
        if at + 1 == len(rows) or not _is_header(row, rows[at + 1]):
            return 0, 0
        two = _is_spread(row) and _is_header(rows[at + 1], {}) and at + 2 < len(rows)
        return (at, at + 2) if two else (at, at + 1)
    return 0, 0


def _is_title(row: Row, below: list[Row]) -> bool:
    """Return whether a row is one cell, unless it is a label above some columns of a header."""
    if len({id(field) for field in row.values()}) > 1:
        return False
    return len(row) < 2 or not below or min(row) <= min(below[0])


def _is_header(row: Row, below: Row) -> bool:
    """Return whether all cells are words, or years above other numbers."""
    texts = {column: field.text for column, field in row.items()}
    years = {column for column, text in texts.items() if _YEAR.fullmatch(text)}
    if any(is_number(text) and column not in years for column, text in texts.items()):
        return False
    beneath = [below[column].text for column in years if column in below]
    return len(years) < len(row) and not any(map(_YEAR.fullmatch, beneath))


def _is_spread(row: Row) -> bool:
    """Return whether a cell of the row covers several columns."""
    return len({id(field) for field in row.values()}) < len(row)
