"""Rows of tables as paragraphs: `Header: value; Header: value.`, the row's key first."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from citespan.index.parse.formats.writing import Writer, folded
from citespan.index.parse.places import Place
from citespan.index.parse.request import Unreadable

MAX_CELLS = 1_000_000
_MAX_TITLES = 10  # rows above a header
_MAX_KEY = 100  # code points of a key on average; longer ones are prose
_SAMPLE = 1000  # rows that decide which column is the key
_NUMBER = re.compile(r"[-+(~<>]{0,2}[$€£¥]? ?\d[\d.,  ]{0,40}[%)]?")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d")


class Field(NamedTuple):
    """A cell with content: its text in one line, and its place.

    A cell that covers several columns or rows is the same object in each of them.
    """

    text: str
    place: Place


Row: TypeAlias = dict[int, Field]  # by column
Grid: TypeAlias = dict[int, Row]  # by row, ascending; rows without content are absent


def put(grid: Grid, row: int, column: int, text: str, place: Place) -> None:
    """Put a text into a cell, if there is anything but space in it."""
    if line := folded(text):
        grid.setdefault(row, {})[column] = Field(line, place)


def write_sheet(writer: Writer, grid: Grid) -> None:
    """Write a sheet; its tables are apart where rows are empty.

    Raises:
        Unreadable: it has more than a million cells.
    """
    check_size(sum(map(len, grid.values())))
    header: Row = {}
    for side in (side for region in _regions(grid) for side in _sides(region)):
        rows = list(side.values())
        first, last = _header_rows(rows)
        if first == last and header and _columns(rows) <= set(header):
            _write_rows(writer, rows, header)
        else:
            header = _write_with_header(writer, rows, first, last)


def write_table(
    writer: Writer, grid: Grid, *, headers: int | None = None, pairs: bool = False
) -> None:
    """Write a table.

    Args:
        writer: what is written to.
        grid: the cells.
        headers: the number of rows of the header; None if the file does not say it.
        pairs: whether two columns without a header are labels and their values.
    """
    rows = list(grid.values())
    if headers is not None and 0 < headers < len(rows):
        _write_with_header(writer, rows, 0, headers)
    elif pairs and len(_columns(rows)) == 2:
        _write_pairs(writer, rows)
    else:
        first, last = (0, 0) if headers == 0 else _header_rows(rows)
        _write_with_header(writer, rows, first, last)


def check_size(cells: int) -> None:
    """Refuse a table of more than a million cells.

    Raises:
        Unreadable: it has more.
    """
    if cells > MAX_CELLS:
        raise Unreadable(
            "too_large", f"a table has more than {MAX_CELLS} cells; filter its rows or columns"
        )


def is_number(text: str) -> bool:
    """Return whether a cell shows a number, an amount or a share."""
    return _NUMBER.fullmatch(text) is not None


def _regions(grid: Grid) -> Iterator[Grid]:
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


def _sides(region: Grid) -> list[Grid]:
    """Return tables that stand next to each other, each with a header; or the region itself."""
    columns = sorted(_columns(list(region.values())))
    starts = [one for before, one in pairwise([-1, *columns]) if one > before + 1]
    sides = [
        {
            number: side
            for number, row in region.items()
            if (side := {column: row[column] for column in row if start <= column < end})
        }
        for start, end in pairwise([*starts, 1 + max(columns, default=0)])
    ]
    apart = all(
        len(_columns(list(side.values()))) > 1 and _header_rows(list(side.values()))[1]
        for side in sides
    )
    return sides if apart else [region]


def _columns(rows: list[Row]) -> set[int]:
    return {column for row in rows for column in row}


def _header_rows(rows: list[Row]) -> tuple[int, int]:
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


def _write_with_header(writer: Writer, rows: list[Row], first: int, last: int) -> Row:
    """Write the rows above a header, and those below it; return the header."""
    body = rows[last:]
    if first == last and len(_columns(rows)) == 2 and _are_labels(rows):
        _write_pairs(writer, rows)
        return {}
    for row in rows[:first]:
        _write_plain(writer, row)
    header = _joined(rows[first:last])
    if header:
        used = _columns(body)
        if idle := {column: field for column, field in header.items() if column not in used}:
            _write_plain(writer, idle)
        _write_rows(writer, body, header)
    else:
        for row in body:
            _write_plain(writer, row)
    return header


def _joined(rows: list[Row]) -> Row:
    """Return one header of up to two rows, the upper label before the lower one."""
    header: Row = {}
    for column in sorted(_columns(rows)):
        fields = [row[column] for row in rows if column in row]
        texts = dict.fromkeys(field.text for field in fields)
        header[column] = Field(" ".join(texts), fields[-1].place)
    return header


def _are_labels(rows: list[Row]) -> bool:
    firsts = [row[min(row)].text for row in rows]
    return 2 * sum(text.endswith(":") for text in firsts) >= len(firsts)


def _write_pairs(writer: Writer, rows: list[Row]) -> None:
    start = writer.length
    for row in rows:
        label, *values = (row[column] for column in sorted(row))
        if not values:
            _write_plain(writer, row)
            continue
        writer.paragraph()
        _write_labelled(writer, label, values[0])
        _end_row(writer, values[0].text)
    writer.table(start, "")


def _write_plain(writer: Writer, row: Row) -> None:
    """Write a row without a header: its cells apart by bars; a cell that covers several once."""
    writer.paragraph()
    before: Field | None = None
    for column in sorted(row):
        field = row[column]
        if field is before:
            continue
        if before is not None:
            writer.separate(" | ")
        writer.add(field.text, field.place)
        before = field


def _write_rows(writer: Writer, rows: list[Row], header: Row) -> None:
    writer.paragraph()
    start = writer.length
    order = _order(rows, header)
    for row in rows:
        writer.paragraph()
        before: Field | None = None
        for column in order:
            if (field := row.get(column)) is None or field is before:
                continue
            if before:
                writer.separate("; ")
            _write_labelled(writer, header.get(column), field)
            before = field
        _end_row(writer, before.text if before else "")
    writer.table(start, " | ".join(header[column].text for column in order if column in header))


def _write_labelled(writer: Writer, label: Field | None, field: Field) -> None:
    if label and (text := label.text.rstrip(": ")):
        writer.add(text, label.place)
        writer.separate(": ")
    writer.add(field.text, field.place)


def _end_row(writer: Writer, last: str) -> None:
    if last and last[-1] not in ".!?。":
        writer.separate(".")


def _is_named(text: str) -> bool:
    """Return whether a cell begins as a name does, not as an amount or a number."""
    return any(map(str.isalpha, text[:2]))


def _order(rows: list[Row], header: Row) -> list[int]:
    """Return the columns with the key first: the first one whose cells are names of the rows."""
    columns = sorted(header.keys() | _columns(rows))
    sample = rows[:_SAMPLE]
    for column in columns:
        texts = [row[column].text for row in sample if column in row]
        if (
            10 * len(texts) >= 9 * len(sample)
            and 20 * len(set(texts)) >= 19 * len(texts)
            and 10 * sum(map(_is_named, texts)) >= 9 * len(texts)
            and sum(map(len, texts)) <= _MAX_KEY * len(texts)
        ):
            return [column, *(other for other in columns if other != column)]
    return columns
