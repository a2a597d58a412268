"""Pictures of a page: what it shows, and whether an image fills it."""

import ctypes
from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from citespan.index.parse.formats.pdf.page import PdfPage
from citespan.index.parse.formats.pdf.pdfium import raw, set_active, set_fill, set_stroke

_MOST_OBJECTS = 500  # of a page that are looked at
_HALF = 0.5  # of the page
_MAX_PIXELS = 25_000_000
_WHITE = 0xFFFFFFFF
_OPAQUE = 255


class Bitmap(NamedTuple):
    """A page as a viewer shows it: `data` has rows of `stride` bytes, `depth` bytes a pixel."""

    data: bytes
    width: int
    height: int
    stride: int
    depth: int


def drawn(page: PdfPage, width: int, height: int, *, colour: bool) -> Bitmap:
    """Return a picture of a page in RGB or in grey, made smaller if it had too many pixels.

    Raises:
        MemoryError: PDFium cannot make a bitmap of that size.
    """
    if width * height > _MAX_PIXELS:
        shrink = (_MAX_PIXELS / (width * height)) ** 0.5
        width, height = int(width * shrink), int(height * shrink)
    width, height = max(1, width), max(1, height)
    kind, depth = (raw.FPDFBitmap_BGR, 3) if colour else (raw.FPDFBitmap_Gray, 1)
    bitmap = raw.FPDFBitmap_CreateEx(width, height, kind, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
        flags = raw.FPDF_ANNOT | (raw.FPDF_REVERSE_BYTE_ORDER if colour else raw.FPDF_GRAYSCALE)
        raw.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, width, height, 0, flags)
        stride: int = raw.FPDFBitmap_GetStride(bitmap)
        data = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
    return Bitmap(data, width, height, stride, depth)


@contextmanager
def absent(objects: Collection[int]) -> Generator[None]:
    """Leave objects of a page out of pictures that are drawn meanwhile."""
    for one in objects:
        set_active(one, 0)
    try:
        yield
    finally:
        for one in objects:
            set_active(one, 1)


def blacken(objects: Collection[int]) -> None:
    """Draw objects of a page in black from now on."""
    for one in objects:
        set_fill(one, 0, 0, 0, _OPAQUE)
        set_stroke(one, 0, 0, 0, _OPAQUE)


def is_image(page: PdfPage) -> bool:
    """Return whether an image covers at least half of a page."""
    area = (page.right - page.left) * (page.top - page.bottom)
    count = min(raw.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    objects = (raw.FPDFPage_GetObject(page.raw, at) for at in range(count))
    covered = sum(_area(one, page) for one in objects if _holds_image(one))
    return covered >= _HALF * area > 0


def _holds_image(one: Any) -> bool:
    kind = raw.FPDFPageObj_GetType(one)
    if kind != raw.FPDF_PAGEOBJ_FORM:
        return kind == raw.FPDF_PAGEOBJ_IMAGE
    count = min(raw.FPDFFormObj_CountObjects(one), _MOST_OBJECTS)
    inner = (raw.FPDFFormObj_GetObject(one, at) for at in range(count))
    return any(raw.FPDFPageObj_GetType(part) == raw.FPDF_PAGEOBJ_IMAGE for part in inner)


def _area(one: Any, page: PdfPage) -> float:
    """Return how much of the page an object covers, in square points."""
    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(one, *sides):
        return 0.0
    left, bottom, right, top = (side.value for side in sides)
    width = min(right, page.right) - max(left, page.left)
    height = min(top, page.top) - max(bottom, page.bottom)
    return max(0.0, width) * max(0.0, height)
