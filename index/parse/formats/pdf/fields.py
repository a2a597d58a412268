"""What people wrote on a page: values of form fields, and comments."""

import ctypes
from array import array
from collections.abc import Iterator
from typing import Any

from citespan.index.parse.formats.layout import PageLine
from citespan.index.parse.formats.pdf.page import BASE, PdfPage
from citespan.index.parse.formats.pdf.pdfium import raw, string
from citespan.index.parse.parsed import cleaned

_MOST = 2000  # annotations of a page
_LONGEST = 20_000  # characters of one
_COMMENTS = frozenset(
    {
        raw.FPDF_ANNOT_TEXT,
        raw.FPDF_ANNOT_FREETEXT,
        raw.FPDF_ANNOT_HIGHLIGHT,
        raw.FPDF_ANNOT_UNDERLINE,
        raw.FPDF_ANNOT_SQUIGGLY,
        raw.FPDF_ANNOT_STRIKEOUT,
        raw.FPDF_ANNOT_STAMP,
        raw.FPDF_ANNOT_CARET,
    }
)
_CHECKED = frozenset({raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON})
_SILENT = frozenset({raw.FPDF_FORMFIELD_PUSHBUTTON, raw.FPDF_FORMFIELD_SIGNATURE})
_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_INVISIBLE


class Forms:
    """The form of a document, if it has one."""

    def __init__(self, document: Any) -> None:
        self._form: Any = None
        if raw.FPDF_GetFormType(document) != raw.FORMTYPE_NONE:
            self._info = raw.FPDF_FORMFILLINFO(version=2)
            self._form = raw.FPDFDOC_InitFormFillEnvironment(document, self._info)

    def lines_of(self, page: PdfPage) -> list[PageLine]:
        """Return "name: value" of each field with a value, and then each comment, as lines."""
        fields: list[PageLine] = []
        comments: list[PageLine] = []
        for annotation in _annotations(page):
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                text = ""
            elif kind == raw.FPDF_ANNOT_WIDGET and self._form:
                text = self._field(annotation)
            elif kind in _COMMENTS:
                text = _folded(string(raw.FPDFAnnot_GetStringValue, annotation, b"Contents"))
            else:
                text = ""
            if text:
                where = fields if kind == raw.FPDF_ANNOT_WIDGET else comments
                where.append(_line(text, annotation, page))
            raw.FPDFPage_CloseAnnot(annotation)
        return fields + comments

    def _field(self, annotation: Any) -> str:
        kind = raw.FPDFAnnot_GetFormFieldType(self._form, annotation)
        if kind in _SILENT:
            return ""
        name = self._string(raw.FPDFAnnot_GetFormFieldAlternateName, annotation)
        name = name or self._string(raw.FPDFAnnot_GetFormFieldName, annotation)
        if kind in _CHECKED:
            return f"{name}: ☑" if raw.FPDFAnnot_IsChecked(self._form, annotation) else ""
        value = self._string(raw.FPDFAnnot_GetFormFieldValue, annotation)
        return f"{name}: {value}" if value else ""

    def _string(self, call: Any, annotation: Any) -> str:
        return _folded(string(call, self._form, annotation))


def _annotations(page: PdfPage) -> Iterator[Any]:
    for at in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, at)
        if annotation:
            yield annotation


def _folded(text: str) -> str:
    return " ".join(cleaned(text).split())[:_LONGEST]


def _line(text: str, annotation: Any, page: PdfPage) -> PageLine:
    rectangle = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, ctypes.byref(rectangle))
    sides = (rectangle.left, rectangle.top, rectangle.right, rectangle.bottom)
    shown = [int(sides[side] * by + add) - BASE for side, add, by in page.way()]
    x0, x1 = sorted((shown[0], shown[2]))
    y0, y1 = sorted((shown[1], shown[3]))
    return PageLine(text, array("h"), x0, y0, x1, y1, page=page.number, upright=True)
