"""Where a text that is too long may be cut: at the most sensible place, never inside a cluster.

A cluster is a grapheme cluster: what a reader sees as one character. Pure.
"""

from collections.abc import Iterator, Sequence

import regex
from icu4py.breakers import LineBreaker

from citespan.index.types import Span

LONGEST_WORD = 50  # code points that are looked at beyond the furthest cut, to see words whole

_WINDOW = 1000  # code points whose clusters are found at a time
_CLUSTER = regex.compile(r"\X")
# Scripts that set a space between clauses, not between words.
_UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# What a place is told by, best first: each looks at one or two characters on both sides, and is
# searched from the end.
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
        text: of some thousand characters at most: a run of n flags takes n² steps.
        whole: whether it is known to end with a cluster; else its last one may go on.

    Returns:
        At least one place, in order, each over 0. Where one cluster is all that the text shows,
        the places are between its code points, as nothing larger can be had.
    """
    if text.isascii() or not text:  # no line has a "\r", which is all that ASCII joins
        return range(1, len(text) + 1)
    ends = [match.end() for match in _CLUSTER.finditer(text)]
    if not whole:
        ends.pop()
    return ends or range(1, len(text) + 1)


def clipped(text: str, span: Span, most: int) -> Span:
    """Return the span, or a beginning of it that has at most so many code points."""
    if len(span) <= most:
        return span
    at, end = span.start, span.start + most
    while end - at > LONGEST_WORD:
        at += cluster_ends(text[at : min(end, at + _WINDOW)], whole=False)[-1]
    return Span(span.start, at)


def best_cuts(text: str, ends: Sequence[int]) -> Iterator[int]:
    """Yield where to cut a text, best place first; the last place is the last end.

    What is cut off is at least half as long as it can be.

    Args:
        text: what is too long, `LONGEST_WORD` further than the last end if there is so much.
        ends: where it may be cut at all, in order.
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
    """Return the last place of a kind in `(least, most]`, 0 if there is none."""
    found = pattern.search(text, max(0, least - 1), most + 1)
    return found.start() if found and least < found.start() <= most else 0


def _word_ends(text: str) -> Iterator[int]:
    """Yield where a line may be broken: also between the words of scripts without spaces."""
    at = 0
    for piece in LineBreaker(text, "root"):
        at += len(piece)
        yield at
