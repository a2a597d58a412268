"""Questions with passages as tokens, and what the tokens are in characters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from index.onnx import load_tokenizer
from index.types import Span

_OVERLAP = 48  # tokens that neighbouring windows share, a long sentence


class PairTokenizer:
    """Encodes questions with passages; long questions are cut, then long passages.

    Args:
        path: a tokenizer.json that makes [CLS] a [SEP] b [SEP].
        max_tokens: of a pair, special tokens included.
        question_tokens: of a question.
    """

    def __init__(self, path: Path, max_tokens: int, question_tokens: int) -> None:
        self._alone: Tokenizer = load_tokenizer(path)
        self._pairs: Any = load_tokenizer(path)
        self._pairs.enable_truncation(max_tokens, strategy="only_second")
        self._max_tokens, self._question_tokens = max_tokens, question_tokens

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Encoding]:
        """One encoding a pair, in order."""
        questions = self._alone.encode_batch(
            [question for question, _ in pairs], add_special_tokens=False
        )
        cut = [
            (self._cut(question, tokens.offsets), text)
            for (question, text), tokens in zip(pairs, questions, strict=True)
        ]
        return list(self._pairs.encode_batch(cut))

    def windows(self, question: str, text: str) -> list[Span]:
        """Spans of the text that each fit beside the question; they overlap, and cover it."""
        asked = len(self._alone.encode(question, add_special_tokens=False).ids)
        room = self._max_tokens - 3 - min(asked, self._question_tokens)
        offsets: list[tuple[int, int]] = self._alone.encode(text, add_special_tokens=False).offsets
        if len(offsets) <= room:
            return [Span(0, len(text))]
        step = max(1, room - _OVERLAP)
        starts = range(0, max(1, len(offsets) - _OVERLAP), step)
        return [
            Span(offsets[start][0], offsets[min(start + room, len(offsets)) - 1][1])
            for start in starts
        ]

    def _cut(self, question: str, offsets: Sequence[tuple[int, int]]) -> str:
        if len(offsets) <= self._question_tokens:
            return question
        return question[: offsets[self._question_tokens - 1][1]]


def second_text(encoding: Encoding) -> tuple[int, int]:
    """The tokens `[start, end)` of the second text, without special ones."""
    ids = encoding.sequence_ids
    start = ids.index(1) if 1 in ids else len(ids)
    return start, start + ids.count(1)


def token_span(encoding: Encoding, span: Span) -> tuple[int, int] | None:
    """First and last token of characters of the second text; None if not all of them are there."""
    start, end = second_text(encoding)
    touched = [
        place
        for place in range(start, end)
        if encoding.offsets[place][0] < span.end and encoding.offsets[place][1] > span.start
    ]
    # the last token may begin later than the cut: then a part of the span has no tokens
    if not touched or encoding.offsets[end - 1][1] < span.end:
        return None
    return touched[0], touched[-1]


def character_span(encoding: Encoding, first: int, last: int) -> Span:
    """The characters of the second text from one token to another."""
    return Span(encoding.offsets[first][0], encoding.offsets[last][1])
