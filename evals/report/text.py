"""Text of documents made fit to show: hidden characters visible, spans marked. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index import Span

# Controls but tab and line feed, a carriage return that is not part of a line end, marks and
# overrides of direction, separators and spaces without width, surrogates, non-characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Characters that are all gold or not, and all cited or not."""

    text: str
    gold: bool
    cited: bool


def visible(text: str) -> str:
    """The text with characters that hide, or that change how others look, spelled out.

    What comes out is fit for HTML and for XML 1.0.
    """
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def clipped(text: str, most: int) -> str:
    """One line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def within(start: int, end: int, text: str) -> Span:
    """The part of `[start, end)` that lies in the text; empty where none does."""
    first = min(max(start, 0), len(text))
    return Span(first, max(first, min(end, len(text))))


def window(span: Span, marks: Iterable[Span], *, most: int, before: int) -> Span:
    """At most `most` characters of a span, from a little before the first mark in it."""
    if len(span) <= most:
        return span
    first = min((mark.start for mark in marks if mark.overlap(span)), default=span.start)
    start = min(max(span.start, first - before), span.end - most)
    return Span(start, start + most)


def pieces(text: str, span: Span, gold: Sequence[Span], cited: Sequence[Span]) -> list[Piece]:
    """The characters of a span, cut wherever a gold or cited span begins or ends."""
    edges = {edge for mark in (*gold, *cited) for edge in (mark.start, mark.end)}
    inner = sorted(edge for edge in edges if span.start < edge < span.end)
    parts = [Span(*pair) for pair in pairwise((span.start, *inner, span.end))]
    return [
        Piece(text=part.of(text), gold=_touched(part, gold), cited=_touched(part, cited))
        for part in parts
    ]


def _touched(part: Span, marks: Sequence[Span]) -> bool:
    return any(part.overlap(mark) for mark in marks)
