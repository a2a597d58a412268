"""Places to cut a text that is too long: the most sensible one, never inside a cluster.

A cluster is a grapheme cluster: one character to a human reader. Pure.
"""

from collections.abc import Iterator, Sequence

import regex
from icu4py.breakers import LineBreaker

from citespan.index.types import Span

LONGEST_WORD = 50  # code points read beyond the furthest cut, to see whole words

_WINDOW = 1000  # code points whose clusters are found at a time
_CLUSTER = regex.compile(r"\X")
# Scripts that put a space between clauses, not between words.
_UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# The patterns of places, best first. Each matches one or two characters on both sides of a place,
# and is searched from the end.
_PLACES = tuple(
    regex.compile(f"(?rV1){pattern}")
    for pattern in (
        # between clauses
        r"(?<=\n)(?=\S)"
        r"|(?<=[\p{Term}–—…]\s)(?=\S)"
        r"|(?<=[\p{Term}–—…][\p{Pe}\p{Pf}\"']\s)(?=\S)"
        r"|(?<=[\p{Term}--\p{ASCII}])(?=[\p{L}\p{N}])"
        rf"|(?<=[{_UNSPACED}]\s)(?=[{_UNSPACED}])",
        # between words
        r"(?<=\s)(?=\S)",
        # between the parts of code, of data and of addresses
        r"(?<=[}\])>][,;])(?=\S)|(?<=;)(?=[^\s;])",
        r"(?<=[}\])>|&])(?=[^\s,;}\])>|&])",
        r"(?<=,)(?=[^\s,])",
        r"(?<=[/\\?:=+_-])(?=\w)",
    )
)


def cluster_ends(text: str, *, whole: bool) -> Sequence[int]:
    """Return where a text that starts with a cluster may be cut without cutting one.

    Args:
        text: some thousand characters at most, because a run of n flags takes n² steps.
        whole: whether the text ends with a whole cluster; if not, its last one may be cut off.

    Returns:
        At least one place, in order, each over 0. If the text shows only one cluster, the places
        are between its code points.
    """
    if text.isascii() or not text:  # only "\r\n" is a cluster in ASCII, and no line has a "\r"
        return range(1, len(text) + 1)
    ends = [match.end() for match in _CLUSTER.finditer(text)]
    if not whole:
        ends.pop()
    return ends or range(1, len(text) + 1)


def clipped(text: str, span: Span, most: int) -> Span:
    """Return the span, cut to its first `most` code points or fewer."""
    if len(span) <= most:
        return span
    at, end = span.start, span.start + most
    while end - at > LONGEST_WORD:
        at += cluster_ends(text[at : min(end, at + _WINDOW)], whole=False)[-1]
    return Span(span.start, at)


def best_cuts(text: str, ends: Sequence[int]) -> Iterator[int]:
    """Yield where to cut a text, best place first; the last place is the last end.

    The first piece is at least half as long as the limit allows.

    Args:
        text: the text that is too long, read up to `LONGEST_WORD` beyond the last end.
        ends: all places where the text may be cut, in order.
    """
    furthest = ends[-1]
    allowed = ends if isinstance(ends, range) else frozenset(ends)
    least = furthest // 2
    for pattern in _PLACES:
        last = _last(pattern, text, least, furthest)
        while last and last not in allowed:
            last = _last(pattern, text, least, last - 1)
        if last:
            yield last
    if not text.isascii():
        words = (end for end in _word_ends(text) if least < end <= furthest and end in allowed)
        yield max(words, default=furthest)
    yield furthest


def _last(pattern: regex.Pattern[str], text: str, least: int, most: int) -> int:
    """Return the last place of a pattern in `(least, most]`; 0 if there is none."""
    found = pattern.search(text, max(0, least - 1), most + 1)
    return found.start() if found and least < found.start() <= most else 0


def _word_ends(text: str) -> Iterator[int]:
    """Yield where a line may be broken, also between the words of scripts without spaces."""
    at = 0
    for piece in LineBreaker(text, "root"):
        at += len(piece)
        yield at
