"""Where a quote is in its file, in words."""

from citespan.index.layout import SEPARATOR, Box, Cell, Line, Node, Part, Place, Slide, Where


def place_words(where: Where) -> str:
    """Return the place and the headings on one line; empty if nothing is known of them."""
    path = SEPARATOR.join(where.headings)
    return "; ".join(part for part in (_place(where), path and f"under {path}") if part)


def _place(where: Where) -> str:
    if where.page:
        last = max(box.page for box in where.boxes)
        return f"page {where.page}" if last == where.page else f"pages {where.page}-{last}"
    return _words(where.place) if where.place else ""


def _words(place: Place) -> str:
    match place:
        case Cell():
            return f"{place.sheet}, row {place.row}, column {place.column}"
        case Slide():
            return f"slide {place.number}" + (", notes" if place.notes else "")
        case Part():
            return f"part {place.path}"
        case Node():
            return f"block {place.number}"
        case Line():
            return f"line {place.number}"
        case Box():
            return f"page {place.page}"
