"""Shapes of a page that may cover its text: over it, or under it in its own colour."""

import ctypes
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from citespan.index.parse.formats.pdf.page import PdfPage
from citespan.index.parse.formats.pdf.pdfium import (
    inner_object,
    inner_objects,
    object_at,
    object_bounds,
    object_fill,
    object_kind,
    object_stroke,
    path_mode,
    raw,
    stroke_width,
)

_MOST_OBJECTS = 20_000  # of a page that are looked at, those inside of forms as well
_MOST_PAIRS = 200_000  # of a shape and a text; if there are more, each shape may cover
_DEEPEST = 8  # forms inside of one another
_LETTER = 4.0  # points: a smaller shape covers no word

_Sides = tuple[float, float, float, float]  # left, bottom, right and top, in points


class _Drawn(NamedTuple):
    """An object of a page: the addresses of shapes, and whether it has text."""

    address: int
    shapes: list[int]
    is_dark: bool = False
    has_text: bool = False


def covering_shapes(page: PdfPage, light: int) -> list[int]:
    """Return the addresses of the shapes of a page that may cover text.

    light: of 255; all letters are seen on a ground whose colours are as light.
    """
    looking = _Looking(light)
    count = min(raw.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    looking.into((object_at(page.raw, at) for at in range(count)), 0)
    return looking.covering


class _Looking:
    """The search for shapes that meet a text drawn before them, or any text if they are dark."""

    def __init__(self, light: int) -> None:
        self.covering: list[int] = []
        self._light = light
        self._left = _MOST_OBJECTS

    def into(self, objects: Iterable[int], depth: int) -> list[_Drawn]:
        """Look at objects in the order in which they are drawn, and return what they are."""
        drawn: list[_Drawn] = []
        for one in objects:
            if self._left <= 0:
                break
            self._left -= 1
            kind = object_kind(one)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                drawn.append(_Drawn(one, [], has_text=True))
            elif kind == raw.FPDF_PAGEOBJ_PATH:
                drawn += _shape(one, self._light)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                parts = (inner_object(one, at) for at in range(inner_objects(one)))
                drawn.append(_together(one, self.into(parts, depth + 1)))
        self.covering += _over(drawn)
        return drawn


def _together(form: int, inner: Sequence[_Drawn]) -> _Drawn:
    shapes = [shape for part in inner for shape in part.shapes]
    dark, text = any(part.is_dark for part in inner), any(part.has_text for part in inner)
    return _Drawn(form, shapes if text or not shapes else [form], dark, text)


def _shape(path: int, light: int) -> list[_Drawn]:
    """Return a path if it is filled or stroked, and large enough."""
    left, bottom, right, top = _sides(path)
    if right - left < _LETTER or top - bottom < _LETTER:
        return []
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    if not path_mode(path, *_addresses((filled, stroked))):
        return []
    if not filled.value and not (stroked.value and _is_thick(path)):
        return []
    colours = [ctypes.c_uint() for _ in range(4)]
    colour = object_fill if filled.value else object_stroke
    known = colour(path, *_addresses(colours))
    dark = not known or min(colour.value for colour in colours[:3]) < light
    return [_Drawn(path, [path], dark)]


def _is_thick(path: int) -> bool:
    """Return whether the line of a path is as wide as a letter."""
    width = ctypes.c_float()
    return bool(stroke_width(path, *_addresses([width]))) and width.value >= _LETTER


def _over(drawn: Sequence[_Drawn]) -> list[int]:
    shapes = [(at, one) for at, one in enumerate(drawn) if one.shapes]
    if not shapes:
        return []
    texts = [(at, _sides(one.address)) for at, one in enumerate(drawn) if one.has_text]
    if len(shapes) * len(texts) > _MOST_PAIRS:
        return [shape for _, one in shapes for shape in one.shapes]
    found: list[int] = []
    for at, one in shapes:
        sides = _sides(one.address)
        if any((one.is_dark or place < at) and _meet(text, sides) for place, text in texts):
            found += one.shapes
    return found


def _meet(one: _Sides, other: _Sides) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _sides(one: int) -> _Sides:
    """Return the sides of an object; four zeros if it has none."""
    sides = [ctypes.c_float() for _ in range(4)]
    if not object_bounds(one, *_addresses(sides)):
        return 0.0, 0.0, 0.0, 0.0
    left, bottom, right, top = (side.value for side in sides)
    return left, bottom, right, top


def _addresses(cells: Sequence[ctypes.c_float | ctypes.c_int | ctypes.c_uint]) -> list[int]:
    return list(map(ctypes.addressof, cells))
