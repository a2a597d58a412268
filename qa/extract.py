"""Which sentences are the evidence, and the answer they make. Pure: scores in, spans out."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from index.types import Document, Passage, Span
from qa.cite import Citation
from qa.types import Segment, Support

_HEADING = re.compile(r"#{1,6}\s")
_SINGLE_WORD = re.compile(r"[^\w\u3040-\u9fff]*[^\W\u3040-\u9fff]+[^\w\u3040-\u9fff]*")
_GAP = 100  # white space between neighbours; more is not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a text counts as evidence, in raw logits of the reranker.

    The defaults are for the bundled cross-encoder, chosen on development data (DECISIONS.md has
    the figures); another reranker's logits have their own scale.

    margin: sentences this close to the best are cited.
    min_score: less than this is no evidence; None takes a floor that rises with the corpus size.
    unrelated: what the reranker gives to texts that have nothing to do with each other.
    """

    margin: float = 3.0
    min_score: float | None = None
    unrelated: float = -11.3

    def floor(self, chunks: int) -> float:
        """The least score that counts as evidence in a corpus of so many chunks.

        The more passages compete, the better the best irrelevant one looks: on development data
        nine in ten questions off the topic stay below -10.2 with 3 chunks and below -9.2 with
        75, and three in four below -3.1 with 3,500. The floor follows them in log10(chunks).
        """
        if self.min_score is not None:
            return self.min_score
        return self.unrelated + min(9.3, max(1.3, 4 * math.log10(max(1, chunks)) - 5.7))

    def cited_from(self, best: float) -> float:
        """The least score of a sentence that is cited beside one of score `best`.

        A weak best is close to everything: the logits crowd near `unrelated`. There the margin
        shrinks to three tenths of the height above it.
        """
        return best - min(self.margin, max(0.0, 0.3 * (best - self.unrelated)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, by its span in the document.

    Its score is the mean of its own logit and its context's: alone it often lacks the names that
    the question uses, and what stands around it has them.
    """

    passage: Passage
    span: Span
    score: float

    @classmethod
    def judged(cls, passage: Passage, span: Span, logit: float, context_logit: float) -> Self:
        """A sentence with the logits that the reranker gave to it alone and to its context."""
        return cls(passage=passage, span=span, score=(logit + context_logit) / 2)


def says_something(text: str) -> bool:
    """Whether a sentence can be evidence: headings, questions and single words say nothing.

    Nor does what has no letter and no digit.
    """
    bare = text.rstrip("\"'”’»)*_ ")
    if not any(character.isalnum() for character in text):
        return False
    return not (_HEADING.match(text) or bare.endswith(("?", "？")) or _SINGLE_WORD.fullmatch(text))


def context_logit(document: Document, span: Span, passages: Sequence[Passage]) -> float:
    """The best evidence score of the passages that a sentence lies in or stands next to."""
    return max(
        passage.scores.evidence
        for passage in passages
        if passage.chunk.document_id == document.id
        and passage.scores.evidence is not None
        and _touch(document.text, span, passage.chunk.span)
    )


def _touch(text: str, a: Span, b: Span) -> bool:
    first, second = sorted((a, b))
    if second.start - first.end > _GAP:
        return False
    return not text[first.end : second.start].strip()


def choose(sentences: Sequence[Sentence], thresholds: Thresholds) -> list[Sentence]:
    """The evidence: best document first, in reading order within a document."""
    least = thresholds.cited_from(max((sentence.score for sentence in sentences), default=0.0))
    close = [sentence for sentence in sentences if sentence.score >= least]
    best: dict[str, float] = {}
    for sentence in close:
        key = sentence.passage.chunk.document_id
        best[key] = max(best.get(key, sentence.score), sentence.score)
    return sorted(
        close,
        key=lambda sentence: (
            -best[sentence.passage.chunk.document_id],
            sentence.passage.chunk.document_id,
            sentence.span,
        ),
    )


def compose(citations: Sequence[Citation]) -> tuple[str, tuple[Segment, ...]]:
    """An answer of whole quotes and its segments; a quote that comes again is said once."""
    by_quote: dict[str, list[Citation]] = {}
    for citation in citations:
        by_quote.setdefault(" ".join(citation.quote.split()), []).append(citation)
    text = ""
    segments: list[Segment] = []
    for same in by_quote.values():
        start = len(text) + 1 if text else 0
        text = f"{text} {same[0].quote}" if text else same[0].quote
        segments.append(
            Segment(span=Span(start, len(text)), citations=tuple(same), support=Support.QUOTED)
        )
    return text, tuple(segments)
