"""Text that nobody sees: invisible, as white as its ground, outside of the page, or tiny."""

import ctypes

import msgspec

from citespan.index.parse.formats.pdf.page import BASE, Glyphs, PdfPage
from citespan.index.parse.formats.pdf.pdfium import fill_colour, render_mode, text_object
from citespan.index.parse.formats.pdf.pictures import Bitmap, drawn, is_image

_INVISIBLE = 3  # the mode of text that is neither filled nor stroked, as under a scan
_TINY = 10  # tenths of a point
_LIGHT = 225  # of 255: text that is as light is looked at in a picture of the page
_FAINT = 40  # of 255: opacity
_CONTRAST = 24  # of 255: what differs less is not seen
_SCALE = 10  # tenths of a point a pixel: 72 dpi


class HiddenWords(msgspec.Struct):
    """The words of a page that are hidden, by their start, and how many characters they have."""

    hidden: set[int] = msgspec.field(default_factory=set[int])
    characters: int = 0

    def hide(self, word: tuple[int, int]) -> None:
        """Count a word as hidden."""
        self.hidden.add(word[0])
        self.characters += word[1] - word[0]


def hidden_words(page: PdfPage, glyphs: Glyphs) -> HiddenWords:
    """Return which words of a page a person cannot see."""
    seen = HiddenWords()
    looks = _Looks(glyphs.handle)
    invisible: list[tuple[int, int]] = []
    light: list[tuple[int, int]] = []
    width, height = page.size.width + BASE, page.size.height + BASE
    (left, shift, by), (top, add, times), (right, more, _), (bottom, low, _) = glyphs.way
    sides = glyphs.sides
    for word in glyphs.words:
        first, last = 4 * word[0], 4 * word[1] - 4
        look = looks.of(word[0])
        if look == _SEEN:
            y0, y1 = sides[first + top] * times + add, sides[first + bottom] * times + low
            inside = (
                sides[last + right] * by + more > BASE and sides[first + left] * by + shift < width
            )
            if not inside or y1 <= BASE or y0 >= height or -_TINY < y1 - y0 < _TINY:
                seen.hide(word)
        else:
            (invisible if look == _UNDER else light).append(word)
    if invisible and not (2 * len(invisible) > len(glyphs.words) and is_image(page)):
        list(map(seen.hide, invisible))
    if light:
        picture = drawn(page, page.size.width // _SCALE, page.size.height // _SCALE, colour=False)
        for word in light:
            if _is_flat(picture, glyphs, word):
                seen.hide(word)
    return seen


_SEEN, _UNDER, _MAYBE = range(3)


class _Looks:
    """How text objects are drawn; each is asked once."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._known: dict[int, int] = {}
        self._colours = (ctypes.c_uint * 4)()
        at = ctypes.addressof(self._colours)
        self._places = (at, at + 4, at + 8, at + 12)

    def of(self, index: int) -> int:
        """Return whether a character is seen, invisible, or must be looked at."""
        one = text_object(self._handle, index)
        look = self._known.get(one)
        if look is None:
            look = self._known[one] = self._look(one, index)
        return look

    def _look(self, one: int | None, index: int) -> int:
        if one and render_mode(one) == _INVISIBLE:
            return _UNDER
        if fill_colour(self._handle, index, *self._places):
            red, green, blue, opacity = self._colours
            if min(red, green, blue) >= _LIGHT or opacity < _FAINT:
                return _MAYBE
        return _SEEN


def _is_flat(picture: Bitmap, glyphs: Glyphs, word: tuple[int, int]) -> bool:
    """Return whether a picture shows nothing where a word is."""
    first, last = word[0], word[1] - 1
    xs = [glyphs.side(at, side) // _SCALE for at in (first, last) for side in (0, 2)]
    ys = [glyphs.side(at, side) // _SCALE for at in (first, last) for side in (1, 3)]
    x0, x1 = max(0, min(xs)), min(picture.width, max(xs) + 1)
    rows = range(max(0, min(ys)), min(picture.height, max(ys) + 1))
    parts = [picture.data[row * picture.stride + x0 : row * picture.stride + x1] for row in rows]
    pixels = b"".join(parts)
    return not pixels or max(pixels) - min(pixels) < _CONTRAST
