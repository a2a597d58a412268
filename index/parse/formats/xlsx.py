"""Workbooks of Excel (.xlsx, .xlsm)."""

import re
from collections.abc import Iterator

from citespan.index.parse.formats.cell_styles import CellStyles
from citespan.index.parse.formats.details import details
from citespan.index.parse.formats.markup import Element, stream
from citespan.index.parse.formats.ooxml import RELATION, Package
from citespan.index.parse.formats.rows import write_sheet
from citespan.index.parse.formats.worksheet import Sheet, read_cells, remarks, string_of
from citespan.index.parse.formats.writing import MAX_TEXT, BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "xlsx 2"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Blad) ?\d{0,5}")


def read(data: bytes, request: Request) -> Parsed:
    """Read a workbook: the sheets in order, numbers as they are shown, formulas as their results.

    Hidden sheets are kept and marked. Notes on cells and text boxes follow their sheet.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    package = Package(data, request)
    root = package.tree(package.main)
    strings = _strings(package)
    styles = CellStyles(package.first(package.main, "styles"), since_1904=_since_1904(root))
    writer = BlockWriter()
    sheets = list(_sheets(package, root))
    cells = 0
    for sheet in sheets:
        cells += _write(writer, package, sheet, strings, styles, cells)
    title, metadata = package.properties()
    return writer.parsed(
        MEDIA_TYPE,
        MADE_BY,
        title=title,
        metadata={**metadata, **details(sheets=len(sheets))},
        warnings=package.archive.warnings,
    )


def write_name(writer: BlockWriter, name: str, *, hidden: bool) -> None:
    """Write a sheet's name as a heading, unless a program gave it; mark a hidden sheet."""
    if hidden:
        writer.warn("hidden_sheet", f"the sheet {name!r} is hidden in the workbook")
    shown = "" if _UNNAMED.fullmatch(name) else folded(name)
    marked = " ".join(filter(None, (shown, "(hidden sheet)" if hidden else "")))
    if marked:
        writer.paragraph()
        start = writer.length
        writer.separate(marked)
        writer.heading(start, 1)


def _write(
    writer: BlockWriter,
    package: Package,
    sheet: Sheet,
    strings: list[str],
    styles: CellStyles,
    before: int,
) -> int:
    """Write a sheet; return its number of cells."""
    try:
        data = package.read(sheet.part)
        grid = read_cells(data, sheet, strings, styles, before)
    except Unreadable as error:
        if error.code != "corrupt":
            raise
        writer.warn("page_failed", f"the sheet {sheet.name!r}: {error}", partial=True)
        return 0
    notes = list(remarks(package, sheet))
    if grid or notes:
        write_name(writer, sheet.name, hidden=sheet.hidden)
    write_sheet(writer, grid)
    for text, place, prefix in notes:
        writer.block(text, place, prefix=prefix)
    return sum(map(len, grid.values()))


def _sheets(package: Package, root: Element) -> Iterator[Sheet]:
    relations = package.relations(package.main)
    for entry in root.iter(S + "sheet"):
        relation = relations.get(entry.get(RELATION + "id") or "")
        if relation is not None and relation.kind == "worksheet":
            hidden = entry.get("state") in {"hidden", "veryHidden"}
            yield Sheet(entry.get("name") or "", relation.target, hidden)


def _since_1904(root: Element) -> bool:
    properties = root.find(S + "workbookPr")
    return properties is not None and properties.get("date1904") in {"1", "true"}


def _strings(package: Package) -> list[str]:
    """Return the strings that cells share."""
    out: list[str] = []
    length = 0
    for part in package.related(package.main, "sharedStrings"):
        for entry in stream(package.read(part), "its shared strings", S + "si"):
            out.append(string_of(entry))
            length += len(out[-1])
            if length > 2 * MAX_TEXT:
                raise Unreadable("too_large", "its strings are too long; split the workbook")
    return out
