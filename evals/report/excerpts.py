"""Parts of documents on a question's page, with gold and cited characters marked. Pure.

All marks are offsets in the data set's own text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citespan.evals.report.text import Fit, TextPiece, kept, pieces, within
from citespan.evals.types import (
    CitedSpan,
    Dataset,
    GoldSpan,
    Question,
    Response,
    RetrievedSpan,
)
from citespan.index import Span

_Place = GoldSpan | CitedSpan
_CONTEXT = 160  # characters on each side of a span that no shown passage holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """The amount of detail of a page.

    passages: the number of top passages, with marks or without. excerpts: the number of passages
        and other excerpts.
    name: `full` or `brief`.
    """

    name: str
    passages: int
    excerpts: int
    fit: Fit


FULL = Detail(name="full", passages=5, excerpts=20, fit=Fit(whole=1_500, around=300, most=4_000))
BRIEF = Detail(name="brief", passages=1, excerpts=4, fit=Fit(whole=400, around=120, most=800))


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Characters `[start, end)` of a document.

    heading: its title. pieces: its visible parts, with counts of the characters left out.
    before, after: whether there is more of the document than the heading promises.
    relevance: the document's grade. note: the reason why nothing is shown.
    """

    heading: str
    document_id: str
    title: str
    start: int
    end: int
    pieces: tuple[TextPiece, ...]
    before: bool = False
    after: bool = False
    score: float | None = None
    relevance: int | None = None
    note: str | None = None


class Excerpts:
    """The excerpts of one question."""

    def __init__(
        self, dataset: Dataset, question: Question, response: Response, detail: Detail
    ) -> None:
        self._dataset = dataset
        self._question = question
        self._response = response
        self._detail = detail
        marks = (*question.spans, *response.citations)
        self._ranks = tuple(
            rank
            for rank, passage in enumerate(response.passages, start=1)
            if rank <= detail.passages or any(_touch(passage, mark) for mark in marks)
        )[: detail.excerpts]

    def all(self) -> tuple[Excerpt, ...]:
        """Return the first passages and those with marks, in rank order; then spans outside of
        them.
        """
        passages = [
            self._excerpt(f"Passage {rank}", self._response.passages[rank - 1])
            for rank in self._ranks
        ]
        room = self._detail.excerpts - len(passages)
        return (*passages, *list(self._others())[:room])

    def left_out(self) -> list[str]:
        """Return descriptions of the excerpts that are left out."""
        found: list[str] = []
        passages = len(self._response.passages) - len(self._ranks)
        if passages:
            marked = len(self._ranks) == self._detail.excerpts
            hold = "" if marked else " without gold and cited text"
            found.append(f"{_count(passages, 'more passage')}{hold}")
        room = self._detail.excerpts - len(self._ranks)
        others = len(list(self._others())) - room
        if others > 0:
            found.append(_count(others, "more gold or cited span"))
        return found

    def _others(self) -> Iterator[Excerpt]:
        """Yield gold and cited spans that are, in part or in whole, in no shown passage."""
        for gold in self._question.spans:
            if not self._is_shown(gold):
                yield self._excerpt(f"Gold, {self._where(gold)}", gold, context=_CONTEXT)
        for number, cited in enumerate(self._response.citations, start=1):
            if not self._is_shown(cited):
                heading = f"Citation {number}, {self._where(cited)}"
                yield self._excerpt(heading, cited, context=_CONTEXT)

    def _where(self, place: _Place) -> str:
        """Return where a span was retrieved; a part of it is enough."""
        for rank, passage in enumerate(self._response.passages, start=1):
            if _touch(passage, place):
                return f"in part in passage {rank}"
        return "in no retrieved passage"

    def _is_shown(self, place: _Place) -> bool:
        """Return whether the shown passages together hold all characters of a span."""
        at = place.start
        passages = [self._response.passages[rank - 1] for rank in self._ranks]
        for passage in sorted(passages, key=lambda passage: passage.start):
            same = passage.document_id == place.document_id
            if same and passage.start <= at < passage.end:
                at = passage.end
        return at >= place.end

    def _excerpt(self, heading: str, place: RetrievedSpan | _Place, *, context: int = 0) -> Excerpt:
        document = self._dataset.documents.get(place.document_id)
        text = document.text if document else ""
        span = within(place.start, place.end, text)
        note = None if span else "The document has no text there."
        if document is None:
            note = "There is no such document."
        elif span and context:
            span = within(span.start - context, span.end + context, text)
        gold = _spans(self._question.spans, place.document_id, text)
        cited = _spans(self._response.citations, place.document_id, text)
        parts = kept(span, (*gold, *cited), self._detail.fit)
        return Excerpt(
            heading=heading,
            document_id=place.document_id,
            title=document.title if document else "",
            start=place.start,
            end=place.end,
            pieces=tuple(pieces(text, span, parts, gold, cited)),
            before=bool(context) and span.start > 0,
            after=bool(context) and span.end < len(text),
            score=place.score if isinstance(place, RetrievedSpan) else None,
            relevance=self._question.relevant.get(place.document_id),
            note=note,
        )


def _spans(places: Sequence[_Place], document_id: str, text: str) -> list[Span]:
    """Return spans of one document; empty spans stand for other documents, to keep the numbers."""
    return [
        within(p.start, p.end, text) if p.document_id == document_id else Span(0, 0) for p in places
    ]


def _touch(passage: RetrievedSpan, place: _Place) -> bool:
    same = passage.document_id == place.document_id
    return same and passage.start < place.end and place.start < passage.end


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
