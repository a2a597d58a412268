"""The kinds of places as numbers, for columns."""

from citespan.index.parse.places import Box, Cell, Line, Node, Part, Place, Slide

NUMBERS = 5  # the most that a place has
BOX, CELL, SLIDE, PART, NODE, LINE = range(6)
EDGED = 6  # a box with the edges of each character
_KINDS: dict[type[Place], int] = {
    Box: BOX, Cell: CELL, Slide: SLIDE, Part: PART, Node: NODE, Line: LINE
}  # fmt: skip


def kind_of(place: Place) -> int:
    """Return the number of a place's kind."""
    return _KINDS[type(place)]


def values_of(place: Place) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the numbers and the strings of a place."""
    match place:
        case Box():
            return (place.page, place.x0, place.y0, place.x1, place.y1), ()
        case Cell():
            return (place.row, place.column), (place.sheet,)
        case Slide():
            return (place.number, int(place.notes)), ()
        case Part():
            return (), (place.path, place.fragment)
        case Node():
            return (place.number,), (place.fragment,)
        case Line():
            return (place.number,), ()


def place_of(kind: int, numbers: tuple[int, ...], words: tuple[str, str]) -> Place:
    """Return the place with these numbers and strings.

    Raises:
        ValueError: there is no such kind.
    """
    match kind:
        case 0 | 6:
            return Box(*numbers)
        case 1:
            return Cell(words[0], numbers[0], numbers[1])
        case 2:
            return Slide(numbers[0], bool(numbers[1]))
        case 3:
            return Part(*words)
        case 4:
            return Node(numbers[0], words[0])
        case 5:
            return Line(numbers[0])
        case _:
            raise ValueError(f"there is no place of kind {kind}")
