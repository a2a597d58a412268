"""Text of documents made fit to show: hidden characters visible, spans marked. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from citespan.index import Span

# Controls but tab and line feed, a carriage return that is not part of a line end, marks and
# overrides of direction, separators and spaces without width, surrogates, non-characters, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]|\r(?!\n)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPiece:
    """Characters that are all gold or not, and all cited or not; or the count of some left out.

    begins: numbers of the citations that begin here. left_out: characters that are not shown.
    """

    text: str
    gold: bool = False
    cited: bool = False
    begins: tuple[int, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The amount of a long text to show, in characters.

    whole: texts up to this length are shown uncut. around: on each side of a mark's edges; twice
        that from the start of a text without marks. most: in all.
    """

    whole: int
    around: int
    most: int


def visible(text: str) -> str:
    """Return the text with characters spelled out that hide, or that change how others look.

    The result is fit for HTML and for XML 1.0, and cannot steer a terminal.
    """
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def clipped(text: str, most: int) -> str:
    """Return one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def cut(text: str, most: int) -> str:
    """Return the text, or its beginning and how much of it is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} characters left out)"


def within(start: int, end: int, text: str) -> Span:
    """Return the part of `[start, end)` that is inside the text; empty if there is none."""
    first = min(max(start, 0), len(text))
    return Span(first, max(first, min(end, len(text))))


def kept(span: Span, marks: Iterable[Span], fit: Fit) -> list[Span]:
    """Return the parts of a span to show: all if it is short, else those around marks' edges."""
    if len(span) <= fit.whole:
        return [span]
    edges = sorted(
        edge
        for mark in marks
        if mark.overlap(span)
        for edge in (max(mark.start, span.start), min(mark.end, span.end))
    ) or [span.start + fit.around]
    parts: list[Span] = []
    left = fit.most
    for edge in edges:
        start = max(span.start, edge - fit.around, parts[-1].end if parts else 0)
        end = min(span.end, edge + fit.around, start + left)
        if start >= end:
            continue
        left -= end - start
        if parts and parts[-1].end == start:
            start = parts.pop().start
        parts.append(Span(start, end))
    return parts


def pieces(
    text: str, span: Span, shown: Sequence[Span], gold: Sequence[Span], cited: Sequence[Span]
) -> list[TextPiece]:
    """Return the shown parts of a span, cut where a gold or cited span begins or ends.

    Args:
        text: the document.
        span: the range that is shown, in part or in whole.
        shown: the parts, in order.
        gold: spans to mark.
        cited: spans to mark, the first citation first.
    """
    found: list[TextPiece] = []
    at = span.start
    for part in shown:
        found += _left_out(part.start - at)
        found += _marked(text, part, gold, cited)
        at = part.end
    return [*found, *_left_out(span.end - at)]


def _left_out(count: int) -> list[TextPiece]:
    return [TextPiece(text="", left_out=count)] if count else []


def _marked(text: str, span: Span, gold: Sequence[Span], cited: Sequence[Span]) -> list[TextPiece]:
    begins: dict[int, list[int]] = {}
    for number, mark in enumerate(cited, start=1):
        if mark.overlap(span):
            begins.setdefault(max(mark.start, span.start), []).append(number)
    edges = {edge for mark in (*gold, *cited) for edge in (mark.start, mark.end)}
    inner = sorted(edge for edge in edges if span.start < edge < span.end)
    parts = [Span(*pair) for pair in pairwise((span.start, *inner, span.end))]
    return [
        TextPiece(
            text=part.of(text),
            gold=_touched(part, gold),
            cited=_touched(part, cited),
            begins=tuple(begins.get(part.start, ())),
        )
        for part in parts
    ]


def _touched(part: Span, marks: Sequence[Span]) -> bool:
    return any(part.overlap(mark) for mark in marks)
