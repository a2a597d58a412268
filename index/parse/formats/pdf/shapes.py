"""Filled shapes of a page that may cover its text: over it, or under it in its own colour."""

import ctypes
from collections.abc import Callable, Sequence
from typing import NamedTuple

from citespan.index.parse.formats.pdf.page import PdfPage
from citespan.index.parse.formats.pdf.pdfium import (
    inner_object,
    inner_objects,
    object_at,
    object_bounds,
    object_fill,
    object_kind,
    path_mode,
    raw,
)

_MOST_OBJECTS = 20_000  # of a page that are looked at
_MOST_PAIRS = 200_000  # of a shape and a text; if there are more, each shape may cover
_LETTER = 4.0  # points: a smaller shape covers no word
_LIGHT = 225  # of 255: dark letters are seen on a ground that is as light

_Sides = tuple[float, float, float, float]  # left, bottom, right and top, in points


class _Drawn(NamedTuple):
    """An object of a page: the addresses of filled shapes, and whether it has text."""

    address: int
    shapes: list[int]
    is_dark: bool = False
    has_text: bool = False


def covering_shapes(page: PdfPage) -> list[int]:
    """Return the addresses of the filled shapes of a page that may cover text."""
    count = min(raw.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    return _covering(count, lambda at: object_at(page.raw, at))[1]


def _covering(count: int, nth: Callable[[int], int]) -> tuple[list[_Drawn], list[int]]:
    """Return objects in the order in which they are drawn, and which of their shapes may cover."""
    drawn: list[_Drawn] = []
    covering: list[int] = []
    for at in range(count):
        one = nth(at)
        kind = object_kind(one)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            drawn.append(_Drawn(one, [], has_text=True))
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            drawn += _shape(one)
        elif kind == raw.FPDF_PAGEOBJ_FORM:
            inner, found = _inside(one)
            covering += found
            drawn.append(_together(one, inner))
    return drawn, covering + _over(drawn)


def _inside(form: int) -> tuple[list[_Drawn], list[int]]:
    """Return what a form draws; those inside of it are not looked into."""
    count = min(inner_objects(form), _MOST_OBJECTS)
    parts = [inner_object(form, at) for at in range(count)]
    flat = [part for part in parts if object_kind(part) != raw.FPDF_PAGEOBJ_FORM]
    return _covering(len(flat), flat.__getitem__)


def _together(form: int, inner: Sequence[_Drawn]) -> _Drawn:
    shapes = [shape for part in inner for shape in part.shapes]
    dark, text = any(part.is_dark for part in inner), any(part.has_text for part in inner)
    return _Drawn(form, shapes, dark, text)


def _shape(path: int) -> list[_Drawn]:
    """Return a path if it is filled and large enough."""
    left, bottom, right, top = _sides(path)
    if right - left < _LETTER or top - bottom < _LETTER:
        return []
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    if not path_mode(path, *_addresses((mode, stroked))) or not mode.value:
        return []
    colours = [ctypes.c_uint() for _ in range(4)]
    known = object_fill(path, *_addresses(colours))
    dark = not known or min(colour.value for colour in colours[:3]) < _LIGHT
    return [_Drawn(path, [path], dark)]


def _over(drawn: Sequence[_Drawn]) -> list[int]:
    """Return the shapes that meet a text drawn before them, or any text if they are dark."""
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
