"""Sentence spans: syntok inside a line, and rules for what a line break means."""

import re
from itertools import pairwise
from typing import Any

from syntok import segmenter  # pyright: ignore[reportMissingTypeStubs]

from index.types import Span

# A line this long that does not end a sentence was wrapped by an editor: the sentence goes on.
# Shorter ones are headings, list items, verses, unless a small letter follows; longer ones are
# paragraphs, one to a line.
_WRAPPED_MIN, _WRAPPED_MAX = 40, 120
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？؟…][\"'”’»)\]]*$")
_ABBREVIATED = re.compile(
    r"\b(?:(?:\w\.){2,}|(?:Col|Dr|Fig|Gen|Gov|Lt|Mr|Mrs|Ms|No|Prof|Rep|Sen|St|vs)\.)$"
)
_STARTS_BLOCK = re.compile(
    r"\s*(?:[-*+•‣▪–—]\s|#{1,6}\s|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4}|[IVX]{2,4})[.)]\s|\||>|```)"
)
_IDEOGRAPHIC_END = re.compile(r"(?<=[。！？])(?![。！？”’」』）\"'])")
_syntok: Any = segmenter  # untyped
_LINE = re.compile(r"[^\n\u2028\u2029]+")


def blocks(text: str, within: Span | None = None) -> list[Span]:
    """Spans that no sentence crosses: paragraphs, list items, headings, table rows.

    Wrapped lines are joined. Together they hold every non-space code point of `within` (the whole
    text by default), in order.
    """
    area = Span(0, len(text)) if within is None else within
    # From the start of a line: how long it is says whether it was wrapped.
    start = 1 + max(text.rfind(separator, 0, area.start) for separator in "\n\u2028\u2029")
    found = _joined_lines(text, Span(start, area.end))
    return [Span(max(span.start, area.start), span.end) for span in found if area.overlap(span)]


def _joined_lines(text: str, area: Span) -> list[Span]:
    out: list[Span] = []
    last_line = Span(0, 0)
    for match in _LINE.finditer(text, area.start, area.end):
        line = Span(*match.span())
        if not match.group().strip():
            continue
        if out and _continues(text, last_line, line):
            out[-1] = Span(out[-1].start, line.end)
        else:
            out.append(line)
        last_line = line
    return out


def _continues(text: str, before: Span, line: Span) -> bool:
    if text[before.end : line.start] != "\n":
        return False
    previous, following = before.of(text).rstrip(), line.of(text)
    if len(previous) > _WRAPPED_MAX or _STARTS_BLOCK.match(following):
        return False
    goes_on = following.lstrip()[0].islower()
    if len(previous) < _WRAPPED_MIN and not goes_on:
        return False
    if not _ENDS_SENTENCE.search(previous) or _ABBREVIATED.search(previous):
        return True
    return goes_on and not previous.endswith(":")


def sentences(text: str, within: Span | None = None) -> list[Span]:
    """Sentence spans in reading order, without surrounding white space.

    Together they hold every non-space code point of `within` (the whole text by default).
    """
    return [span for block in blocks(text, within) for span in _in_block(text, block)]


def _in_block(text: str, block: Span) -> list[Span]:
    inside = block.of(text)
    cuts = {0, len(inside)}
    for paragraph in _syntok.analyze(inside):
        for sentence in paragraph:
            cuts.add(sentence[0].offset)
    cuts.update(match.start() for match in _IDEOGRAPHIC_END.finditer(inside))
    ordered = sorted(cuts)
    pieces = (
        strip(text, Span(block.start + start, block.start + end))
        for start, end in pairwise(ordered)
    )
    return [piece for piece in pieces if piece]


def strip(text: str, span: Span) -> Span:
    """The span without white space at either end; empty if there is nothing else."""
    inside = span.of(text)
    start = span.start + len(inside) - len(inside.lstrip())
    return Span(start, max(start, span.start + len(inside.rstrip())))
