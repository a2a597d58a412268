"""What of the pieces that were read can be evidence. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from citespan.index.text import Kind, Unit
from citespan.index.types import Passage
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.selection import (
    ReadPassage,
    Sentence,
    folded,
    judged,
    says_something,
)

_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b")


def candidates(read: ReadPassage, units: Sequence[Unit], question: str) -> list[Sentence]:
    """Return the units of a read piece that can be evidence; a heading if it has the answer.

    A piece of the question itself cannot, unless it is asked whether something is so.
    """
    asked = folded(question).casefold()
    echoes = bool(_ASKS.search(asked))
    return [
        sentence
        for unit, sentence in zip(units, judged(read, units), strict=True)
        if (unit.kind is not Kind.HEADING or _answers(sentence, read))
        and says_something(unit.view.text, single=unit.kind is not Kind.SENTENCE)
        and not (
            echoes and unit.kind is Kind.SENTENCE and folded(unit.view.text).casefold() in asked
        )
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


def _answers(one: Sentence, reading: ReadPassage) -> bool:
    """Return whether a sentence has the whole short answer."""
    return one.answer is not None and one.answer == reading.reading.answer
