"""Where a quote is in its document: page and boxes, or another place, and its headings."""

from collections.abc import Sequence
from dataclasses import dataclass

from citespan.index.layout.layout import Layout
from citespan.index.layout.outline import Outline
from citespan.index.parse.parsed import PageSize
from citespan.index.parse.places import Box, Cell, Line, Place
from citespan.index.types import Span

_TOUCHING = 30  # tenths of a point between two pieces of a line that become one box
_MOST_BOXES = 200
_MOST_CELLS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBox:
    """A rectangle of a page, which is 1-based, as shares of the shown page from its top left."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place of a quote in the file that its document was read from.

    page: the page of the first character, 1-based; None if the file has no pages.
    boxes: the rectangles of the quote's lines, in order.
    place: the place of its first character, or of its answer, if the file has no pages. In plain
        text, this is the line.
    cells: the cells that the quote is from, in order, if it is from a table.
    headings: the headings over the quote, the outermost first.
    original: whether the file is kept.
    """

    page: int | None = None
    boxes: tuple[PageBox, ...] = ()
    place: Place | None = None
    cells: tuple[Cell, ...] = ()
    headings: tuple[str, ...] = ()
    original: bool = False


NOWHERE = Where()


def where_in_file(
    layout: Layout, outline: Outline, span: Span, answer: Span | None, *, original: bool
) -> Where:
    """Return where a quote is in a file.

    Args:
        layout: the file's layout.
        outline: the text's outline.
        span: the quote.
        answer: the short answer inside of the quote, if it has one.
        original: whether the file is kept.
    """
    places = layout.places(span)
    boxes = [place for place in places if isinstance(place, Box)]
    others = [place for place in places if not isinstance(place, Box)]
    cells = tuple(dict.fromkeys(one for one in others if isinstance(one, Cell)))
    place = None
    if others:
        pointed = (
            [one for one in layout.places(answer) if not isinstance(one, Box)] if answer else []
        )
        place = _value(pointed) or _value(others)
    return Where(
        page=boxes[0].page if boxes else None,
        boxes=tuple(_shares(one, layout.pages) for one in _lines(boxes)[:_MOST_BOXES]),
        place=place,
        cells=cells[:_MOST_CELLS],
        headings=outline.path(span.start),
        original=original,
    )


def where_in_text(text: str, outline: Outline, span: Span) -> Where:
    """Return where a quote is in a document that was given as text: line and headings."""
    line = 1 + text.count("\n", 0, span.start)
    return Where(place=Line(line), headings=outline.path(span.start))


def _value(places: Sequence[Place]) -> Place | None:
    """Return the first place; of cells, the first of the lowest row, since headers are above."""
    cells = [one for one in places if isinstance(one, Cell)]
    if not cells or not isinstance(places[0], Cell):
        return places[0] if places else None
    return max(cells, key=lambda cell: cell.row)


def _lines(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, those next to each other on a line as one."""
    found: list[Box] = []
    for box in boxes:
        last = found[-1] if found else None
        if (
            last
            and (last.page, last.y0, last.y1) == (box.page, box.y0, box.y1)
            and -_TOUCHING <= box.x0 - last.x1 <= _TOUCHING
        ):
            x0, x1 = min(last.x0, box.x0), max(last.x1, box.x1)
            found[-1] = Box(box.page, x0, box.y0, x1, box.y1)
        else:
            found.append(box)
    return found


def _shares(box: Box, pages: Sequence[PageSize]) -> PageBox:
    size = pages[box.page - 1]

    def share(value: int, whole: int) -> float:
        return round(min(max(value / max(whole, 1), 0.0), 1.0), 5)

    return PageBox(
        page=box.page,
        x0=share(box.x0, size.width),
        y0=share(box.y0, size.height),
        x1=share(box.x1, size.width),
        y1=share(box.y1, size.height),
    )
