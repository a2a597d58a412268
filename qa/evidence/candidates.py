"""What of the pieces that were read can be evidence. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from citespan.index.text import Kind, Unit
from citespan.index.types import Passage, Span
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.pointers import asks_for_place, only_points
from citespan.qa.evidence.selection import (
    ReadPassage,
    Sentence,
    folded,
    judged,
    says_something,
)

# A heading does not say how, or whether.
_NO_HEADING = re.compile(
    r"(?:(?:and|so|but|then) )?(?:how (?:to|do|does|did|can|could|should|would|must|is|are)"
    r"|is|are|was|were|am|do|does|did|has|have|had|can|could|may|must|shall|should|will|would)\b"
)
_NAMED = re.compile(  # questions that the title of a document can answer
    r"\b(?:who|whom|whose|when|where|which|how (?:many|much|old|long|often)|what(?:'s| is| was) the"
    r"|what (?!(?:is|are|was|were|do|does|did|can|happens)\b)\w)"
)
_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b")


def candidates(read: ReadPassage, units: Sequence[Unit], question: str) -> list[Sentence]:
    """Return the units of a read piece that can be evidence; a heading if it has the answer.

    A piece of the question itself cannot, unless it is asked whether something is so.
    """
    asked = folded(question).casefold()
    echoes, elsewhere = bool(_ASKS.search(asked)), asks_for_place(question)
    start = read.passage.chunk.span.start
    return [
        sentence
        for unit, sentence in zip(units, judged(read, units), strict=True)
        if (unit.kind is not Kind.HEADING or _answers(sentence, read, asked))
        and says_something(unit.view.text, single=unit.kind is not Kind.SENTENCE)
        and not (
            echoes and unit.kind is Kind.SENTENCE and folded(unit.view.text).casefold() in asked
        )
        and (elsewhere or not only_points(unit, _moved(unit.span, -start).of(read.passage.text)))
    ]


def relevant(passage: Passage, relevance: float) -> Passage:
    """Return a passage with its relevance for the whole question, also for its parts."""
    if passage.scores.relevance is not None:
        return passage
    return replace(passage, scores=replace(passage.scores, relevance=relevance))


def judged_passages(
    read: Sequence[ReadPassage], ranked: Sequence[Piece], passages: Sequence[Passage]
) -> tuple[Passage, ...]:
    """Return the passages that were read, likeliest first, then the others by relevance."""
    best: dict[int, Passage] = {}
    for one in sorted(read, key=lambda one: -one.reading.probability):
        best.setdefault(one.passage.chunk.id, one.passage)
    for passage in (*(piece.passage for piece in ranked), *passages):
        best.setdefault(passage.chunk.id, passage)
    return tuple(best.values())


def _answers(heading: Sentence, read: ReadPassage, asked: str) -> bool:
    """Return whether a heading has the whole short answer to a question that it can answer."""
    if heading.answer is None or heading.answer != read.reading.answer or _NO_HEADING.match(asked):
        return False
    title = folded(heading.shown).casefold() == folded(read.passage.title).casefold()
    return not title or bool(_NAMED.search(asked))


def _moved(span: Span, by: int) -> Span:
    return Span(max(span.start + by, 0), max(span.end + by, 0))
