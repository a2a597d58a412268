"""Sentence spans: syntok inside a line, and rules for what a line break means."""

import re
from itertools import pairwise
from typing import Any

from syntok import segmenter  # pyright: ignore[reportMissingTypeStubs]

from index.types import Span

# A line this long that does not end a sentence was wrapped by an editor: the sentence goes on.
# Shorter ones are headings, list items, verses; longer ones are paragraphs, one to a line.
_WRAPPED_MIN, _WRAPPED_MAX = 40, 120
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？؟…][\"'”’»)\]]*$")
_STARTS_BLOCK = re.compile(r"\s*(?:[-*+•‣▪–—]\s|#{1,6}\s|\(?\w{1,3}[.)]\s|\||>|```)")
_IDEOGRAPHIC_END = re.compile(r"(?<=[。！？])(?![。！？”’」』）\"'])")
_syntok: Any = segmenter  # untyped
_LINE = re.compile(r"[^\n\u2028\u2029]+")


def blocks(text: str) -> list[Span]:
    """Spans that no sentence crosses: paragraphs, list items, headings, table rows.

    Wrapped lines are joined. Together they hold every non-space code point, in order.
    """
    out: list[Span] = []
    last_line = Span(0, 0)
    for match in _LINE.finditer(text):
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
    previous = before.of(text).rstrip()
    return (
        _WRAPPED_MIN <= len(previous) <= _WRAPPED_MAX
        and not _ENDS_SENTENCE.search(previous)
        and not _STARTS_BLOCK.match(line.of(text))
    )


def sentences(text: str, within: Span | None = None) -> list[Span]:
    """Sentence spans in reading order, without surrounding white space.

    Together they hold every non-space code point of `within` (the whole text by default).
    """
    area = within or Span(0, len(text))
    out: list[Span] = []
    for block in blocks(area.of(text)):
        start = area.start + block.start
        out.extend(_in_block(text, Span(start, start + len(block))))
    return out


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
