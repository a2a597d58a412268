"""Contents of another kind that a Word document takes in when it is opened (altChunk)."""

from citespan.index.parse.formats import email, html, rtf
from citespan.index.parse.formats.texts import decoded
from citespan.index.parse.formats.writing import BlockWriter
from citespan.index.parse.parsed import Heading, Parsed, Table
from citespan.index.parse.places import Cell, Line, Node, Place
from citespan.index.parse.request import Request, Unreadable

_RTF = frozenset({"application/rtf", "text/rtf"})
_HTML = frozenset({"text/html", "application/xhtml+xml"})


def chunk_of(data: bytes, kind: str, request: Request) -> Parsed:
    """Read what is no Word document: a page of HTML, one in parts (MHTML), RTF or plain text.

    Args:
        data: the bytes of the part.
        kind: its media type.
        request: of the document.

    Raises:
        Unreadable: it is of another kind, damaged or too large, or holds no text.
    """
    if kind in _RTF:
        return rtf.read(data, request)
    if kind in _HTML:
        return html.read(data, request)
    if kind == email.MEDIA_TYPE:
        return _page_in_parts(data, request)
    if kind != "text/plain":
        raise Unreadable("unsupported", f"nothing here reads {kind or 'its kind'}")
    writer = BlockWriter()
    text, writer.warnings = decoded(data, request.encoding)
    for number, block in enumerate(text.split("\n\n"), 1):
        writer.block(block, Line(number))
    return writer.parsed(kind, "")


def _page_in_parts(data: bytes, request: Request) -> Parsed:
    for part in email.message_of(data.removeprefix(b"\xef\xbb\xbf")).walk():
        attached = part.get_content_disposition() == "attachment"
        if part.get_content_type() == html.MEDIA_TYPE and not attached:
            named = Request(encoding=email.charset_of(part) or request.encoding)
            return html.read(email.payload_of(part), named)
    raise Unreadable("no_text", "it holds no page")


class ChunkPlaces:
    """The places in a Word document of what a chunk holds.

    Args:
        blocks: of the document before it.
        tables: of the document before it.
    """

    def __init__(self, blocks: int, tables: int) -> None:
        self.blocks, self.tables = blocks, tables
        self._blocks: dict[Place, Node] = {}
        self._tables: dict[str, str] = {}

    def of(self, place: Place) -> Place:
        """Return the place of what stands at a place of the chunk."""
        if isinstance(place, Cell):
            if place.sheet not in self._tables:
                self.tables += 1
                self._tables[place.sheet] = f"table {self.tables}"
            return Cell(self._tables[place.sheet], place.row, place.column)
        if place not in self._blocks:
            self.blocks += 1
            self._blocks[place] = Node(self.blocks)
        return self._blocks[place]


def include(writer: BlockWriter, chunk: Parsed, places: ChunkPlaces) -> None:
    """Write a chunk, with its headings, tables and warnings; its furniture is text as well."""
    writer.paragraph()
    base, at = writer.length, 0
    for run in chunk.runs:
        writer.separate(chunk.text[at : run.start])
        writer.add(chunk.text[run.start : run.end], places.of(run.place))
        at = run.end
    writer.separate(chunk.text[at:])
    writer.headings += [Heading(base + h.start, base + h.end, h.level) for h in chunk.headings]
    writer.tables += [Table(base + t.start, base + t.end, t.header) for t in chunk.tables]
    for one in chunk.warnings:
        writer.warn(one.code, one.message, partial=one.partial)
