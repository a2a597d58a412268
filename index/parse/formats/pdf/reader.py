"""The reader of PDF: pages to lines, lines to paragraphs, paragraphs to text and map."""

from typing import Any

from citespan.index.parse.formats.pdf.fonts import set_fonts
from citespan.index.parse.formats.pdf.furniture import furniture_of
from citespan.index.parse.formats.pdf.headings import body_size, mark, outline_of
from citespan.index.parse.formats.pdf.hyphens import Hyphens
from citespan.index.parse.formats.pdf.lines import Line, lines_of
from citespan.index.parse.formats.pdf.metadata import metadata_of, title_of
from citespan.index.parse.formats.pdf.page import Page, PageFailed
from citespan.index.parse.formats.pdf.paragraphs import Paragraph, bridged, paragraphs_of
from citespan.index.parse.formats.pdf.pdfium import MADE_BY, open_document, raw
from citespan.index.parse.formats.pdf.writer import Writer
from citespan.index.parse.parsed import PageSize, Parsed, ReadingWarning
from citespan.index.parse.request import Request, Unreadable

_MAX_TEXT = 20_000_000  # characters


def read(data: bytes, request: Request) -> Parsed:
    """Return the text of a PDF, and the box of each of its characters.

    Raises:
        Unreadable: `encrypted`, `password_wrong`, `corrupt`, `too_many_pages`, `too_large` or
            `no_text`.
    """
    document = open_document(data, request.password)
    reading = Reading(document, request)
    reading.read_pages()
    return reading.parsed()


class Reading:
    """One PDF that is being read."""

    def __init__(self, document: Any, request: Request) -> None:
        self.document = document
        self.request = request
        self.count = raw.FPDF_GetPageCount(document)
        self.pages: list[list[Line]] = []
        self.sizes: list[PageSize] = []
        self.warnings: list[ReadingWarning] = []
        self.hyphens = Hyphens()
        self.length = 0

    def read_pages(self) -> None:
        """Read the lines of all pages; a page that fails is left out, with a warning."""
        for number in range(1, self.count + 1):
            lines: list[Line] = []
            try:
                page = Page(self.document, number)
            except PageFailed:
                self._failed(number)
                self.sizes.append(PageSize(0, 0))
            else:
                self.sizes.append(page.size)
                try:
                    lines = self._lines(page)
                except PageFailed:
                    self._failed(number)
                finally:
                    page.close()
            self.pages.append(lines)
        if len([one for one in self.warnings if one.code == "page_failed"]) == self.count:
            raise Unreadable("corrupt", "no page of the PDF can be read; make or send it again")

    def _failed(self, number: int) -> None:
        message = f"page {number} could not be read"
        self.warnings.append(ReadingWarning("page_failed", message, number, partial=True))

    def _lines(self, page: Page) -> list[Line]:
        glyphs = page.glyphs()
        lines = lines_of(glyphs)
        set_fonts(lines, glyphs.handle)
        for line in lines:
            line.page = page.number
            self.length += len(line.text)
        if self.length > _MAX_TEXT:
            raise Unreadable("too_large", f"the PDF has more than {_MAX_TEXT:,} characters")
        self.hyphens.learn(lines)
        return lines

    def parsed(self) -> Parsed:
        """Return the document that the pages make."""
        furniture = furniture_of(self.pages)
        body = body_size(self.pages)
        paragraphs: list[Paragraph] = []
        for lines in self.pages:
            kept = [line for line in lines if id(line) not in furniture]
            paragraphs += paragraphs_of(kept, body)
        mark(paragraphs, body, outline_of(self.document))
        writer = Writer(self.hyphens)
        for one in bridged(paragraphs):
            writer.paragraph(one)
        builder = writer.builder
        builder.paragraph()
        start = builder.length
        for lines in self.pages:
            for line in lines:
                if id(line) in furniture:
                    writer.line(line)
        return Parsed(
            text=builder.text,
            media_type="application/pdf",
            made_by=MADE_BY,
            title=title_of(self.document) or _first_heading(paragraphs),
            metadata=metadata_of(self.document, self.count),
            runs=builder.runs,
            headings=builder.headings,
            tables=builder.tables,
            furniture=[(start, builder.length)] if start < builder.length else [],
            pages=self.sizes,
            warnings=self.warnings,
        )


def _first_heading(paragraphs: list[Paragraph]) -> str:
    """Return the heading in the largest letters of the first page, or ""."""
    first = [one for one in paragraphs if one.level and one.lines[0].page == 1]
    largest = max(first, key=lambda one: one.size, default=None)
    return largest.text if largest else ""
