"""Pairs of a guide's questions with passages that a search finds, as they are read at work."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from citespan.evals.training.data import keywords, request
from citespan.evals.training.examples import Example
from citespan.evals.training.guides.passages import (
    Shown,
    drawn,
    found_pieces,
    is_within,
    shown_as,
    titled,
    without,
)
from citespan.evals.training.guides.questions import (
    GuideAsked,
    GuideKind,
    IsWord,
    questions_of,
)
from citespan.index import Corpus
from citespan.index.types import Document
from citespan.qa.english import stems
from citespan.qa.evidence import Piece, read_as_one

_AGAINST = 2  # passages without the answer, for each question
_ALIKE = 0.6  # of the words of a question; a passage below a heading that has them may answer it
_UNHEADED = 0.6  # share of passages shown without their own heading, which may be the question
_KEYWORDS, _REQUESTS = 0.15, 0.05  # shares of questions asked so
_SAME = 80  # code points of evidence by which a passage says the same


def pairs_of(
    guide: str, corpus: Corpus, is_word: IsWord, limits: Mapping[GuideKind, int], seed: int
) -> Iterator[Example]:
    """Yield the pairs of a guide: each question with passages that answer it and that do not.

    Args:
        guide: its name, the group of its examples.
        corpus: its pages.
        is_word: as for `questions_of`.
        limits: how many questions of each kind; a larger limit only adds to a sample.
        seed: equal seeds give equal pairs.
    """
    once: dict[str, tuple[Document, GuideAsked]] = {}
    for document in _documents(corpus):
        for one in questions_of(document, corpus.places.outline(document), is_word):
            once.setdefault(one.question, (document, one))
    sample = sorted(once, key=lambda question: zlib.crc32(f"{seed} {guide} {question}".encode()))
    for kind, limit in limits.items():
        for question in [one for one in sample if once[one][1].kind == kind][:limit]:
            document, one = once[question]
            yield from _Pairs(guide, corpus, document, one, seed).examples()


def _documents(corpus: Corpus) -> Iterator[Document]:
    cursor = None
    while True:
        page = corpus.documents(cursor=cursor, limit=200)
        yield from (corpus.get(info.id) for info in page.documents)
        cursor = page.next_cursor
        if cursor is None:
            return


class _Pairs:
    """The pairs of one question."""

    def __init__(
        self, guide: str, corpus: Corpus, document: Document, asked: GuideAsked, seed: int
    ) -> None:
        self._guide, self._corpus, self._document, self._asked = guide, corpus, document, asked
        self._id = f"guides:{guide}-{zlib.crc32(asked.question.encode()):08x}"
        self._rng = np.random.default_rng([seed, zlib.crc32(self._id.encode())])
        self._words = stems(asked.question)
        self._question = _worded(asked.question, self._rng)

    def examples(self) -> Iterator[Example]:
        pieces = found_pieces(self._corpus, self._question)
        held = sorted(filter(self._holds, pieces), key=lambda piece: piece.span.start)
        if not held:
            return
        piece = self._unheaded(held[0])
        yield self._example("given", self._answering(piece))
        if self._asked.kind in ("named", "row") and (left := self._without(piece)):
            yield self._example("removed", Shown(left, answerable=False))
        against = [one for one in pieces if self._lacks(one)]
        for at, piece in enumerate(drawn(against, _AGAINST, self._rng)):
            yield self._example(f"retrieved-{at}", Shown(piece, answerable=False))

    def _holds(self, piece: Piece) -> bool:
        if piece.passage.chunk.document_id != self._document.id:
            return False
        if self._asked.evidence is None:
            return bool(piece.span.overlap(self._asked.section))
        return all(is_within(one, piece.span) for one in self._asked.evidence)

    def _unheaded(self, piece: Piece) -> Piece:
        """Return a passage without its heading, mostly, if it says of itself what it is about."""
        if not piece.heading or len(piece.units) < 2 or self._rng.random() >= _UNHEADED:
            return piece
        units = piece.units[1:]
        bare = replace(piece, view=read_as_one(units), units=units)
        return bare if stems(bare.view.text) & self._words else piece

    def _answering(self, piece: Piece) -> Shown:
        if self._asked.evidence is None:
            return Shown(piece, answerable=True, evidence=None)
        return shown_as(piece, self._asked.evidence, self._asked.answer)

    def _without(self, piece: Piece) -> Piece | None:
        """Return a passage without its evidence; None if little is left, or it still answers."""
        left = without(piece, self._asked.evidence or ())
        return None if left is None or self._says(left) else left

    def _lacks(self, piece: Piece) -> bool:
        """Return whether a passage is elsewhere, and does not look like another answer."""
        same = piece.passage.chunk.document_id == self._document.id
        if same and piece.span.overlap(self._asked.section):
            return False
        above = stems(" ".join((piece.heading, *piece.path[-1:])))
        return len(above & self._words) < _ALIKE * len(self._words) and not self._says(piece)

    def _says(self, piece: Piece) -> bool:
        """Return whether a passage says the answer, word for word."""
        text = piece.view.text.casefold()
        if self._asked.answer:
            return self._asked.answer.casefold() in text
        first = self._asked.evidence[0].of(self._document.text) if self._asked.evidence else ""
        return bool(first) and first.strip("-*+ \n")[:_SAME].casefold() in text

    def _example(self, kind: str, shown: Shown) -> Example:
        title, text = titled(shown.piece, self._rng)
        return Example(
            id=f"{self._id}#{kind}",
            source="guides",
            group=self._guide,
            kind=f"{self._asked.kind}-{kind.partition('-')[0]}",
            question=self._question,
            title=title,
            passage=text,
            answerable=shown.answerable,
            answers=shown.answers,
            evidence=shown.evidence,
            twin="" if kind.startswith("retrieved") else self._id,
        )


def _worded(question: str, rng: Generator) -> str:
    draw = rng.random()
    if draw < _KEYWORDS:
        return keywords(question)
    return request(question, rng) if draw < _KEYWORDS + _REQUESTS else question
