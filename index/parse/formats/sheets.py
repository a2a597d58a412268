"""Workbooks of older and binary kinds (.xls, .xlsb), read by calamine."""

import io
import struct
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import olefile  # pyright: ignore[reportMissingTypeStubs]
import python_calamine

from citespan.index.parse.formats.date_format import general
from citespan.index.parse.formats.details import details
from citespan.index.parse.formats.grid import FilledCell, Grid, check_size, put
from citespan.index.parse.formats.passwords import OLE, decrypted
from citespan.index.parse.formats.rows import write_sheet
from citespan.index.parse.formats.writing import BlockWriter
from citespan.index.parse.formats.xlsx import write_name
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Cell
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "sheets 2"
XLS = "application/vnd.ms-excel"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
_MAX_AREA = 20_000_000  # cells of a sheet's rectangle, empty ones too
_ole: Any = olefile
_FILEPASS, _FIRST = 0x2F, 4096  # a record of encryption, and the bytes in which it stands
_VISIBLE = python_calamine.SheetVisibleEnum.Visible


def read(data: bytes, request: Request) -> Parsed:
    """Read a workbook; the library shows numbers without their formats, dates as ISO 8601.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    media_type = XLS if data.startswith(OLE) else XLSB
    if media_type == XLS and _is_locked(data):
        data = decrypted(data, request)
    writer = BlockWriter()
    count = cells = 0
    for name, hidden, grid in _sheets(data):
        count += 1
        cells += sum(map(len, grid.values()))
        check_size(cells)
        if grid:
            write_name(writer, name, hidden=hidden)
        write_sheet(writer, grid)
    return writer.parsed(media_type, MADE_BY, metadata=details(sheets=count))


def _is_locked(data: bytes) -> bool:
    """Return whether a workbook is encrypted: a record among its first ones says so."""
    try:
        with _ole.OleFileIO(io.BytesIO(data)) as file:
            for name in ("Workbook", "Book"):
                if file.exists(name):
                    return _FILEPASS in _kinds(file.openstream(name).read(_FIRST))
            return bool(file.exists("EncryptedPackage"))
    except Exception:  # noqa: BLE001  (of all kinds on damaged files, which the other one refuses)
        return False


def _kinds(records: bytes) -> set[int]:
    found: set[int] = set()
    at = 0
    while at + 4 <= len(records):
        kind, length = struct.unpack_from("<HH", records, at)
        found.add(kind)
        at += 4 + length
    return found


def _sheets(data: bytes) -> Iterator[tuple[str, bool, Grid]]:
    """Yield each sheet's name, whether it is hidden, and its cells."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
                grid = _grid(book.get_sheet_by_name(sheet.name), sheet.name)
                yield sheet.name, sheet.visible != _VISIBLE, grid
    except (Unreadable, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the library is no `Exception`
        if "assword" in type(error).__name__ or "assword" in str(error):
            raise Unreadable(
                "encrypted", "the workbook needs a password; send it as `password`"
            ) from error
        raise Unreadable(
            "corrupt", f"the workbook is damaged ({str(error)[:200]}); save it as .xlsx"
        ) from error


def _grid(sheet: Any, name: str) -> Grid:
    grid: Grid = {}
    if sheet.total_height * sheet.total_width > _MAX_AREA:
        raise Unreadable("too_large", f"the sheet {name!r} is too large; save its used part")
    left = sheet.start[1] if sheet.start else 0  # rows begin at the first one, columns do not
    for row, values in enumerate(sheet.iter_rows(), 1):
        for column, value in enumerate(values, left + 1):
            if value != "":
                put(grid, row, column, _shown(value), Cell(name, row, column))
    _merge(grid, sheet.merged_cell_ranges or ())
    return grid


def _merge(grid: Grid, ranges: Any) -> None:
    room = _MAX_AREA
    right = max((max(row) for row in grid.values()), default=0)
    for (top, left), (low, far) in ranges:
        field: FilledCell | None = grid.get(top + 1, {}).get(left + 1)
        columns = range(left + 1, min(far + 1, right) + 1)
        room -= (low - top + 1) * len(columns)
        if field is None or room < 0:
            continue
        for number in range(top + 1, low + 2):
            if number in grid:
                grid[number].update({one: field for one in columns if one not in grid[number]})


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return general(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, date) else str(value)
