"""Which sentences are the evidence, and the answer they make. Pure: scores in, spans out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from index.types import Passage, Span
from qa.cite import Citation
from qa.types import Segment, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a text counts as evidence, in raw logits of the bundled cross-encoder.

    Chosen on development data (SQuAD as a corpus, Natural Questions, FairytaleQA; DECISIONS.md
    has the figures). Another reranker needs others: its logits have their own scale.

    off_topic: no passage reaches this: nothing relevant was found.
    unanswered: no sentence reaches this: on topic, but the answer is not in there.
    passage_margin: passages this close to the best are read sentence by sentence.
    sentence_margin: sentences this close to the best are cited.
    """

    off_topic: float = -4.0
    unanswered: float = -2.0
    passage_margin: float = 4.0
    sentence_margin: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, by its span in the document.

    Its score is the mean of its own logit and its passage's: alone it often lacks the names that
    the question uses, and its passage has them.
    """

    passage: Passage
    span: Span
    score: float

    @classmethod
    def judged(cls, passage: Passage, span: Span, logit: float) -> Self:
        """A sentence with the logit that the reranker gave it alone."""
        context = passage.scores.evidence
        score = logit if context is None else (logit + context) / 2
        return cls(passage=passage, span=span, score=score)


def within(scores: Sequence[float], margin: float) -> list[int]:
    """Places of the scores that are no more than `margin` below the best, in order."""
    floor = max(scores, default=0.0) - margin
    return [at for at, score in enumerate(scores) if score >= floor]


def choose(sentences: Sequence[Sentence], margin: float) -> list[Sentence]:
    """The evidence: best document first, in reading order within a document."""
    close = [sentences[at] for at in within([sentence.score for sentence in sentences], margin)]
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
