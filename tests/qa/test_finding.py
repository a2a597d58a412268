"""Which of the ranked passages are read."""

from collections.abc import Sequence

import pytest

from citespan.index import Corpus, Draft
from citespan.index.types import Span
from citespan.qa.evidence import AnswerThreshold, Finder, Rules
from citespan.qa.evidence.protocol import Look, Mark, Reading, Titled

RELEVANCE = {"Iron": 5.0, "Stone": 2.5, "Wooden": 1.5}


class Fixed:
    """A reader that knows each passage's relevance by its first word, and notes what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        return [FixedLook(self, passage.text) for passage in passages]


class FixedLook:
    def __init__(self, reader: Fixed, text: str) -> None:
        self._reader, self._text = reader, text
        self.relevance = RELEVANCE[text.split()[0]]

    def read(self) -> Reading:
        self._reader.read.append(self._text.split()[0])
        marks = (Mark(Span(0, len(self._text)), 0.9),)
        return Reading(relevance=self.relevance, probability=0.9, marks=marks, answer=None)


@pytest.mark.parametrize(
    ("gap", "read"),
    [(2.0, ["Iron"]), (3.0, ["Iron", "Stone"]), (4.0, ["Iron", "Stone", "Wooden"])],
)
def test_what_is_far_below_the_best_is_not_read(
    corpus: Corpus, gap: float, read: list[str]
) -> None:
    for kind in RELEVANCE:
        corpus.put(Draft(id=kind, title="", text=f"{kind} bridges cross the river."))
    passages = corpus.search("What crosses the river?", k=3)
    documents = {name: corpus.get(name) for name in RELEVANCE}
    reader = Fixed()
    Finder(reader, AnswerThreshold(gap=gap), Rules()).find(
        "What crosses the river?", passages, documents
    )
    assert sorted(reader.read) == read
