"""Parts of documents as a question's page shows them, with gold and cited characters marked. Pure.

Everything is marked by offsets over the data set's own text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evals.report.text import Piece, pieces, window, within
from evals.types import CitedSpan, Dataset, GoldSpan, Question, Response, RetrievedSpan
from index import Span

MOST_PASSAGES = 5
_MOST_CHARACTERS = 4_000  # of one excerpt; a passage may be a whole document
_CONTEXT = 160  # characters on each side of a span that no shown passage holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Characters of a document; `span` is what it is about, `shown` what of it is to be seen.

    heading: what it is. relevance: the document's grade. note: why nothing is shown.
    before, after: whether the document goes on there.
    """

    heading: str
    document_id: str
    title: str
    start: int
    end: int
    shown: Span
    pieces: tuple[Piece, ...]
    before: bool
    after: bool
    score: float | None = None
    relevance: int | None = None
    note: str | None = None


class Excerpts:
    """Makes the excerpts of one question."""

    def __init__(self, dataset: Dataset, question: Question, response: Response) -> None:
        self._dataset = dataset
        self._question = question
        self._response = response

    def all(self) -> tuple[Excerpt, ...]:
        """The first passages in rank order, then the spans that none of them shows."""
        passages = [
            self._passage(rank, passage)
            for rank, passage in enumerate(self._response.passages[:MOST_PASSAGES], start=1)
        ]
        return (*passages, *self._missed(passages), *self._cited_elsewhere(passages))

    def _passage(self, rank: int, passage: RetrievedSpan) -> Excerpt:
        excerpt = self._excerpt(f"Passage {rank}", passage, context=0)
        return replace(excerpt, score=passage.score)

    def _missed(self, shown: Sequence[Excerpt]) -> Iterator[Excerpt]:
        for gold in self._question.spans:
            if _unseen(gold, shown):
                yield self._excerpt(f"Gold, {self._rank(gold)}", gold, context=_CONTEXT)

    def _cited_elsewhere(self, shown: Sequence[Excerpt]) -> Iterator[Excerpt]:
        for number, cited in enumerate(self._response.citations, start=1):
            if _unseen(cited, shown):
                heading = f"Citation {number}, not in the passages above"
                yield self._excerpt(heading, cited, context=_CONTEXT)

    def _rank(self, gold: GoldSpan) -> str:
        """Where a gold span was retrieved; a part of it is enough."""
        for rank, passage in enumerate(self._response.passages, start=1):
            same = passage.document_id == gold.document_id
            if same and passage.start < gold.end and gold.start < passage.end:
                return f"in passage {rank}, beyond what is shown"
        return "not retrieved"

    def _excerpt(
        self, heading: str, place: RetrievedSpan | GoldSpan | CitedSpan, *, context: int
    ) -> Excerpt:
        document = self._dataset.documents.get(place.document_id)
        text = document.text if document else ""
        span = within(place.start, place.end, text)
        gold = _spans(self._question.spans, place.document_id, text)
        cited = _spans(self._response.citations, place.document_id, text)
        shown = window(span, (*gold, *cited), most=_MOST_CHARACTERS, before=_CONTEXT)
        if context and span:
            shown = within(shown.start - context, shown.end + context, text)
        nothing = "There is no such document." if document is None else None
        outside = None if span else "The document has no text there."
        return Excerpt(
            heading=heading,
            document_id=place.document_id,
            title=document.title if document else "",
            start=place.start,
            end=place.end,
            shown=shown,
            pieces=tuple(pieces(text, shown, gold, cited)),
            before=shown.start > (0 if context else span.start),
            after=shown.end < (len(text) if context else span.end),
            relevance=self._question.relevant.get(place.document_id),
            note=nothing or outside,
        )


def _spans(
    places: Sequence[GoldSpan] | Sequence[CitedSpan], document_id: str, text: str
) -> list[Span]:
    return [within(p.start, p.end, text) for p in places if p.document_id == document_id]


def _unseen(place: GoldSpan | CitedSpan, shown: Sequence[Excerpt]) -> bool:
    """Whether any of its characters is in none of the excerpts; they may share it."""
    at = place.start
    same = [e.shown for e in shown if e.document_id == place.document_id]
    for span in sorted(same, key=lambda span: span.start):
        if span.start <= at < span.end:
            at = span.end
    return at < place.end
