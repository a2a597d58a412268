"""Documents of OpenDocument: text (.odt), presentations (.odp) and spreadsheets (.ods)."""

from citespan.index.parse.formats.archive import Archive
from citespan.index.parse.formats.details import details, iso, language
from citespan.index.parse.formats.grid import check_size
from citespan.index.parse.formats.markup import Element, attribute, local, parse, whole
from citespan.index.parse.formats.odf_passwords import opened
from citespan.index.parse.formats.odf_slides import read_slides
from citespan.index.parse.formats.odf_tables import is_hidden, table_grid
from citespan.index.parse.formats.odf_text import OFFICE, STYLE, TABLE, OdfDocument
from citespan.index.parse.formats.rows import write_sheet
from citespan.index.parse.formats.xlsx import write_name
from citespan.index.parse.parsed import MetadataValue, Parsed
from citespan.index.parse.places import Cell
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "odf 2"
_PREFIX = "application/vnd.oasis.opendocument."
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"


def read(data: bytes, request: Request) -> Parsed:
    """Read a document of OpenDocument by its content, with the request's password if it needs one.

    Notes follow their paragraph, comments come last, headers and footers are furniture. Deleted
    text is left out. Cells show what the program showed.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    archive = opened(data, request)
    root = parse(archive.read("content.xml"), "its content")
    styles = parse(archive.read("styles.xml"), "its styles") if "styles.xml" in archive else None
    body = next((entry for entry in root.iter(OFFICE + "body") for entry in entry), None)
    if body is None:
        raise Unreadable("corrupt", "the document has no body; save it again")
    document = OdfDocument(root, styles)
    kind = local(body)
    counted: dict[str, MetadataValue] = {}
    if kind == "spreadsheet":
        counted = details(sheets=_read_sheets(document, body))
    elif kind == "presentation":
        counted = details(slides=read_slides(document, body))
    else:
        document.read_body(body)
    document.read_comments()
    if kind == "text":
        document.read_furniture()
    title, metadata = _metadata(archive)
    return document.writer.parsed(
        _media_type(archive, kind),
        MADE_BY,
        title=title or document.title,
        metadata={**metadata, **counted},
        warnings=archive.warnings,
    )


def _media_type(archive: Archive, kind: str) -> str:
    if "mimetype" in archive:
        stated = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
        if stated.startswith(_PREFIX) and stated.isprintable():
            return stated
    return _PREFIX + kind


def _metadata(archive: Archive) -> tuple[str, dict[str, MetadataValue]]:
    if "meta.xml" not in archive:
        return "", {}
    try:
        root = parse(archive.read("meta.xml"), "its metadata")
    except Unreadable:
        return "", {}
    stated = {local(entry): entry.text or "" for entry in root.iter()}
    counts = next(root.iter(_META + "document-statistic"), None)
    pages = attribute(counts, "page-count") if counts is not None else None
    return stated.get("title", ""), details(
        author=stated.get("initial-creator") or stated.get("creator", ""),
        published=iso(stated.get("creation-date")),
        modified=iso(stated.get("date")),
        language=language(stated.get("language")),
        pages=whole(pages),
    )


def _read_sheets(document: OdfDocument, body: Element) -> int:
    sheets = body.findall(TABLE + "table")
    hidden = {
        style.get(STYLE + "name") or "" for style in document.all_styles() if is_hidden(style)
    }
    cells = 0
    for sheet in sheets:
        name = sheet.get(TABLE + "name") or ""
        grid, _ = table_grid(sheet, document.cell_text, lambda r, c, name=name: Cell(name, r, c))
        cells += sum(map(len, grid.values()))
        check_size(cells)
        if grid:
            off = (sheet.get(TABLE + "style-name") or "") in hidden
            write_name(document.writer, name, hidden=off)
        write_sheet(document.writer, grid)
    return len(sheets)
