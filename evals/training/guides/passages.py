"""Passages as a search finds them and as a model reads them, for training examples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from citespan.index import Corpus
from citespan.index.text import Kind, View
from citespan.index.types import Span
from citespan.qa.evidence import Piece, pieces_of, read_as_one

_FOUND = 12  # passages of a search
_BARE, _TITLED = 0.2, 0.15  # shares of passages shown without a title, and without headings
_LEFT = 2  # units, at least, of a passage without its evidence


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as a model reads it; offsets of evidence and answers are of its text."""

    piece: Piece
    answerable: bool
    evidence: tuple[Span, ...] | None = ()
    answers: tuple[Span, ...] = ()


def found_pieces(corpus: Corpus, query: str, k: int = _FOUND) -> list[Piece]:
    """Return the pieces of the passages that a search finds, the best passage first."""
    found: list[Piece] = []
    for passage in corpus.search(query, k=k):
        document = corpus.get(passage.chunk.document_id)
        found += pieces_of(passage, document, corpus.places.outline(document))
    return [piece for piece in found if piece.view.text.strip()]


def shown_as(piece: Piece, evidence: Sequence[Span], answer: str) -> Shown:
    """Return a passage with its evidence, which is in spans of the document, and the answer."""
    seen = seen_spans(piece.view, evidence)
    text = piece.view.text
    at = text.find(answer, seen[0].start, seen[-1].end) if answer and seen else -1
    answers = (Span(at, at + len(answer)),) if at >= 0 else ()
    return Shown(piece, answerable=True, evidence=seen or None, answers=answers)


def drawn(pieces: Sequence[Piece], count: int, rng: Generator) -> list[Piece]:
    """Return `count` passages, or all if there are fewer, in order; the nearer ones more often."""
    if not pieces:
        return []
    weights = 1 / (1 + np.arange(len(pieces)))
    places: list[int] = rng.choice(
        len(pieces), min(count, len(pieces)), replace=False, p=weights / weights.sum()
    ).tolist()
    return [pieces[at] for at in sorted(places)]


def is_within(span: Span, whole: Span) -> bool:
    """Return whether all of a span is in another one."""
    return whole.start <= span.start and span.end <= whole.end


def without(piece: Piece, cut: Sequence[Span]) -> Piece | None:
    """Return a passage without the units of some spans; None if little is left."""
    left = [one for one in piece.units if not any(one.span.overlap(span) for span in cut)]
    if sum(one.kind is not Kind.HEADING for one in left) < _LEFT:
        return None
    return replace(piece, view=read_as_one(left), units=tuple(left))


def titled(piece: Piece, rng: Generator) -> tuple[str, str]:
    """Return the title and the text of a passage; some titles lack the headings, or all."""
    title, text = piece.titled
    draw = rng.random()
    if draw < _BARE + _TITLED:
        title = "" if draw < _BARE else piece.passage.title
    return title, text


def seen_spans(view: View, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return where a view shows each of some spans of its document."""
    found: list[Span] = []
    for span in spans:
        shown = [
            (run.view + max(span.start - run.at, 0), run.view + min(span.end - run.at, run.length))
            for run in view.runs
            if run.at < span.end and run.at + run.length > span.start
        ]
        if shown:
            found.append(Span(min(shown)[0], max(end for _, end in shown)))
    return tuple(found)
