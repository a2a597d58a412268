"""Where a text stands word for word in another. Pure."""

import regex

from index.types import Span

LEAST_WORDS = 3  # fewer are found by chance
_ASIDE = regex.compile(r"[\s\p{Cf}\"'`“”„‟‘’‚‛«»‹›「」『』*_]+")
_LAST_STOP = regex.compile(r"[.!?…。！？,;:]+$")


def quoted_place(text: str, quote: str) -> Span | None:
    """The first place of a text that is a quote; white space, quotation marks aside.

    None where there is none, or the quote has less than three words. A stop at its end may be
    missing in the text. The place begins and ends between words.
    """
    if len(quote.split()) < LEAST_WORDS:
        return None
    wanted, folded = _ASIDE.sub("", quote), _ASIDE.sub("", text)
    for sought in dict.fromkeys((wanted, _LAST_STOP.sub("", wanted))):
        at = folded.find(sought) if sought else -1
        places = _places(text) if at >= 0 else []
        while at >= 0:
            span = Span(places[at], places[at + len(sought) - 1] + 1)
            if _whole_words(text, span):
                return span
            at = folded.find(sought, at + 1)
    return None


def _places(text: str) -> list[int]:
    """Where the characters that count are."""
    places: list[int] = []
    at = 0
    for match in _ASIDE.finditer(text):
        places += range(at, match.start())
        at = match.end()
    return [*places, *range(at, len(text))]


def _whole_words(text: str, span: Span) -> bool:
    before, first = text[span.start - 1 : span.start], text[span.start]
    last, after = text[span.end - 1], text[span.end : span.end + 1]
    return not (before.isalnum() and first.isalnum()) and not (last.isalnum() and after.isalnum())
