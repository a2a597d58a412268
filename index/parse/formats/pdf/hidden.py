"""Text that nobody sees: invisible, covered, in its ground's colour, off the page, or tiny."""

import ctypes
from collections.abc import Collection, Iterable, Sequence

import msgspec

from citespan.index.parse.formats.pdf.page import BASE, Glyphs, PdfPage
from citespan.index.parse.formats.pdf.pdfium import (
    fill_colour,
    render_mode,
    stroke_colour,
    text_object,
)
from citespan.index.parse.formats.pdf.pictures import Bitmap, absent, blacken, drawn, is_image
from citespan.index.parse.formats.pdf.shapes import covering_shapes

_INVISIBLE = 3  # the mode of text that is neither filled nor stroked, as under a scan
_OUTLINE = 7  # the mode of text that only cuts out what is drawn after it
_STROKED = {1, 5}  # the modes of text that is stroked and not filled
_TINY = 12  # tenths of a point: the height of letters of one point, with room above and below
_NARROW = 10  # tenths of a point: the width of a word of some letters
_LETTERS = 2  # a single mark may be as narrow
_LIGHT = 225  # of 255: text that is as light is looked at in a picture of the page
_FAINT = 40  # of 255: opacity
_CONTRAST = 24  # of 255: what differs less is not seen
_CHANGE = 8  # of 255: a pixel that differs more belongs to a letter
# Of the pixels of a line's letters. White over black text changed at most .57 of them, and white
# on a ground of .85 (hardly readable) at least .72.
_READABLE = 0.64
_TALLEST = 300  # rows of pixels of a word that are looked at
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
    frame = _Frame(page, glyphs)
    invisible: list[tuple[int, int]] = []
    light: list[tuple[int, int]] = []
    for word in glyphs.words:
        look = looks.of(word[0])
        if look == _UNDER:
            invisible.append(word)
        elif not frame.shows(word):
            seen.hide(word)
        elif look == _MAYBE:
            light.append(word)
    if invisible and not (2 * len(invisible) > len(glyphs.words) and is_image(page)):
        list(map(seen.hide, invisible))
    # Before the next lines change how letters are drawn.
    _hide_covered(page, glyphs, seen, looks.lightest + _CONTRAST)
    if light := [word for word in light if word[0] not in seen.hidden]:
        _hide_unseen(page, glyphs, light, seen)
    return seen


class _Frame:
    """The shown page, and the boxes of words on it."""

    def __init__(self, page: PdfPage, glyphs: Glyphs) -> None:
        self._sides, self._way = glyphs.sides, glyphs.way
        self._width, self._height = page.size.width + BASE, page.size.height + BASE

    def shows(self, word: tuple[int, int]) -> bool:
        """Return whether a word is inside of the page, and large enough to be read."""
        sides = self._sides
        first, last = 4 * word[0], 4 * word[1] - 4
        (left, shift, by), (top, add, times), (right, more, _), (bottom, low, _) = self._way
        x0, x1 = sides[first + left] * by + shift, sides[last + right] * by + more
        y0, y1 = sides[first + top] * times + add, sides[last + bottom] * times + low
        if x1 - x0 < _NARROW or y1 - y0 < _TINY:  # or turned, or from right to left
            x0 = min(x0, sides[last + left] * by + shift)
            x1 = max(x1, sides[first + right] * by + more)
            y0 = min(y0, sides[last + top] * times + add)
            y1 = max(y1, sides[first + bottom] * times + low)
            narrow = word[1] - word[0] >= _LETTERS and x1 - x0 < _NARROW
            if narrow or y1 - y0 < _TINY:
                return False
        return x1 > BASE and x0 < self._width and y1 > BASE and y0 < self._height


_SEEN, _UNDER, _MAYBE = range(3)


