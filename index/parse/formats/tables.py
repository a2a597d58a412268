"""Tables of text (.csv, .tsv)."""

import csv
from collections import Counter
from collections.abc import Iterator

from citespan.index.parse.formats.grid import FilledCell, Grid, check_size
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.table_shape import is_number
from citespan.index.parse.formats.texts import decoded
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Cell
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "tables 2"
CSV, TSV = "text/csv", "text/tab-separated-values"
MAX_ROWS, MAX_BYTES = 200_000, 50_000_000
_DELIMITERS = ",;\t|"
_SAMPLE = 200  # rows that decide on the delimiter
_MAX_FIELD = 1_000_000  # characters of a cell
_ADVICE = "filter its rows or columns, or split it"


def read(data: bytes, request: Request) -> Parsed:
    """Read a table: a paragraph for each row below the header.

    Raises:
        Unreadable: it has more than 200,000 rows, a million cells or 50 MB, or is no text.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", f"the table has {len(data) >> 20} MB; {_ADVICE}")
    text, warnings = decoded(data, request.encoding)
    if text.count("\n") > 4 * MAX_ROWS:
        raise Unreadable("too_large", f"the table has more than {MAX_ROWS} rows; {_ADVICE}")
    delimiter = delimiter_of(text)
    grid = _grid(text, delimiter)
    writer = BlockWriter()
    texts = [field.text for row in list(grid.values())[:1] for field in row.values()]
    has_header = bool(texts) and not any(map(is_number, texts)) and len(grid) > 1
    write_table(writer, grid, headers=1 if has_header else None)
    return writer.parsed(TSV if delimiter == "\t" else CSV, MADE_BY, warnings=warnings)


def delimiter_of(text: str) -> str:
    """Return the delimiter that splits at least nine of ten rows alike, into the most cells."""
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        for row in _rows(text[:200_000], delimiter):
            if any(row):
                widths[len(row)] += 1
            if widths.total() >= _SAMPLE:
                break
        width, rows = widths.most_common(1)[0] if widths else (1, 0)
        if width > most and 10 * rows >= 9 * widths.total():
            best, most = delimiter, width
    return best


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows, each as its cells.

    Raises:
        Unreadable: a cell has more than a million characters.
    """
    csv.field_size_limit(_MAX_FIELD)
    lines = iter(text.replace("\0", "").split("\n"))
    try:
        yield from csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    except csv.Error as error:
        raise Unreadable(
            "too_large", f"a cell of the table cannot be read ({error}); close its quotes"
        ) from error


def _grid(text: str, delimiter: str) -> Grid:
    grid: Grid = {}
    cells = 0
    for number, row in enumerate(_rows(text, delimiter), 1):
        fields = {
            column: FilledCell(line, Cell("", number, column))
            for column, value in enumerate(row, 1)
            if (line := folded(value))
        }
        cells += len(fields)
        check_size(cells)
        if fields:
            grid[number] = fields
        if len(grid) > MAX_ROWS + 1:  # the header is none of them
            raise Unreadable("too_large", f"the table has more than {MAX_ROWS} rows; {_ADVICE}")
    return grid
