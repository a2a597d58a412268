"""Characters to lines: words with the edges of each character, as they may be stored."""

import re
from array import array
from typing import TypeAlias

from citespan.index.parse.formats.layout import PageLine
from citespan.index.parse.formats.pdf.page import BASE, Glyphs
from citespan.index.parse.parsed import cleaned

_HYPHENS = frozenset("\x02\ufffe")  # as PDFium reports those at line ends
_HYPHEN, _LINE_END = re.compile(r"[\x02\ufffe]"), re.compile(r"[\r\n]")
_SPECIAL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\ufb00-\ufb06\ue000-\uf8ff\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LIGATURES = dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
_BULLETS = frozenset("\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf06e\uf0a8\uf071\uf02d\uf0e0\uf0b2")


_LONGEST_CELL = 60  # characters of a line, after which the next one may be of another column

Word: TypeAlias = tuple[int, int, int, int, int, int]  # start, end, x0, y0, x1, y1


def lines_of(glyphs: Glyphs, hidden: set[int] | frozenset[int] = frozenset()) -> list[PageLine]:
    """Return the lines of a page in PDFium's order, without words that start at `hidden`."""
    text, lines, words, done = glyphs.text, _Lines(glyphs), list[Word](), 0
    for start, end in glyphs.words:
        if start in hidden:
            continue
        between = text[done:start]
        word = lines.word(start, end)
        if not words or between == " ":
            ended = bool(words) and _is_elsewhere(words[-1], word)
        elif cut := _HYPHEN.search(between):
            words.append(_hyphen(glyphs, done + cut.start(), words[-1]))
            ended = True
        elif _LINE_END.search(between):
            ended = _is_new(words, word)
        else:
            ended = _is_elsewhere(words[-1], word)
        if ended:
            lines.end(words)
            words = []
        words.append(word)
        done = end
    if words and (cut := _HYPHEN.match(text, done)):
        words.append(_hyphen(glyphs, cut.start(), words[-1]))
    lines.end(words)
    return lines.made


def _hyphen(glyphs: Glyphs, at: int, before: Word) -> Word:
    """Return a hyphen at the end of a line; some have no box, and stand at the end of the word."""
    x0, y0, x1, y1 = (glyphs.side(at, which) for which in range(4))
    if x1 <= x0 or y1 <= before[3] or y0 >= before[5]:
        x0 = x1 = before[4]
        y0, y1 = before[3], before[5]
    return at, at + 1, x0, y0, x1, y1


def _is_elsewhere(last: Word, word: Word) -> bool:
    """Return whether a word is not on the line of the word before it."""
    _, _, left, top, right, bottom = last
    _, _, x0, y0, x1, y1 = word
    if x0 >= left and y0 == top and y1 == bottom:  # nearly all of them
        return False
    if min(bottom, y1) - max(top, y0) < 0.3 * min(bottom - top, y1 - y0):
        return not _upright(last) or abs(left - x0) > right - left
    if x0 <= left and x1 > left and right - x0 > 3 * (bottom - top):  # a mark below a long word
        return True
    return x1 < left and not _upright(word) and left - x1 > 3 * (bottom - top)


def _is_new(words: list[Word], word: Word) -> bool:
    """Return whether a word after a line end does begin a line.

    It may follow a superscript, or be the next cell of a row.
    """
    last = words[-1]
    height = min(last[5] - last[3], word[5] - word[3])
    overlap = min(last[5], word[5]) - max(last[3], word[3])
    gap = word[2] - last[4]
    if overlap < 0.5 * height or gap < -0.2 * height or _upright(last):
        return True
    return gap > height and (overlap < 0.8 * height or last[1] - words[0][0] > _LONGEST_CELL)


def _upright(word: Word) -> bool:
    start, end, x0, y0, x1, y1 = word
    return end - start > 2 and y1 - y0 > 2 * (x1 - x0)


