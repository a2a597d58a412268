"""Passages that look right and do not hold the answer."""

from collections.abc import Iterable, Sequence

from numpy.random import Generator

from citespan.evals.training.data.sources import Asked, SourceText, normal
from citespan.index.search import LexicalIndex
from citespan.index.types import Span

Place = tuple[SourceText, Span]

_CANDIDATES = 12  # passages of the retrieval; one of those without the answer is drawn


class Negatives:
    """Paragraphs of the given documents, found by BM25 or drawn.

    Opinions about products are repeated from review to review. Only paragraphs drawn at random from
    another source can be trusted to lack an answer, so reviews are never retrieved.
    """

    def __init__(self, documents: Iterable[SourceText]) -> None:
        self._places: list[Place] = [
            (document, paragraph)
            for document in documents
            if document.source != "subjqa"
            for paragraph in document.paragraphs
        ]
        self._index = LexicalIndex(None)
        self._index.change(
            [],
            (
                (number, document.title, paragraph.of(document.text))
                for number, (document, paragraph) in enumerate(self._places)
            ),
        )

    def retrieved(self, asked: Asked, rng: Generator) -> Place | None:
        """Return one of the best paragraphs for the question that lack every answer, of any
        article.
        """
        hits = self._index.search(asked.question, _CANDIDATES)
        places = [self._places[hit.chunk_id] for hit in hits]
        return _drawn([place for place in places if place[0] is not asked.document], asked, rng)

    def article(self, asked: Asked, rng: Generator) -> Place | None:
        """Return a neighbouring paragraph of the same article that lacks every answer."""
        document = asked.document
        place = document.paragraphs.index(asked.paragraph)
        near = document.paragraphs[max(0, place - 3) : place + 4]
        others: list[Place] = [(document, span) for span in near if span != asked.paragraph]
        return _drawn(others, asked, rng)

    def random(self, asked: Asked, rng: Generator) -> Place | None:
        """Return a paragraph of any other article that lacks every answer."""
        if not self._places:
            return None
        place = self._places[int(rng.integers(len(self._places)))]
        return _drawn([place] if place[0].group != asked.document.group else [], asked, rng)


def _drawn(places: Sequence[Place], asked: Asked, rng: Generator) -> Place | None:
    answers = [normal(answer.of(asked.document.text)) for answer in asked.answers]
    fitting = [
        (document, span)
        for document, span in places
        if not any(answer in normal(span.of(document.text)) for answer in answers if answer)
    ]
    return fitting[int(rng.integers(len(fitting)))] if fitting else None
