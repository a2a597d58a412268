"""Whether a generated sentence is one of a document's, and which. Pure.

A quote is a whole sentence of the document, or several in a row, character for character. Part of
a sentence is no quote: the rest may deny it, doubt it, or attribute it to a person. Only these may
differ, and answers always show the document's text:

- A run of white space of any kind, line breaks included, is one space. None appears or disappears.
- Invisible characters: soft hyphens, zero-width spaces, marks of direction.
- One full stop at the end.
- A bullet, `#` or `>` before a word. The number of a list, if only one of the two has a number.
- Quotation marks or emphasis that the model put around the whole sentence.

Any other difference makes the sentence a claim, which is checked as such. Examples are other
quotation marks, dashes or capitals, an ellipsis, and Markdown that one of the two lacks. So are a
composed character for its parts, digits of other scripts, full-width forms, and words that
introduce a quote.
"""

from collections.abc import Iterator, Mapping

import regex

from citespan.index.types import Span
from citespan.qa.claims.context import Stretch, stands_alone

LEAST_WORDS = 3  # fewer words are found by chance

_UNSEEN = regex.compile(
    r"[[\p{Cf}&&\p{Default_Ignorable_Code_Point}]--[\u200c\u200d\U000e0000-\U000e007f]]",
    regex.VERSION1,
)
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[^\W_]+"
)
_WORD_STARTS = r"(?=[\"“'‘«*_]{0,3}(?:\p{L}{2}|[AI] ))"  # "- 5" and "- x" may be negative
_BULLET = regex.compile(rf"(?:[-–—*•‣▪>]|#{{1,6}}) {_WORD_STARTS}")
_LIST_NUMBER = regex.compile(rf"\(?\d{{1,3}}[.)] {_WORD_STARTS}")
_STOPS = ".。｡．।۔"
_AROUND = frozenset(
    {"“”", "„“", "„”", "‘’", "«»", "»«", "「」", "『』", '""', "''", "**", "__", "``"}
)


def quoted_span(written: str, stretch: Stretch, within: Span) -> Span | None:
    """Return the first place of a passage that a sentence quotes; None if it quotes none.

    Args:
        written: the sentence as it was written, without the numbers of passages.
        stretch: the sentences of the passage, and those around it, which show whether other words
            belong to the quote, deny it or doubt it.
        within: the passage.
    """
    texts = {
        place: " ".join(_UNSEEN.sub("", span.of(stretch.text)).split())
        for place, span in enumerate(stretch.sentences)
        if within.start <= span.start and span.end <= within.end
    }
    readings = list(_readings(" ".join(_UNSEEN.sub("", written).split())))
    for first in texts:
        last = _last_quoted(readings, texts, stretch, first)
        if last is not None and stands_alone(stretch, first, last):
            span = Span(stretch.sentences[first].start, stretch.sentences[last].end)
            if len(_WORD.findall(span.of(stretch.text))) >= LEAST_WORDS:
                return span
    return None


def _readings(written: str) -> Iterator[str]:
    """Yield a sentence without bullet and stop, then without each pair of marks around it."""
    text, stopped = written, False
    while text:
        text = _without(_BULLET, text)
        if not stopped and text[-1] in _STOPS:
            text, stopped = text[:-1], True
        yield text
        inner = text[1:-1]
        if text[:1] + text[-1:] not in _AROUND or inner != inner.strip():
            return
        text = inner


def _last_quoted(
    readings: list[str], texts: Mapping[int, str], stretch: Stretch, first: int
) -> int | None:
    """Return the last of the sentences from `first` on that a reading quotes, or None."""
    start = _without(_BULLET, texts[first])
    for said in readings:
        for here, there in (
            (said, start),
            (_without(_LIST_NUMBER, said), start),
            (said, _without(_LIST_NUMBER, start)),
        ):
            last = _matched(here, there, texts, stretch, first)
            if last is not None:
                return last
    return None


def _without(pattern: regex.Pattern[str], text: str) -> str:
    """Return the text without the match of the pattern at its start."""
    found = pattern.match(text)
    return text[found.end() :] if found else text


def _matched(
    said: str, start: str, texts: Mapping[int, str], stretch: Stretch, place: int
) -> int | None:
    """Return the place of the sentence that ends `said`, or None; `start` begins it at `place`."""
    at, sentence = 0, start
    while said[at:] != (sentence[:-1] if sentence[-1:] in _STOPS else sentence):
        if place + 1 not in texts or not said.startswith(sentence, at):
            return None
        at += len(sentence)
        if stretch.gap(place):
            if not said.startswith(" ", at):
                return None
            at += 1
        place += 1
        sentence = texts[place]
    return place