class _Lines:
    """The lines of a page that are being made."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.made: list[PageLine] = []
        self._glyphs = glyphs
        self._special = bool(_SPECIAL.search(glyphs.text))
        (self._left, self._shift, self._times), (self._top, self._add, self._by), *rest = glyphs.way
        (self._right, self._more, _), (self._bottom, self._low, _) = rest

    def word(self, start: int, end: int) -> Word:
        """Return the characters of a word with the box around them."""
        sides, first, last = self._glyphs.sides, 4 * start, 4 * end - 4
        x0 = int(sides[first + self._left] * self._times + self._shift) - BASE
        x1 = int(sides[last + self._right] * self._times + self._more) - BASE
        high, low = sides[first + self._top], sides[first + self._bottom]
        level = -1 < high - sides[last + self._top] < 1 > low - sides[last + self._bottom] > -1
        if level and x1 > x0:
            y0, y1 = int(high * self._by + self._add), int(low * self._by + self._low)
            return start, end, x0, y0 - BASE, x1, y1 - BASE
        both = (start, end - 1)
        boxes = [[self._glyphs.side(at, which) for at in both] for which in range(4)]
        return start, end, min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3])

    def end(self, words: list[Word]) -> None:
        """Add a line of words."""
        if not words:
            return
        texts: list[str] = []
        edges: list[int] = []
        gaps: list[int] = []
        length, last = 0, 0
        for start, end, x0, y0, x1, y1 in words:
            text, sides = self._stored(start, end, x0, x1)
            if not text:
                continue
            gap, height = x0 - last, y1 - y0
            if length and not self._touches(start, gap, height):
                if gap > 1.1 * height:
                    gaps.append(length)
                texts.append(" ")
                edges += (last, last)
                length += 1
            texts.append(text)
            edges += sides
            length += len(text)
            last = x1
        if length:
            hyphen = self._glyphs.text[words[-1][0]] in _HYPHENS
            self.made.append(_line(words, "".join(texts), edges, gaps, hyphen=hyphen))

    def _touches(self, start: int, gap: int, height: int) -> bool:
        """Return whether there is no space before a word: a hyphen, or after a superscript."""
        text = self._glyphs.text
        return text[start] in _HYPHENS or (text[start - 1] in "\r\n" and gap <= 0.08 * height)

    def _stored(self, start: int, end: int, x0: int, x1: int) -> tuple[str, list[int]]:
        """Return a word as it is stored, with both edges of each character in turn.

        The edges inside of a word are evenly spread, up to the last character.
        """
        text, count = self._glyphs.text[start:end], end - start
        side, shift, by = self._left, self._shift, self._times
        last = int(self._glyphs.sides[4 * end - 4 + side] * by + shift) - BASE
        if x0 < last < x1:
            step = (last - x0) / (count - 1)
            lefts = [int(x0 + step * at) for at in range(count)]
        else:
            lefts = [x0 + (x1 - x0) * at // count for at in range(count)]
        if self._special and _SPECIAL.search(text):
            return _cleaned(text, lefts, x1)
        sides = [0] * (2 * count)
        sides[0::2] = lefts
        sides[1::2] = [*lefts[1:], x1]
        return text, sides


def _line(
    words: list[Word], text: str, edges: list[int], gaps: list[int], *, hyphen: bool
) -> PageLine:
    _, ends, x0, y0, x1, y1 = zip(*words, strict=True)
    longest = max(words, key=_letters)
    line = PageLine(text, array("h", edges), min(x0), min(y0), max(x1), max(y1))
    line.at, line.last = (longest[0] + longest[1]) // 2, ends[-1 - (hyphen and len(words) > 1)] - 1
    line.upright = sum(map(_upright, words)) * 2 > len(words)
    line.hyphen = hyphen
    line.gaps = [] if line.upright else gaps
    return line


def _letters(word: Word) -> int:
    return word[1] - word[0]


def _cleaned(text: str, lefts: list[int], right: int) -> tuple[str, list[int]]:
    """Return a word as it is stored, with its edges."""
    pieces: list[str] = []
    edges: list[int] = []
    ends = [*lefts[1:], right]
    for character, left, end in zip(text, lefts, ends, strict=True):
        piece = _stored(character)
        for part in range(len(piece)):
            edges.append(left + (end - left) * part // len(piece))
            edges.append(left + (end - left) * (part + 1) // len(piece))
        pieces.append(piece)
    return "".join(pieces), edges


def _stored(character: str) -> str:
    """Return what is stored for a character that is not stored as it is."""
    if character in "\x02\ufffe":
        return "-"
    if character in _BULLETS:
        return "•"
    if character in _LIGATURES:
        return _LIGATURES[character]
    if "\x7f" <= character <= "\x9f":
        return ""
    return cleaned(character).strip("\n")
