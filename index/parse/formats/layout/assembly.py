"""Lines of pages to one text: paragraphs in order, headings, and furniture at the end."""

from collections.abc import Mapping

import msgspec

from citespan.index.parse.formats.layout.footnotes import placed
from citespan.index.parse.formats.layout.furniture import furniture_of
from citespan.index.parse.formats.layout.headers import headed
from citespan.index.parse.formats.layout.headings import body_size, mark
from citespan.index.parse.formats.layout.hyphens import Hyphens
from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.paragraphs import Paragraph, bridged, paragraphs_of
from citespan.index.parse.formats.layout.writer import LayoutWriter
from citespan.index.parse.parsed import Builder, PageSize, Pair, ReadingWarning


class AssembledPage(msgspec.Struct):
    """A page: its size, its lines in order, and lines that follow them, each by itself."""

    size: PageSize
    lines: list[PageLine] = []
    extras: list[PageLine] = []


class AssembledDocument(msgspec.Struct):
    """A document under construction."""

    sheets: list[AssembledPage] = msgspec.field(default_factory=list[AssembledPage])
    warnings: list[ReadingWarning] = msgspec.field(default_factory=list[ReadingWarning])
    hyphens: Hyphens = msgspec.field(default_factory=Hyphens)
    length: int = 0

    def add(self, sheet: AssembledPage) -> None:
        """Add the next page."""
        self.sheets.append(sheet)
        self.hyphens.learn(sheet.lines)
        self.length += sum(len(line.text) for line in sheet.lines)


class Text(msgspec.Struct):
    """A text that was put together; `heading` is the largest one of the first page, or empty."""

    builder: Builder
    furniture: list[Pair]
    heading: str


def assembled(
    document: AssembledDocument, outline: Mapping[tuple[int, str], int] | None = None
) -> Text:
    """Return the text of a document; `outline` has levels of headings by page and folded text."""
    pages = [sheet.lines for sheet in document.sheets]
    furniture = furniture_of(pages)
    body = body_size(pages)
    paragraphs: list[Paragraph] = []
    for sheet in document.sheets:
        kept = [line for line in sheet.lines if id(line) not in furniture]
        paragraphs += paragraphs_of(kept, body)
        paragraphs += [Paragraph([line]) for line in sheet.extras]
    paragraphs = headed(paragraphs)
    mark(paragraphs, body, outline or {})
    writer = LayoutWriter(document.hyphens)
    for one in placed(bridged(paragraphs), body):
        writer.paragraph(one)
    last = [line for lines in pages for line in lines if id(line) in furniture]
    if last:
        writer.builder.paragraph()
    start = writer.builder.length
    for line in last:
        writer.line(line)
    ranges = [(start, writer.builder.length)] if start < writer.builder.length else []
    return Text(writer.builder, ranges, _first_heading(paragraphs))


def _first_heading(paragraphs: list[Paragraph]) -> str:
    first = [one for one in paragraphs if one.level and one.lines[0].page == 1]
    largest = max(first, key=lambda one: one.size, default=None)
    return largest.text if largest else ""
