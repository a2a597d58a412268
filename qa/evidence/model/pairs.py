"""Questions with passages as tokens, and the spans of the tokens in characters."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from citespan.index.runtime import load_tokenizer
from citespan.index.types import Span
from citespan.qa.evidence.protocol import LEAD

_OVERLAP = 48  # tokens that neighbouring windows share: a long sentence
_KEPT = 500  # texts, the last ones, whose tokens are kept, if they are not long: some 15 kB each
_LONG = 2000  # code points


def pair_texts(title: str, passage: str) -> tuple[str, int]:
    """Return the model's second text, and the offset at which the passage starts in that text."""
    lead = f"{title[:LEAD]}\n" if title else ""
    return lead + passage, len(lead)


class PairTokenizer:
    """A tokenizer of questions with passages; it cuts long questions, then long passages.

    It keeps the end of a question, as earlier words only lead to that end. A part of a text that
    looks like a special token is encoded as text.

    Args:
        path: a tokenizer.json that makes [CLS] a [SEP] b [SEP].
        max_tokens: of a pair, special tokens included.
        question_tokens: of a question, which never gets more than half of a pair.
    """

    def __init__(self, path: Path, max_tokens: int, question_tokens: int) -> None:
        self._single: Tokenizer = load_tokenizer(path)
        self._pairs: Any = load_tokenizer(path)
        for tokenizer in (self._single, self._pairs):
            tokenizer.encode_special_tokens = True
        self._pairs.enable_truncation(max_tokens, strategy="only_second")
        self._max_tokens = max_tokens
        self._question_tokens = min(question_tokens, max_tokens // 2)
        self._kept = lru_cache(_KEPT)(self._encoded)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Encoding]:
        """Return one encoding a pair, in order; `sequence_ids` number only the text."""
        return [self._encode(question, text) for question, text in pairs]

    def is_word(self, word: str) -> bool:
        """Return whether the vocabulary has a string of small letters as one token."""
        known = (self._single.token_to_id(token) for token in (word, f"▁{word}"))
        return any(token is not None for token in known)

    def windowed(self, question: str, text: str) -> list[tuple[Span, Encoding]]:
        """Return the windows of a text with their encodings; a text that fits is encoded once."""
        whole = self._encode(question, text)
        if not whole.overflowing:
            return [(Span(0, len(text)), whole)]
        spans = self.windows(question, text)
        return [(span, self._encode(question, span.of(text))) for span in spans]

    def windows(self, question: str, text: str) -> list[Span]:
        """Return spans of the text that each fit next to the question, overlap, and cover the text.

        Spans start and end between words, as the parts of a word have other tokens than the whole.
        """
        asked = len(self._tokens(question).ids)
        room = self._max_tokens - 3 - min(asked, self._question_tokens)
        encoding = self._tokens(text)
        words: list[Any] = encoding.word_ids  # the number of each token's word
        offsets = encoding.offsets
        overlap = min(_OVERLAP, room // 2)
        spans: list[Span] = []
        first, start = 0, 0  # a token, and its character
        while first + room < len(words):
            end = _word_start(words, first + room, first)
            spans.append(Span(start, offsets[end - 1][1]))
            # a window cut short before a long word may be less than the overlap
            first = _word_start(words, end - overlap if end - overlap > first else end, first)
            start = offsets[first][0]
        return [*spans, Span(start, len(text))]

    def _encode(self, question: str, text: str) -> Encoding:
        asked = self._tokens(question)
        if len(asked.ids) > self._question_tokens:
            asked = self._tokens(question[asked.offsets[-self._question_tokens][0] :])
        return self._pairs.post_process(asked, self._tokens(text))

    def _tokens(self, text: str) -> Encoding:
        return self._kept(text) if len(text) <= _LONG else self._encoded(text)

    def _encoded(self, text: str) -> Encoding:
        return self._single.encode(text, add_special_tokens=False)


def _word_start(words: Sequence[Any], token: int, after: int) -> int:
    """Return the first token of a token's word, or the token itself if the word is too long."""
    first = words.index(words[token])
    return first if first > after else token


def second_text(encoding: Encoding) -> tuple[int, int]:
    """Return the tokens `[start, end)` of the second text, without special ones."""
    ids = encoding.sequence_ids
    start = ids.index(1) if 1 in ids else len(ids)
    return start, start + ids.count(1)


def token_span(encoding: Encoding, span: Span) -> tuple[int, int] | None:
    """Return the first and last token of a span of the second text; None if the text was cut."""
    start, end = second_text(encoding)
    offsets = encoding.offsets  # each access builds the list
    touched = [
        place
        for place in range(start, end)
        if offsets[place][0] < span.end and offsets[place][1] > span.start
    ]
    # the last token may begin later than the cut: then a part of the span has no tokens
    if not touched or offsets[end - 1][1] < span.end:
        return None
    return touched[0], touched[-1]


def character_span(offsets: Sequence[tuple[int, int]], first: int, last: int) -> Span:
    """Return the characters of the second text from one token to another."""
    return Span(offsets[first][0], offsets[last][1])
