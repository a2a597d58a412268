"""A table as a file: CSV, XLSX, HTML and DOCX, as programs write them."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from html import escape

from citespan.evals.studies.table_data import StudyTable

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def as_csv(table: StudyTable) -> bytes:
    """Return a table as CSV with a header."""
    out = io.StringIO()
    csv.writer(out).writerows([table.labels, *table.rows])
    return out.getvalue().encode()


def as_html(table: StudyTable) -> bytes:
    """Return a table as a page with a heading."""
    head = "".join(f"<th>{escape(label)}</th>" for label in table.labels)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    title = escape(table.title)
    return (
        f"<!doctype html><title>{title}</title><h1>{title}</h1>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    ).encode()


def as_xlsx(table: StudyTable) -> bytes:
    """Return a table as a workbook with one sheet; its cells are inline strings."""
    rows = "".join(
        f'<row r="{number}">{"".join(_cell(row, number))}</row>'
        for number, row in enumerate([table.labels, *table.rows], 1)
    )
    book = (
        f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(table.title[:31])}" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    sheet = f'<worksheet xmlns="{_SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
    parts = {"xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet}
    parts["xl/_rels/workbook.xml.rels"] = _relation("worksheet", "worksheets/sheet1.xml")
    return _package(parts, "xl/workbook.xml", f"{_MAIN}.spreadsheetml.sheet.main+xml")


def as_docx(table: StudyTable) -> bytes:
    """Return a table as a Word file with a heading."""
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_words(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in [table.labels, *table.rows]
    )
    heading = '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
    body = f"{_words(table.title, heading)}<w:tbl>{rows}</w:tbl>"
    document = f'<w:document xmlns:w="{_WORDS}"><w:body>{body}</w:body></w:document>'
    parts = {"word/document.xml": document}
    return _package(parts, "word/document.xml", f"{_MAIN}.wordprocessingml.document.main+xml")


FORMATS: Mapping[str, Callable[[StudyTable], bytes]] = {
    "csv": as_csv, "xlsx": as_xlsx, "html": as_html, "docx": as_docx
}  # fmt: skip


def _cell(row: Sequence[str], number: int) -> list[str]:
    return [
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        for at, text in enumerate(row)
    ]


def _words(text: str, before: str = "") -> str:
    return f"<w:p>{before}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _package(parts: Mapping[str, str], main: str, media_type: str) -> bytes:
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{media_type}"/></Types>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", types)
        package.writestr("_rels/.rels", _relation("officeDocument", main))
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()
