"""Contents of another kind that a Word document takes in when it is opened (altChunk)."""

from citespan.index.parse.formats import email, html, rtf
from citespan.index.parse.formats.texts import lenient
from citespan.index.parse.formats.writing import BlockWriter
from citespan.index.parse.parsed import Heading, Parsed, Table
from citespan.index.parse.places import Cell, Node, Place
from citespan.index.parse.request import Request

_HEAD = 1_000  # bytes that tell the kind


def chunk_of(data: bytes, request: Request) -> Parsed:
    """Read what is no Word document: a page of HTML, one in parts (MHTML), RTF or plain text.

    Raises:
        Unreadable: it is damaged, too large, or holds no text.
    """
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    if head.startswith(rb"{\rtf"):
        return rtf.read(data, request)
    if b"mime-version:" in head or head.startswith(b"content-type:"):
        return _page_in_parts(data, request)
    if head.startswith(b"<"):
        return html.read(data, request)
    writer = BlockWriter()
    for block in lenient(data, request.encoding).split("\n\n"):
        writer.block(block, Node(0))
    return writer.parsed("text/plain", "")


def _page_in_parts(data: bytes, request: Request) -> Parsed:
    for part in email.message_of(data).walk():
        if part.get_content_type() == html.MEDIA_TYPE:
            named = Request(encoding=email.charset_of(part) or request.encoding)
            return html.read(email.payload_of(part), named)
    return email.read(data, request)


class ChunkPlaces:
    """The places in a Word document of what a chunk holds.

    Args:
        blocks: of the document before it.
        tables: of the document before it.
    """

    def __init__(self, blocks: int, tables: int) -> None:
        self.blocks, self._tables = blocks, tables
        self._names: dict[str, str] = {}

    @property
    def tables(self) -> int:
        """The tables of the document up to here."""
        return self._tables + len(self._names)

    def of(self, place: Place, *, begins: bool) -> Place:
        """Return the place of what stands at a place of the chunk, and may begin a block."""
        if isinstance(place, Cell):
            name = f"table {self.tables + 1}"
            return Cell(self._names.setdefault(place.sheet, name), place.row, place.column)
        self.blocks += begins
        return Node(self.blocks)


def include(writer: BlockWriter, chunk: Parsed, places: ChunkPlaces) -> None:
    """Write a chunk, with its headings, tables, furniture and warnings."""
    writer.paragraph()
    base, at = writer.length, 0
    for run in chunk.runs:
        between = chunk.text[at : run.start]
        writer.separate(between)
        begins = not at or "\n\n" in between
        writer.add(chunk.text[run.start : run.end], places.of(run.place, begins=begins))
        at = run.end
    writer.separate(chunk.text[at:])
    writer.headings += [Heading(base + h.start, base + h.end, h.level) for h in chunk.headings]
    writer.tables += [Table(base + t.start, base + t.end, t.header) for t in chunk.tables]
    writer.furniture += [(base + start, base + end) for start, end in chunk.furniture]
    writer.warnings += chunk.warnings
