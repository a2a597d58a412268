"""The context of sentences in a document, and whether it retracts them. Pure.

Words that deny, and words that put in doubt, are known only for English (`qa.english.wording`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import regex

from citespan.index.types import Span
from citespan.qa.english.wording import wording_of

_ENDED = regex.compile(r"[.!?…｡．！？。؟।۔][\"'”’»」』）)\]*_]{0,5}$")
_ITEM = regex.compile(r"(?:[-–—*•‣▪+]|\(?(?:\d{1,3}|\p{L})[.)])\s")
_LINE_END = regex.compile(r"[\n\u2028\u2029]")
_PAIRED = ("“”", "«»", "「」", "『』")
_TWICE = ('"', "~~")
_MARK = regex.compile(r"[“”«»「」『』\"]|~~")


class Stretch(NamedTuple):
    """A stretch of a document: the whole text, and the spans of the stretch's sentences."""

    text: str
    sentences: Sequence[Span]

    def sentence(self, place: int) -> str:
        """Return the text of a sentence."""
        return self.sentences[place].of(self.text)

    def gap(self, place: int) -> str:
        """Return the white space between a sentence and the next."""
        return self.text[self.sentences[place].end : self.sentences[place + 1].start]


def stands_alone(stretch: Stretch, first: int, last: int) -> bool:
    """Return whether no words around some sentences belong to them, deny or doubt them.

    Those words are sought in text that leads into the sentences, or follows, without a full stop:
    the rest of a line or of a quotation, a heading, the introduction of a list.
    """
    lines = _lines(stretch)
    own = next(line for line in lines if first in line)
    end = next(line for line in lines if last in line)
    if first != own[0] and _continues(stretch, first - 1):
        return False
    if last != end[-1] and _continues(stretch, last):
        return False
    around = [
        *(stretch.sentence(place) for place in _introducing(stretch, lines, first)),
        *(stretch.sentence(place) for place in _continuing(stretch, last)),
        *_saying(stretch, own[: own.index(first)], first, last, end[end.index(last) + 1 :]),
    ]
    return not any(_takes_back(text) for text in around)


def _lines(stretch: Stretch) -> list[list[int]]:
    """Return the places of the sentences, line by line; a wrapped line continues in the next."""
    lines = [[0]]
    for place in range(1, len(stretch.sentences)):
        if _LINE_END.search(stretch.gap(place - 1)):
            lines.append([])
        lines[-1].append(place)
    return lines


def _continues(stretch: Stretch, place: int) -> bool:
    """Return whether a sentence continues in the next: no full stop, or a small letter follows."""
    ended = _ENDED.search(stretch.sentence(place))
    return not ended or stretch.sentence(place + 1)[0].islower()


def _introducing(stretch: Stretch, lines: Sequence[Sequence[int]], first: int) -> Iterator[int]:
    """Yield the places before a line or a list that introduce it: they lack a full stop."""
    number = next(number for number, line in enumerate(lines) if first in line)
    listed = _is_item(stretch, lines[number])
    if not listed and first != lines[number][0]:
        return
    for line in reversed(lines[:number]):
        item = _is_item(stretch, line)
        before = stretch.sentence(line[-1])
        if before.endswith(":") or not (item or _ENDED.search(before)):
            yield line[-1]
        if not (listed and item):
            return


def _continuing(stretch: Stretch, last: int) -> Iterator[int]:
    """Yield the place after a line that has no full stop, if that place is in the next line."""
    if last + 1 == len(stretch.sentences) or _ENDED.search(stretch.sentence(last)):
        return
    if stretch.gap(last).strip(" \t") == "\n" and not _ITEM.match(stretch.sentence(last + 1)):
        yield last + 1


def _is_item(stretch: Stretch, line: Sequence[int]) -> bool:
    return bool(_ITEM.match(stretch.sentence(line[0])))


def _saying(
    stretch: Stretch, before: Sequence[int], first: int, last: int, after: Sequence[int]
) -> Iterator[str]:
    """Yield the words outside of a quotation that begins before some sentences or ends after them.

    `before` and `after` are the places in the same lines.
    """
    start = stretch.sentences[before[0] if before else first].start
    here, end = stretch.sentences[first].start, stretch.sentences[last].end
    if not _is_closed(stretch.text[start:here]):
        yield _MARK.split(_first_open(stretch, reversed(before)))[0]
    if not _is_closed(stretch.text[start:end]):
        yield _MARK.split(_first_open(stretch, after))[-1]


def _first_open(stretch: Stretch, places: Iterable[int]) -> str:
    """Return the first sentence in which a quotation begins or ends; "" if there is none."""
    found = (stretch.sentence(place) for place in places)
    return next((sentence for sentence in found if not _is_closed(sentence)), "")


def _is_closed(text: str) -> bool:
    """Return whether each quotation and each deletion that begins in a text ends in it."""
    twice = all(text.count(mark) % 2 == 0 for mark in _TWICE)
    return twice and all(text.count(opens) == text.count(closes) for opens, closes in _PAIRED)


def _takes_back(sentence: str) -> bool:
    return any(word.negation or word.doubt for word in wording_of(sentence).words)
