"""Where a citation is in the file of its document, on the wire."""

import re
from urllib.parse import quote

import msgspec

from citespan.api.wire.urls import original_url, page_url
from citespan.index.layout import Box, Cell, Line, Node, PageBox, Part, Place, Slide
from citespan.qa import Citation

_PDF, _HTML = "application/pdf", {"text/html", "application/xhtml+xml"}
_LONG, _ENDS = 300, 5  # characters that a link to a text names whole, and words of its ends
_MOST_LINK = 2000  # characters
_AT_COMMIT = re.compile(r"/(?:blob|src/commit)/[0-9a-f]{40,64}/")


class BoxBody(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle of a page; the numbers are shares of the shown page, from its top left corner."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class PlaceBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a file without pages; of the fields, those of its kind are there.

    `cell` is like "B7", and `cells` has all cells of the quote. `part` is the number of a part of a
    message, or the path of a chapter in an e-book. `block` is the number of a block of a page of
    HTML or of a text document, and `fragment` the id of its element. Numbers begin at 1.
    """

    sheet: str = ""
    cell: str = ""
    cells: tuple[str, ...] = ()
    slide: int = 0
    notes: bool = False
    part: str = ""
    block: int = 0
    fragment: str = ""
    line: int = 0


def box_bodies(boxes: tuple[PageBox, ...]) -> tuple[BoxBody, ...]:
    """Return rectangles on the wire."""
    return tuple(BoxBody(page=b.page, x0=b.x0, y0=b.y0, x1=b.x1, y1=b.y1) for b in boxes)


def place_body(place: Place | None, cells: tuple[Cell, ...] = ()) -> PlaceBody | None:
    """Return a place on the wire; None for pages, which have boxes, and for no place."""
    match place:
        case Cell():
            names = tuple(one.name for one in cells)
            return PlaceBody(sheet=place.sheet, cell=place.name, cells=names)
        case Slide():
            return PlaceBody(slide=place.number, notes=place.notes)
        case Part():
            return PlaceBody(part=place.path, fragment=place.fragment)
        case Node():
            return PlaceBody(block=place.number, fragment=place.fragment)
        case Line():
            return PlaceBody(line=place.number)
        case Box() | None:
            return None


def open_url(citation: Citation, collection: str) -> str | None:
    """Return the address that shows a citation in its file; None if there is none.

    It is the document's own address on the web, at the page, the words or, in a file of a git
    commit, the lines; or else the picture of the page, or else the file, if the service keeps it.
    """
    document, where = citation.document, citation.where
    if document.uri and document.uri.startswith(("http://", "https://")):
        address = document.uri.partition("#")[0]
        if where.page and document.media_type == _PDF:
            return f"{address}#page={where.page}"
        if document.media_type in _HTML:
            return f"{address}#:~:text={_text_fragment(citation.quote)}"
        if isinstance(where.place, Line) and _AT_COMMIT.search(address):
            return f"{address}#{_lines(citation, where.place.number, address)}"
        return document.uri
    if not where.original:
        return None
    if where.page:
        return page_url(document.id, document.revision, where.page, collection)
    return original_url(document.id, document.revision, collection)


def _lines(citation: Citation, first: int, address: str) -> str:
    """Return the fragment for lines of a file, as the sites of git repositories understand it."""
    last = first if citation.highlights else first + citation.quote.count("\n")
    if last == first:
        return f"L{first}"
    return f"L{first}-{last}" if "/-/blob/" in address else f"L{first}-L{last}"


def _text_fragment(text: str) -> str:
    """Return the text directive of a link: the words, or the first and the last of a long text.

    Source: https://wicg.github.io/scroll-to-text-fragment/, section 3
    """
    words = text.split()
    whole = " ".join(words)
    if len(whole) <= _LONG or len(words) <= 2 * _ENDS:
        return _escaped(whole)[:_MOST_LINK]
    return f"{_escaped(' '.join(words[:_ENDS]))},{_escaped(' '.join(words[-_ENDS:]))}"


def _escaped(text: str) -> str:
    return quote(text, safe="").replace("-", "%2D")  # a hyphen marks a prefix there
