"""Documents to chunks: spans of whole sentences, cut at paragraphs where that fits."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from citespan.index.text.cuts import LONGEST_WORD, best_cuts, cluster_ends
from citespan.index.text.segmentation import strip
from citespan.index.text.shape import PLAIN, Shape
from citespan.index.text.units import ChunkUnit, Counted, units
from citespan.index.types import Span

# A tokenizer may count no token for control characters, marks and blanks. English has some 4.5
# characters a token; of 1,218 chunks of SQuAD none has more than 6.6.
CHARACTERS_A_TOKEN = 10
_GUESSES = 8  # that assume tokens of equal length; after them, the search halves
_TRIES = 4  # sensible places whose tokens are counted before the furthest place is used
_DEEP = 4  # headings of this level or a deeper one start no chunk inside of a section


@dataclass(frozen=True, slots=True)
class _Limits:
    """The limits of a chunk, and the function that counts its tokens."""

    max_tokens: int
    count_tokens: Callable[[str], int]

    @property
    def max_characters(self) -> int:
        """The limit in code points, white space included."""
        return CHARACTERS_A_TOKEN * self.max_tokens

    def fits(self, text: str) -> bool:
        """Return whether a text of at most `max_characters` is within the limit in tokens."""
        return self.count_tokens(text) <= self.max_tokens


def chunk_spans(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> list[Span]:
    """Return the spans of `counted_chunks`, without the counts."""
    return [span for span, _ in counted_chunks(text, max_tokens, count_tokens)]


def counted_chunks(
    text: str, max_tokens: int, count_tokens: Callable[[str], int], shape: Shape = PLAIN
) -> list[Counted]:
    """Return the chunks of a text in order; they do not overlap and hold all its non-space text.

    A chunk starts at each heading of the level of its section or a higher one, at a deeper one if
    the present chunk is a third full, and at each end of a table. A heading never ends a chunk.

    Sentences are packed up to the limits. If a paragraph does not fit as a whole and the present
    chunk is at least half full, the paragraph starts a new chunk. A sentence longer than the limits
    is cut where `best_cuts` says, between grapheme clusters. If a cluster itself is over a limit,
    such as a letter with thousands of marks, it is cut between its code points.

    Args:
        text: canonical text.
        max_tokens: limit of each chunk by `count_tokens`, at least 1; `CHARACTERS_A_TOKEN` times as
            many code points are the other limit. A code point of more tokens is a chunk by itself.
        count_tokens: the embedder's token count of a text, without special tokens.
        shape: the headings and whole lines of the text, and where it ends.
    """
    limits = _Limits(max_tokens, count_tokens)
    chunks: list[Counted] = []
    for span in _pack(units(text, shape, lambda piece: _split(text, piece, limits)), limits):
        tokens = count_tokens(span.of(text))
        if tokens <= max_tokens:
            chunks.append((span, tokens))
        else:  # a tokenizer may count two joined pieces higher than their sum
            chunks.extend(_split(text, span, limits))
    return chunks


def _pack(found: Iterable[ChunkUnit], limits: _Limits) -> Iterator[Span]:
    current: Span | None = None
    size, table = 0, 0
    section, inner = 0, 0  # the levels of the headings over the chunk's start and its end

    def full(end: int, tokens: int) -> bool:
        return current is not None and (
            size + tokens > limits.max_tokens or end - current.start > limits.max_characters
        )

    for unit in found:
        whole = sum(tokens for _, tokens in unit.pieces)
        half = size * 2 >= limits.max_tokens
        starts = unit.table != table or _starts(unit, section, third=size * 3 >= limits.max_tokens)
        if current and (starts or (half and full(unit.pieces[-1][0].end, whole))):
            yield current
            current, size = None, 0
        inner, table = unit.level or inner, unit.table
        for place, (span, tokens) in enumerate(unit.pieces):
            if current and full(*_together(unit, place, limits)):
                yield current
                current, size = None, 0
            section = section if current else inner
            current = Span(current.start, span.end) if current else span
            size += tokens
    if current:
        yield current


def _starts(unit: ChunkUnit, section: int, *, third: bool) -> bool:
    """Return whether a chunk starts at a unit with headings."""
    if not unit.level:
        return False
    if not section or unit.highest <= section:
        return True
    return third and unit.highest < _DEEP


def _together(unit: ChunkUnit, place: int, limits: _Limits) -> tuple[int, int]:
    """Return the end and the tokens of a piece, with the next one if headings come before it."""
    span, tokens = unit.pieces[place]
    if place == 0 and 0 < unit.lead < len(unit.pieces):
        first = unit.pieces[: unit.lead + 1]
        both = sum(tokens for _, tokens in first)
        if both <= limits.max_tokens and first[-1][0].end - span.start <= limits.max_characters:
            return first[-1][0].end, both
    return span.end, tokens


def _split(text: str, span: Span, limits: _Limits) -> Iterator[Counted]:
    """Yield the span in pieces that fit, each as long as sensible."""
    span = strip(text, span)
    while span:
        near, tokens = _reach(text, span, limits)
        if near == span and tokens <= limits.max_tokens:
            yield span, tokens
            return
        end = near.start + _first_piece(text, span, near, tokens, limits)
        piece = strip(text, Span(span.start, end))
        yield piece, limits.count_tokens(piece.of(text))
        span = strip(text, Span(end, span.end))


def _reach(text: str, span: Span, limits: _Limits) -> Counted:
    """Return the span to look for a cut in, and its tokens; the whole span if no cut is needed."""
    size = 2 * limits.max_tokens
    while True:
        most = min(size, limits.max_characters)
        near = Span(span.start, min(span.end, span.start + most))
        tokens = limits.count_tokens(near.of(text))
        if near == span or tokens > limits.max_tokens or size >= limits.max_characters:
            return near, tokens
        size *= 2


def _first_piece(text: str, span: Span, near: Span, tokens: int, limits: _Limits) -> int:
    """Return the length of a first piece that fits: to a sensible place, or else the furthest.

    Args:
        text: the text of the document.
        span: the span that does not fit.
        near: the start of `span`, which holds the furthest place.
        tokens: the token count of `near`.
        limits: the limits of the piece.
    """
    inside = near.of(text)
    ends = cluster_ends(inside, whole=near == span)
    fitting = _last_fit(inside, ends, tokens, limits)
    if not fitting:
        ends = range(1, len(inside) + 1)
        fitting = _last_fit(inside, ends, tokens, limits)
    if not fitting:
        return 1  # one code point of more tokens than the limit: nothing smaller exists
    further = text[near.start : min(span.end, near.start + ends[fitting - 1] + LONGEST_WORD)]
    for cut in islice(best_cuts(further, ends[:fitting]), _TRIES):
        if limits.fits(inside[:cut].rstrip()):
            return cut
    return ends[fitting - 1]


def _last_fit(text: str, cuts: Sequence[int], tokens: int, limits: _Limits) -> int:
    """Return how many of the cuts leave a first piece that fits; 0 if none does."""
    low, high = 0, len(cuts)  # the range that holds the first cut that is too far
    before, after = 0, tokens  # the tokens up to both ends of the range
    guesses = 0
    while low < high:
        middle = (low + high) // 2
        if guesses < _GUESSES and before < after:  # assume tokens of equal length
            share = (limits.max_tokens - before) / (after - before)
            middle = min(high - 1, low + int(share * (high - low)))
            guesses += 1
        found = limits.count_tokens(text[: cuts[middle]].rstrip())
        if found <= limits.max_tokens:
            low, before = middle + 1, found
        else:
            high, after = middle, found
    return low


def chunk_id(document_id: str, title: str, sha256: str, span: Span, context: str = "") -> int:
    """Return a stable 63-bit id of a chunk.

    The id depends on the title and the context because they are embedded too: with a new title, a
    chunk has a new vector.
    """
    parts = (document_id, title, sha256, str(span.start), str(span.end))
    key = "\0".join((*parts, context) if context else parts)
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1
