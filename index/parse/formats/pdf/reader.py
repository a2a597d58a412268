"""The reader of PDF: pages to lines, which the layout makes a text of."""

import resource
from typing import Any

from citespan.index.parse.formats import ocr
from citespan.index.parse.formats.layout import (
    AssembledDocument,
    AssembledPage,
    PageLine,
    assembled,
)
from citespan.index.parse.formats.pdf.fields import Forms
from citespan.index.parse.formats.pdf.fonts import set_fonts
from citespan.index.parse.formats.pdf.hidden import hidden_words
from citespan.index.parse.formats.pdf.lines import lines_of
from citespan.index.parse.formats.pdf.metadata import metadata_of, title_of
from citespan.index.parse.formats.pdf.outline import outline_of
from citespan.index.parse.formats.pdf.page import PageFailed, PdfPage
from citespan.index.parse.formats.pdf.pdfium import MADE_BY, open_document, raw
from citespan.index.parse.formats.pdf.pictures import drawn
from citespan.index.parse.formats.pdf.scans import is_scan, scanned_lines
from citespan.index.parse.formats.png import png
from citespan.index.parse.parsed import PageSize, Parsed, ReadingWarning
from citespan.index.parse.request import Request, Unreadable

_MAX_TEXT = 20_000_000  # characters
_SECONDS_A_PAGE = 0.2  # of processor time, beyond that of any file


def read(data: bytes, request: Request) -> Parsed:
    """Return the text of a PDF, and the box of each of its characters.

    Raises:
        Unreadable: `encrypted`, `password_wrong`, `corrupt`, `too_many_pages`, `too_large` or
            `no_text`.
    """
    document = open_document(data, request.password)
    _allow_time(raw.FPDF_GetPageCount(document))
    return PdfReading(document, request).parsed()


def render(data: bytes, page: int, width_px: int, password: str | None = None) -> bytes:
    """Return a page (1-based) as PNG.

    Raises:
        Unreadable: as `read`, or `corrupt` if there is no such page.
    """
    document = open_document(data, password)
    try:
        shown = PdfPage(document, page)
    except PageFailed:
        raise Unreadable("corrupt", f"page {page} cannot be drawn") from None
    height = width_px * shown.size.height // max(1, shown.size.width)
    return png(*drawn(shown, width_px, height, colour=True))


def _allow_time(pages: int) -> None:
    """Raise the limit of processor time for a long file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(
            resource.RLIMIT_CPU, (min(hard, soft + int(_SECONDS_A_PAGE * pages)), hard)
        )


class PdfReading:
    """One PDF that is being read."""

    def __init__(self, document: Any, request: Request) -> None:
        self._document = document
        self._ocr = request.ocr
        self._count: int = raw.FPDF_GetPageCount(document)
        self._made = AssembledDocument()
        self._forms = Forms(document)
        self._recogniser: ocr.Recogniser | None = None
        self._hidden = 0
        self._recognised = 0
        self._scans: list[int] = []

    def parsed(self) -> Parsed:
        """Return what the file says."""
        for number in range(1, self._count + 1):
            self._made.add(self._sheet(number))
            if self._made.length > _MAX_TEXT:
                raise Unreadable("too_large", f"the PDF has more than {_MAX_TEXT:,} characters")
        self._refuse()
        self._warn()
        text = assembled(self._made, outline_of(self._document))
        made_by = [MADE_BY] + ([self._recogniser.made_by] if self._recogniser else [])
        return Parsed(
            text=text.builder.text,
            media_type="application/pdf",
            made_by=", ".join(made_by),
            title=title_of(self._document) or text.heading,
            metadata=metadata_of(self._document, self._count),
            runs=text.builder.runs,
            headings=text.builder.headings,
            tables=text.builder.tables,
            furniture=text.furniture,
            pages=[sheet.size for sheet in self._made.sheets],
            warnings=self._made.warnings,
        )

    def _sheet(self, number: int) -> AssembledPage:
        """Return a page; one that fails is left out, with a warning."""
        try:
            page = PdfPage(self._document, number)
        except PageFailed:
            return self._failed(number, PageSize(0, 0))
        try:
            lines = self._lines(page)
            for line in lines:
                line.page = number
            return AssembledPage(page.size, lines, self._forms.lines_of(page))
        except PageFailed:
            return self._failed(number, page.size)
        finally:
            page.close()

    def _lines(self, page: PdfPage) -> list[PageLine]:
        glyphs = page.glyphs()
        if self._ocr == "always" or is_scan(page, glyphs):
            if self._may_recognise():
                self._recognised += 1
                self._recogniser = self._recogniser or ocr.Recogniser()
                return scanned_lines(page, self._recogniser)
            self._scans.append(page.number)
        seen = hidden_words(page, glyphs)
        self._hidden += seen.characters
        lines = lines_of(glyphs, seen.hidden)
        set_fonts(lines, glyphs.handle)
        return lines

    def _may_recognise(self) -> bool:
        return self._ocr != "never" and ocr.available() and self._recognised < ocr.MAX_PAGES

    def _failed(self, number: int, size: PageSize) -> AssembledPage:
        self._warn_of("page_failed", f"page {number} could not be read", number)
        return AssembledPage(size)

    def _refuse(self) -> None:
        """Refuse a file of which nothing was read."""
        if any(sheet.lines or sheet.extras for sheet in self._made.sheets):
            return
        if len(self._made.warnings) == self._count:
            raise Unreadable("corrupt", "no page of the PDF can be read; make or send it again")
        if self._scans and not ocr.available():
            raise Unreadable("no_text", f"the PDF is a scan without text; {ocr.ADVICE}")
        if self._scans:
            raise Unreadable("no_text", "the PDF is a scan without text; allow OCR to have it read")
        raise Unreadable("no_text", "the PDF holds no text")

    def _warn(self) -> None:
        """Add the warnings about the whole file."""
        for number in self._scans:
            why = "without OCR" if ocr.available() else f"({ocr.ADVICE})"
            self._warn_of("page_scanned", f"page {number} is a scan: not read {why}", number)
        if self._hidden:
            message = f"{self._hidden} characters that nobody can see were left out"
            self._made.warnings.append(ReadingWarning("hidden_text", message))
        if self._recogniser and self._recogniser.dropped:
            message = f"{self._recogniser.dropped} words of scans were too unclear to be read"
            self._made.warnings.append(ReadingWarning("ocr_uncertain", message))

    def _warn_of(self, code: str, message: str, page: int) -> None:
        self._made.warnings.append(ReadingWarning(code, message, page, partial=True))
