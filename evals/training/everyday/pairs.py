"""Pairs of a written question with passages that a search finds, as they are read at work."""

import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from citespan.evals.training.everyday.questions import EverydayQuestion, JudgedPassage
from citespan.evals.training.examples import Example
from citespan.evals.training.guides import (
    Shown,
    drawn,
    found_pieces,
    is_within,
    shown_as,
    titled,
    without,
)
from citespan.index import Corpus
from citespan.index.types import Span
from citespan.qa.evidence import Piece

IsHere = Callable[[str], bool]

_GIVEN = 2  # passages with the answer, at most, for each question


def pairs_of(
    corpus: Corpus, names: Mapping[str, str], asked: EverydayQuestion, is_here: IsHere, seed: int
) -> Iterator[Example]:
    """Yield the pairs of a question: with passages that answer it, and with one or two that do not.

    Of those that were judged not to answer, the last is taken, which the newest model took for an
    answer.

    Args:
        corpus: the collection.
        names: the ids of its documents, by group.
        asked: the question.
        is_here: whether a group lies in the same part of the data as the question.
        seed: equal seeds give equal pairs.

    Raises:
        TrainingError: a gold text is not once in its file.
    """
    yield from _Pairs(corpus, names, asked, is_here, seed).examples()


class _Pairs:
    def __init__(
        self,
        corpus: Corpus,
        names: Mapping[str, str],
        asked: EverydayQuestion,
        is_here: IsHere,
        seed: int,
    ) -> None:
        self._asked, self._is_here = asked, is_here
        self._groups = {name: group for group, name in names.items()}
        text = corpus.get(names[asked.group]).text
        self._gold = asked.spans(text)
        self._id = self._id_of(asked.question)
        self._rng = np.random.default_rng([seed, zlib.crc32(self._id.encode())])
        found = found_pieces(corpus, asked.question)
        if not any(map(self._holds, found)):
            found += [one for gold in asked.gold for one in found_pieces(corpus, gold)]
        self._pieces = {(self._group(one), one.span): one for one in found}

    def examples(self) -> Iterator[Example]:
        yield from self._given()
        others = [one for one in self._pieces.values() if self._lacks(one)]
        against: list[Piece] = []
        for judged in self._asked.judged:
            same = [one for one in others if self._is_of(one, judged)]
            others = [one for one in others if one not in same]
            if judged.says == "no":
                against = same[:1] or against
            elif judged.says == "yes" and len(same) == 1:
                yield from self._also(same[0], judged)
        own = [one for one in others if self._group(one) == self._asked.group]
        if not self._gold and own:
            kind = "near" if self._asked.twin else "retrieved-own"
            yield self._example(kind, Shown(own[0], answerable=False))
            others.remove(own[0])
        for piece in against or drawn(others, 1, self._rng):
            yield self._example("retrieved", Shown(piece, answerable=False))

    def _also(self, piece: Piece, judged: JudgedPassage) -> Iterator[Example]:
        """Yield a passage that answers, too, if it shows what was said to answer."""
        start = piece.view.text.find(judged.quote) if judged.quote else -1
        if start >= 0:
            shown = Shown(
                piece, answerable=True, evidence=(Span(start, start + len(judged.quote)),)
            )
            yield self._example(f"judged-{judged.start}", shown)

    def _given(self) -> Iterator[Example]:
        held = [piece for piece in self._pieces.values() if self._holds(piece)]
        for at, piece in enumerate(held[:_GIVEN]):
            here = [gold for gold in self._gold if is_within(gold, piece.span)]
            yield self._example(f"given-{at}", shown_as(piece, here, self._asked.answer))
        left = without(held[0], self._gold) if held else None
        if left and not (self._asked.answer and self._asked.answer in left.view.text):
            yield self._example("removed", Shown(left, answerable=False))

    def _id_of(self, question: str) -> str:
        return f"everyday:{self._asked.collection}-{zlib.crc32(question.encode()):08x}"

    def _group(self, piece: Piece) -> str:
        return self._groups[piece.passage.chunk.document_id]

    def _holds(self, piece: Piece) -> bool:
        """Return whether a passage has a whole text of the gold."""
        return self._group(piece) == self._asked.group and any(
            is_within(gold, piece.span) for gold in self._gold
        )

    def _lacks(self, piece: Piece) -> bool:
        """Return whether a passage has nothing of the gold, and its file is in the same part."""
        group = self._group(piece)
        own = group == self._asked.group and any(gold.overlap(piece.span) for gold in self._gold)
        return not own and self._is_here(group)

    def _is_of(self, piece: Piece, judged: JudgedPassage) -> bool:
        group = f"{judged.collection or self._asked.collection}/{judged.file}"
        return self._group(piece) == group and bool(piece.span.overlap(judged.span))

    def _example(self, kind: str, shown: Shown) -> Example:
        title, text = titled(shown.piece, self._rng)
        return Example(
            id=f"{self._id}#{kind}",
            source="abroad" if self._asked.is_abroad else "everyday",
            group=self._asked.group,
            kind=kind.partition("-")[0],
            question=self._asked.question,
            title=title,
            passage=text,
            answerable=shown.answerable,
            answers=shown.answers,
            evidence=shown.evidence,
            twin=""
            if kind.startswith("retrieved")
            else self._id_of(self._asked.twin or self._asked.question),
        )
