"""Rows of tables as paragraphs: `Header: value; Header: value.`, the row's key first."""

from citespan.index.parse.formats.grid import FilledCell, Grid, Row, check_size
from citespan.index.parse.formats.table_shape import columns_of, header_rows, regions, sides
from citespan.index.parse.formats.writing import BlockWriter

_MAX_KEY = 100  # code points of a key on average; longer ones are prose
_NOTE = 40  # code points
_SAMPLE = 1000  # rows that decide which column is the key


def write_sheet(writer: BlockWriter, grid: Grid) -> None:
    """Write a sheet; its tables are apart where rows are empty.

    Raises:
        Unreadable: it has more than a million cells.
    """
    check_size(sum(map(len, grid.values())))
    header: Row = {}
    for side in (side for region in regions(grid) for side in sides(region)):
        rows = list(side.values())
        first, last = header_rows(rows)
        if len(header) > 1 and all(len(row) == 1 for row in rows):  # notes below a table
            for row in rows:
                _write_plain(writer, row)
        elif first == last and header and columns_of(rows) <= set(header):
            _write_rows(writer, rows, header)
        else:
            header = _write_with_header(writer, rows, first, last)


def write_table(
    writer: BlockWriter, grid: Grid, *, headers: int | None = None, pairs: bool = False
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
        _write_with_header(writer, rows, 0, _through(rows, headers))
    elif pairs and len(columns_of(rows)) == 2:
        _write_pairs(writer, rows)
    else:
        first, last = (0, 0) if headers == 0 else header_rows(rows)
        _write_with_header(writer, rows, first, last)


def _write_with_header(writer: BlockWriter, rows: list[Row], first: int, last: int) -> Row:
    """Write the rows above a header, and those below it; return the header."""
    body = rows[last:]
    if first == last and len(columns_of(rows)) == 2 and _are_labels(rows):
        _write_pairs(writer, rows)
        return {}
    for row in rows[:first]:
        _write_plain(writer, row)
    header = _joined(rows[first:last])
    if header:
        used = columns_of(body)
        if idle := {column: field for column, field in header.items() if column not in used}:
            _write_plain(writer, idle)
        notes = _notes(body, header)
        _write_rows(writer, body[: len(body) - notes], header)
        for row in body[len(body) - notes :]:
            _write_plain(writer, row)
    else:
        for row in body:
            _write_plain(writer, row)
    return header


def _through(rows: list[Row], headers: int) -> int:
    """Return where a header ends whose last cells may cover rows below; two rows follow at most."""
    for end in range(headers, min(headers + 2, len(rows) - 1)):
        above = rows[end - 1]
        if not any(rows[end].get(column) is cell for column, cell in above.items()):
            return end
    return min(headers + 2, len(rows) - 1)


def _notes(body: list[Row], header: Row) -> int:
    """Return how many of the last rows are a note: one long cell, in the first column."""
    count = 0
    for row in reversed(body[1:]):
        if len(header) < 3 or set(row) != {min(header)} or len(row[min(row)].text) < _NOTE:
            break
        count += 1
    return count


def _joined(rows: list[Row]) -> Row:
    """Return one header of up to two rows, the upper label before the lower one."""
    header: Row = {}
    for column in sorted(columns_of(rows)):
        fields = [row[column] for row in rows if column in row]
        texts = dict.fromkeys(field.text for field in fields)
        header[column] = FilledCell(" ".join(texts), fields[-1].place)
    return header


def _are_labels(rows: list[Row]) -> bool:
    firsts = [row[min(row)].text for row in rows]
    return 2 * sum(text.endswith(":") for text in firsts) >= len(firsts)


def _write_pairs(writer: BlockWriter, rows: list[Row]) -> None:
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


def _write_plain(writer: BlockWriter, row: Row) -> None:
    """Write a row without a header: its cells apart by bars; a cell that covers several once."""
    writer.paragraph()
    before: FilledCell | None = None
    for column in sorted(row):
        field = row[column]
        if field is before:
            continue
        if before is not None:
            writer.separate(" | ")
        writer.add(field.text, field.place)
        before = field


def _write_rows(writer: BlockWriter, rows: list[Row], header: Row) -> None:
    writer.paragraph()
    start = writer.length
    order = _order(rows, header)
    for row in rows:
        writer.paragraph()
        before: FilledCell | None = None
        for column in order:
            if (field := row.get(column)) is None or field is before:
                continue
            if before:
                writer.separate("; ")
            _write_labelled(writer, header.get(column), field)
            before = field
        _end_row(writer, before.text if before else "")
    writer.table(start, " | ".join(header[column].text for column in order if column in header))


def _write_labelled(writer: BlockWriter, label: FilledCell | None, field: FilledCell) -> None:
    if label and (text := label.text.rstrip(": ")):
        writer.add(text, label.place)
        writer.separate(": ")
    writer.add(field.text, field.place)


def _end_row(writer: BlockWriter, last: str) -> None:
    if last and last[-1] not in ".!?。":
        writer.separate(".")


def _is_named(text: str) -> bool:
    """Return whether a cell begins as a name does, not as an amount or a number."""
    return any(map(str.isalpha, text[:2]))


def _order(rows: list[Row], header: Row) -> list[int]:
    """Return the columns with the key first: the first one whose cells are names of the rows."""
    columns = sorted(header.keys() | columns_of(rows))
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