class _Looks:
    """How text objects are drawn; each is asked once."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.lightest = 0  # of 255, of the letters that are seen by their colour
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
        mode = render_mode(one) if one else 0
        if mode == _INVISIBLE:
            return _UNDER
        if mode == _OUTLINE:
            return _MAYBE
        colour = stroke_colour if mode in _STROKED else fill_colour
        if colour(self._handle, index, *self._places):
            red, green, blue, opacity = self._colours
            if min(red, green, blue) >= _LIGHT or opacity < _FAINT:
                return _MAYBE
            self.lightest = max(self.lightest, min(red, green, blue))
        return _SEEN


def _hide_unseen(
    page: PdfPage, glyphs: Glyphs, light: list[tuple[int, int]], seen: HiddenWords
) -> None:
    """Hide words where the page shows nothing, or only the letters of other words."""
    width, height = page.size.width // _SCALE, page.size.height // _SCALE
    shown = drawn(page, width, height, colour=False)
    dark = _rows(glyphs, set(glyphs.words).difference(light))
    over: list[tuple[int, int]] = []
    for word in light:
        pixels = b"".join(_pixels(shown, _box(glyphs, word)))
        if not pixels or max(pixels) - min(pixels) < _CONTRAST:
            seen.hide(word)
        elif _meets(dark, _box(glyphs, word)):
            over.append(word)
    if not over:
        return
    objects = {one for word in over if (one := text_object(glyphs.handle, word[0]))}
    with absent(objects):
        without = drawn(page, width, height, colour=False)
    blacken(objects)
    black = drawn(page, width, height, colour=False)
    lines: dict[int, list[tuple[int, int]]] = {}
    for word in over:
        lines.setdefault(_box(glyphs, word)[3], []).append(word)
    for words in lines.values():
        changed = sum(_changes(shown, without, _box(glyphs, word)) for word in words)
        letters = sum(_changes(shown, black, _box(glyphs, word)) for word in words)
        if not changed or changed < _READABLE * letters:
            list(map(seen.hide, words))


def _hide_covered(page: PdfPage, glyphs: Glyphs, seen: HiddenWords, light: int) -> None:
    """Hide words whose letters show only if the shapes that may cover them are left out."""
    shapes = covering_shapes(page, light)
    if not shapes:
        return
    words = [one for one in glyphs.words if one[0] not in seen.hidden]
    letters = {one for word in words if (one := text_object(glyphs.handle, word[0]))}
    covered = [word for word, shown in _shown(page, glyphs, words, letters).items() if not shown]
    if not covered:
        return
    with absent(shapes):
        bare = _shown(page, glyphs, covered, letters)
    for word in covered:
        if bare[word]:
            seen.hide(word)


def _shown(
    page: PdfPage, glyphs: Glyphs, words: Sequence[tuple[int, int]], letters: Collection[int]
) -> dict[tuple[int, int], bool]:
    """Return whether each word changes the picture of a page."""
    width, height = page.size.width // _SCALE, page.size.height // _SCALE
    with_letters = drawn(page, width, height, colour=False)
    with absent(letters):
        without = drawn(page, width, height, colour=False)
    return {
        word: _pixels(with_letters, box) != _pixels(without, box)
        for word in words
        for box in [_box(glyphs, word)]
    }


_Box = tuple[int, int, int, int]  # pixels: left, top, and the ends of right and bottom


def _box(glyphs: Glyphs, word: tuple[int, int]) -> _Box:
    ends = (word[0], word[1] - 1)
    xs = [glyphs.side(at, side) // _SCALE for at in ends for side in (0, 2)]
    ys = [glyphs.side(at, side) // _SCALE for at in ends for side in (1, 3)]
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


def _rows(glyphs: Glyphs, words: Iterable[tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
    """Return the ranges of pixels that words take, by rows of pixels."""
    rows: dict[int, list[tuple[int, int]]] = {}
    for word in words:
        x0, y0, x1, y1 = _box(glyphs, word)
        for row in range(y0, min(y1, y0 + _TALLEST)):
            rows.setdefault(row, []).append((x0, x1))
    return rows


def _meets(rows: dict[int, list[tuple[int, int]]], box: _Box) -> bool:
    """Return whether a box has pixels in common with words."""
    x0, y0, x1, y1 = box
    return any(
        start < x1 and x0 < end
        for row in range(y0, min(y1, y0 + _TALLEST))
        for start, end in rows.get(row, ())
    )


def _pixels(picture: Bitmap, box: _Box) -> list[bytes]:
    """Return the rows of a picture inside of a box."""
    x0, x1 = max(0, box[0]), min(picture.width, box[2])
    rows = range(max(0, box[1]), min(picture.height, box[3]))
    starts = (row * picture.stride for row in rows)
    depth = picture.depth
    return [picture.data[start + x0 * depth : start + x1 * depth] for start in starts]


def _changes(one: Bitmap, other: Bitmap, box: _Box) -> int:
    """Return how many pixels of a box differ between two pictures."""
    return sum(
        abs(a - b) >= _CHANGE
        for left, right in zip(_pixels(one, box), _pixels(other, box), strict=True)
        for a, b in zip(left, right, strict=True)
    )
