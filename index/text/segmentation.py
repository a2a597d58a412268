"""Sentence spans: by syntok inside a line, by the stops of other scripts, and by line breaks."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import regex
from syntok import segmenter  # pyright: ignore[reportMissingTypeStubs]

from citespan.index.text.cuts import LONGEST_WORD, best_cuts, cluster_ends
from citespan.index.types import Span

MAX_SENTENCE = 1000  # code points; one of 4,856 sentences of SQuAD is longer
# Thai and Lao have no stops: some clauses together are cited as a sentence.
_UNSTOPPED_MAX = 200
_KEPT = 1000  # blocks no longer than a sentence may be, the last ones, whose sentences are kept

# If a line of this length does not end a sentence, an editor wrapped it: the sentence continues.
# Shorter lines are headings, list items or verses, unless a small letter follows. Longer lines are
# paragraphs, one to a line, unless one ends inside of a sentence and has others before it.
_WRAPPED_MIN, _WRAPPED_MAX = 40, 120
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？؟…][\"'”’»)\]]*$")
_ORDINAL_MAX = 12  # code points of an ordinal with the word before it
_ABBREVIATED = re.compile(
    r"\b(?:(?:\w\.){2}|(?:Col|Dr|Fig|Gen|Gov|Lt|Mr|Mrs|Ms|No|Prof|Rep|Sen|St|vs)\.)$"
)
# The dot of a German or Scandinavian ordinal ends no sentence: "am 1. Mai", "der 2. Stock".
_ORDINAL = re.compile(
    r"(?:(?<!\bI )\b[Aa]m|\b(?:[Dd](?:er|ie|as|en|em|es)|[Ii]m|[Vv]om|[Zz]u[mr]|[Bb]eim))"
    r"[ \xa0]\d{1,3}\.[ \xa0]?$"
)
# syntok ends a sentence there if a capital follows; after Greek letters it is a question mark.
_HALVED = re.compile(r"(?<![\u0370-\u03ff\u1f00-\u1fff]);\s{0,9}$")
_HALVED_MAX = 12  # code points that are looked at
_PROSE = re.compile(r"[.!?] [A-Z]")
_STARTS_BLOCK = re.compile(
    r"\s*(?:[-*+•‣▪–—]\s|#{1,6}\s|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4}|[IVX]{2,4})[.)]\s|\||>|```)"
)
# All characters that end a sentence in Unicode, except those that Latin script also uses in
# abbreviations, numbers and quotations: there syntok decides.
_STOP = regex.compile(
    r"""(?V1)
    (?: [[\p{STerm}།༎༏༐༑] -- [\p{ASCII}‼-⁉．]]
      | ．(?!\p{Nd})
      | (?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]) [!?…]
    )
    [\p{STerm}།༎༏༐༑…\p{Pe}\p{Pf}"']*+
    (?! \s? [\p{STerm}།༎༏༐༑] )""",
    regex.VERBOSE,
)
_UNSTOPPED = regex.compile(r"[\p{Thai}\p{Lao}]")
# At these places no cluster continues; a few other places are between clusters, too.
_APART = regex.compile(
    r"(?V1)(?<=[[\p{Z}\p{P}\p{S}\p{Cc}]--\p{RI}])(?![\p{GCB=EX}\p{GCB=SM}\p{GCB=ZWJ}])"
)
_CONTROLS = "\t\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # white space that no mark joins
_MARK = regex.compile(r"[\p{GCB=EX}\p{GCB=SM}\p{GCB=ZWJ}]")
_syntok: Any = segmenter  # untyped
_NO_SPACE = re.compile(
    r"\S"
)  # searched from an offset, so that the rest of a text is not copied for each piece
_LINE = re.compile(r"[^\n\u2028\u2029]+")


def blocks(text: str, within: Span | None = None) -> list[Span]:
    """Return spans that no sentence crosses: paragraphs, list items, headings, table rows.

    Wrapped lines are joined. Together the spans hold every non-space code point of `within` (the
    whole text by default), in order.
    """
    area = Span(0, len(text)) if within is None else within
    # From the start of a line: its length says whether it was wrapped.
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
    if _STARTS_BLOCK.match(following):
        return False
    if " | " in previous and "|" in following:  # rows of a table without bars around them
        return False
    continued = following.lstrip()[0].islower()
    if len(previous) > _WRAPPED_MAX:
        ended = not (previous[-1].isalnum() or previous[-1] == ",")
        return continued and not ended and _PROSE.search(previous) is not None
    if len(previous) < _WRAPPED_MIN and not continued:
        return False
    if not _ENDS_SENTENCE.search(previous) or _ABBREVIATED.search(previous):
        return True
    return continued and not previous.endswith(":")


def sentences(text: str, within: Span | None = None) -> list[Span]:
    """Return sentence spans in reading order, without surrounding white space.

    Together the spans hold every non-space code point of `within` (the whole text by default). A
    sentence longer than `MAX_SENTENCE` is cut where `best_cuts` says.
    """
    return [
        piece
        for block in blocks(text, within)
        for sentence in _in_block(text, block)
        for piece in _shortened(text, sentence)
    ]


def _in_block(text: str, block: Span) -> list[Span]:
    inside = block.of(text)
    if _is_row(inside):
        return [strip(text, block)]
    cuts = _cuts(inside) if len(inside) <= MAX_SENTENCE else _cuts.__wrapped__(inside)
    ordered = sorted({0, *cuts, len(inside)})
    pieces = (
        strip(text, Span(block.start + start, block.start + end))
        for start, end in pairwise(ordered)
    )
    return [piece for piece in pieces if piece]


@lru_cache(_KEPT)
def _cuts(block: str) -> frozenset[int]:
    """Return where the sentences of a block start."""
    cuts: set[int] = set()
    for paragraph in _syntok.analyze(block):
        for sentence in paragraph:
            start = sentence[0].offset
            if not (
                _ORDINAL.search(block, max(0, start - _ORDINAL_MAX), start)
                or _HALVED.search(block, max(0, start - _HALVED_MAX), start)
            ):
                cuts.add(start)
    if not block.isascii():
        cuts.update(match.end() for match in _STOP.finditer(block))
        cuts = {cut for cut in cuts if _APART.match(block, cut)}
    return frozenset(cuts)


def _is_row(block: str) -> bool:
    """Return whether a block is a row, such as `| value |` or `Header: value; Header: value`."""
    if block.lstrip().startswith("|"):
        return True
    parts = block.split("; ")
    return len(parts) > 1 and all(": " in part for part in parts)


def _shortened(text: str, span: Span) -> Iterator[Span]:
    """Yield the span in pieces that are within the limit of a sentence."""
    most = MAX_SENTENCE
    if len(span) > _UNSTOPPED_MAX and 2 * len(_UNSTOPPED.findall(span.of(text))) > len(span):
        most = _UNSTOPPED_MAX
    while len(span) > most:
        near = text[span.start : min(span.end, span.start + most + LONGEST_WORD)]
        end = span.start + next(best_cuts(near, cluster_ends(near[:most], whole=False)))
        yield strip(text, Span(span.start, end))
        span = strip(text, Span(end, span.end))
    if span:
        yield span


def strip(text: str, span: Span) -> Span:
    """Return the span without white space at either end; empty if there is nothing else.

    If a mark follows a space, the two are one cluster, and the space is no white space.
    """
    found = _NO_SPACE.search(text, span.start, span.end)
    if not found:
        return Span(span.start, span.start)
    start, end = found.start(), span.end
    while text[end - 1].isspace():
        end -= 1
    if span.start < start and _MARK.match(text, start):
        start -= text[start - 1] not in _CONTROLS
    return Span(start, end)
