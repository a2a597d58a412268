"""Documents to chunks: spans of whole sentences, cut at paragraphs where that fits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import regex

from index.sentences import blocks, sentences, strip
from index.types import Span

# A tokenizer may count a word of any length as one unknown token; and what is looked at to find a
# cut must not grow with the text. English has some 4.5 characters a token.
_CHARACTERS_A_TOKEN = 20
_GUESSES = 8  # by the length of what is counted; then by halves

_WORD_START = regex.compile(r"(?<=\s)\S")
_GRAPHEME = regex.compile(r"\X")

Counted: TypeAlias = tuple[Span, int]  # with its tokens


def chunk_spans(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> list[Span]:
    """As `counted_chunks`, without the counts."""
    return [span for span, _ in counted_chunks(text, max_tokens, count_tokens)]


def counted_chunks(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> list[Counted]:
    """Chunks of a text, in order: they do not overlap and hold every non-space code point.

    Sentences are packed up to the limit. A paragraph that does not fit as a whole starts a new
    chunk if the present one is at least half full; a sentence longer than the limit, or than 20
    characters a token, is cut between words, or between grapheme clusters where there are no
    spaces.

    Args:
        text: canonical text.
        max_tokens: limit of each chunk by `count_tokens`, at least 1.
        count_tokens: the embedder's token count of a text, without special tokens.
    """
    chunks: list[Counted] = []
    for span in _pack(_paragraphs(text, max_tokens, count_tokens), max_tokens):
        tokens = count_tokens(span.of(text))
        if tokens <= max_tokens:
            chunks.append((span, tokens))
        else:  # a tokenizer may count the joint of two pieces higher than their sum
            chunks.extend(_split(text, span, max_tokens, count_tokens))
    return chunks


def _paragraphs(
    text: str, max_tokens: int, count_tokens: Callable[[str], int]
) -> Iterator[list[Counted]]:
    for block in blocks(text):
        yield [
            piece
            for sentence in sentences(text, block)
            for piece in _split(text, sentence, max_tokens, count_tokens)
        ]


def _pack(paragraphs: Iterable[list[Counted]], max_tokens: int) -> Iterator[Span]:
    current: Span | None = None
    size = 0
    for pieces in paragraphs:
        whole = sum(tokens for _, tokens in pieces)
        if current and size + whole > max_tokens and size * 2 >= max_tokens:
            yield current
            current, size = None, 0
        for span, tokens in pieces:
            if current and size + tokens > max_tokens:
                yield current
                current, size = None, 0
            current = Span(current.start, span.end) if current else span
            size += tokens
    if current:
        yield current


def _split(
    text: str, span: Span, max_tokens: int, count_tokens: Callable[[str], int]
) -> Iterator[Counted]:
    """The span in pieces that fit, each as long as can be."""
    span = strip(text, span)
    while span:
        near, tokens = _reach(text, span, max_tokens, count_tokens)
        if near == span and tokens <= max_tokens:
            yield span, tokens
            return
        end = near.start + _longest_fit(near.of(text), tokens, max_tokens, count_tokens)
        piece = strip(text, Span(span.start, end))
        yield piece, count_tokens(piece.of(text))
        span = strip(text, Span(end, span.end))


def _reach(text: str, span: Span, max_tokens: int, count_tokens: Callable[[str], int]) -> Counted:
    """Where to look for a cut: the whole span if none is needed."""
    longest = max_tokens * _CHARACTERS_A_TOKEN
    size = 6 * max_tokens
    while True:
        near = Span(span.start, min(span.end, span.start + min(size, longest)))
        tokens = count_tokens(near.of(text))
        if near == span or tokens > max_tokens or size >= longest:
            return near, tokens
        size *= 2


def _longest_fit(
    text: str, tokens: int, max_tokens: int, count_tokens: Callable[[str], int]
) -> int:
    """Where to cut a text of so many tokens, that the first piece fits and is as long as can be."""
    words = [match.start() for match in _WORD_START.finditer(text)]
    if end := _last_fit(text, words, tokens, max_tokens, count_tokens):
        return end
    clusters = [match.end() for match in _GRAPHEME.finditer(text)]
    everywhere = range(1, len(text) + 1)
    return (
        _last_fit(text, clusters, tokens, max_tokens, count_tokens)
        or _last_fit(text, everywhere, tokens, max_tokens, count_tokens)
        or 1  # one code point of more tokens than the limit: nothing smaller exists
    )


def _last_fit(
    text: str,
    cuts: Sequence[int],
    tokens: int,
    max_tokens: int,
    count_tokens: Callable[[str], int],
) -> int:
    """The last of the cuts that leaves a first piece which fits; 0 if none does."""
    low, high = 0, len(cuts)  # which of the cuts may be the first that is too far
    before, after = 0, tokens  # the tokens up to there, as far as they are known
    guesses = 0
    while low < high:
        middle = (low + high) // 2
        if guesses < _GUESSES and before < after:  # as if tokens were as long as each other
            share = (max_tokens - before) / (after - before)
            middle = min(high - 1, low + int(share * (high - low)))
            guesses += 1
        found = count_tokens(text[: cuts[middle]].rstrip())
        if found <= max_tokens:
            low, before = middle + 1, found
        else:
            high, after = middle, found
    return cuts[low - 1] if low else 0
