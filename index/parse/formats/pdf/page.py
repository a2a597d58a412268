"""A page: its shown size, and its characters with their boxes in tenths of a point."""

import ctypes
import re
import struct
from typing import Any, TypeAlias

import msgspec

from citespan.index.parse.formats.pdf.pdfium import loose_box, raw, tight_box, unicode_of
from citespan.index.parse.parsed import PageSize

BASE = 100_000  # keeps numbers positive while `int` cuts them off
Way: TypeAlias = tuple[int, float, int]

_WORD = re.compile(r"[^\s\x02\ufffe]+")
_HYPHEN = re.compile(r"[\x02\ufffe]")  # as PDFium reports those at line ends
_FARTHEST = 3_000  # points; a page that is larger, or a box beyond, is cut off there
_FLAT = 0.5  # points
_MAX_CHARACTERS = 2_000_000  # of one page


class PageFailed(Exception):
    """A page that PDFium cannot load."""


class Glyphs(msgspec.Struct):
    """The characters of a page in PDFium's order.

    `text` has one code point a character; NUL stands for what has no meaning. `words` are ranges of
    it. `sides` are the left, top, right and bottom of each character on PDFium's page, flat: only
    of the first and the last of each word, and of hyphens at line ends, since a call of PDFium
    takes as long as ten lines of Python. `way` says how they become the left, top, right and bottom
    on the shown page in tenths of a point: (which side, add, multiply by).
    """

    handle: int
    text: str
    words: list[tuple[int, int]]
    sides: list[float]
    way: tuple[Way, Way, Way, Way]

    def side(self, index: int, which: int) -> int:
        """Return a side of a character: 0 left, 1 top, 2 right, 3 bottom."""
        side, add, by = self.way[which]
        return int(self.sides[4 * index + side] * by + add) - BASE


class PdfPage:
    """A loaded page; `number` is 1-based. It must be closed."""

    def __init__(self, document: Any, number: int) -> None:
        self.number = number
        self.raw = raw.FPDF_LoadPage(document, number - 1)
        if not self.raw:
            raise PageFailed
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(self.raw, box)
        self.left: float = min(box.left, box.right)
        self.right: float = max(box.left, box.right)
        self.bottom: float = min(box.bottom, box.top)
        self.top: float = max(box.bottom, box.top)
        self.rotation: int = raw.FPDFPage_GetRotation(self.raw) & 3
        width, height = self.right - self.left, self.top - self.bottom
        if self.rotation & 1:
            width, height = height, width
        self.size = PageSize(_tenths(width), _tenths(height))
        self._text: Any = None

    def close(self) -> None:
        """Free what PDFium holds of the page."""
        if self._text:
            raw.FPDFText_ClosePage(self._text)
        raw.FPDF_ClosePage(self.raw)

    def glyphs(self) -> Glyphs:
        """Return the characters of the page.

        Raises:
            PageFailed: PDFium cannot read its text.
        """
        self._text = raw.FPDFText_LoadPage(self.raw)
        if not self._text:
            raise PageFailed
        handle = ctypes.cast(self._text, ctypes.c_void_p).value or 0
        count = max(0, min(raw.FPDFText_CountChars(self._text), _MAX_CHARACTERS))
        text = _text_of(self._text, handle, count)
        words = [match.span() for match in _WORD.finditer(text)]
        wanted = [at for start, end in words for at in (start, end - 1)]
        wanted += [match.start() for match in _HYPHEN.finditer(text)]
        array = (ctypes.c_float * (4 * count))()
        at = ctypes.addressof(array)
        for index in wanted:
            loose_box(handle, index, at + 16 * index)
        sides = _sane(list(struct.unpack(f"{4 * count}f", array)))
        _repair(handle, wanted, sides)
        return Glyphs(handle, text, words, sides, self.way())

    def way(self) -> tuple[Way, Way, Way, Way]:
        """Return how sides on PDFium's page become sides on the shown page."""
        left: Way = (0, -self.left, 1)
        right: Way = (2, self.right, -1)
        ways: tuple[tuple[Way, Way, Way, Way], ...] = (
            (left, (1, self.top, -1), (2, -self.left, 1), (3, self.top, -1)),
            ((3, -self.bottom, 1), left, (1, -self.bottom, 1), (2, -self.left, 1)),
            (right, (3, -self.bottom, 1), (0, self.right, -1), (1, -self.bottom, 1)),
            ((1, self.top, -1), right, (3, self.top, -1), (0, self.right, -1)),
        )
        one, two, three, four = map(_in_tenths, ways[self.rotation])
        return one, two, three, four


def _repair(handle: int, wanted: list[int], sides: list[float]) -> None:
    """Replace boxes without a height, as some fonts give, by those of the drawn letters."""
    box = (ctypes.c_double * 4)()
    at = ctypes.addressof(box)
    for index in wanted:
        if -_FLAT < sides[4 * index + 1] - sides[4 * index + 3] < _FLAT and tight_box(
            handle, index, at, at + 8, at + 16, at + 24
        ):
            left, right, bottom, top = box
            sides[4 * index : 4 * index + 4] = _sane([left, top, right, bottom])


def _in_tenths(way: Way) -> Way:
    side, shift, sign = way
    return side, 10 * shift + BASE + 0.5, 10 * sign


def _sane(sides: list[float]) -> list[float]:
    """Return numbers that are neither infinite, nor none, nor far from any page."""
    if sides and not (min(sides) > -_FARTHEST and max(sides) < _FARTHEST):
        return [min(max(side, -_FARTHEST), _FARTHEST) if side == side else 0.0 for side in sides]
    return sides


def _text_of(text_page: Any, handle: int, count: int) -> str:
    """Return one code point for each of PDFium's characters."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text_page, 0, count, buffer)
    if written == count + 1:
        text = bytes(buffer)[:-2].decode("utf-16-le", "surrogatepass")
        if len(text) == count:
            return text
    return _joined([unicode_of(handle, index) for index in range(count)])


def _joined(codes: list[int]) -> str:
    """Return characters of codes; a pair of surrogates becomes a character and a NUL."""
    for at, code in enumerate(codes):
        if code > 0x10FFFF:
            codes[at] = 0xFFFD
        elif 0xD800 <= code < 0xDC00 and at + 1 < len(codes) and 0xDC00 <= codes[at + 1] < 0xE000:
            codes[at] = 0x10000 + ((code - 0xD800) << 10) + codes[at + 1] - 0xDC00
            codes[at + 1] = 0
    return "".join(map(chr, codes))


def _tenths(points: float) -> int:
    return min(max(0, round(points * 10)), 10 * _FARTHEST) if points == points else 0
