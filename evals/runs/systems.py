"""The systems that can be measured: citespan in this process, and only its retrieval."""

from collections.abc import Collection
from typing import Protocol

from citespan.evals.runs.references import Documents, copied
from citespan.evals.types import (
    AnswerPart,
    CitedSpan,
    Question,
    Response,
    ResponseStatus,
    RetrievedSpan,
)
from citespan.index import Corpus, Passage
from citespan.index.errors import StoreError
from citespan.index.types import Side
from citespan.qa import Answer, Service
from citespan.qa.errors import QAError

DEPTH = 20  # passages of a retrieval system: as many as citespan judges by default


class System(Protocol):
    """A system that answers questions. It is asked one question after the other."""

    def respond(self, question: Question) -> Response:
        """Return the system's response; an error of one question is in `Response.error`."""
        ...


class CitespanSystem:
    """The citespan system itself, as `qa.Service` answers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def respond(self, question: Question) -> Response:
        """Return the service's answer with the passages that it judged."""
        try:
            answer = self._service.ask(question.text)
        except (QAError, StoreError) as error:
            return Response(question_id=question.id, error=str(error))
        return response_of(question.id, answer)


class RetrievalSystem:
    """The retrieval of a corpus without reading; its answer is the whole first passage."""

    def __init__(self, corpus: Corpus, documents: Documents, sides: Collection[Side]) -> None:
        self._corpus = corpus
        self._documents = documents
        self._sides = sides

    def respond(self, question: Question) -> Response:
        """Return the best passages by the requested sides."""
        try:
            found = self._corpus.search(question.text, k=DEPTH, sides=self._sides)
        except StoreError as error:
            return Response(question_id=question.id, error=str(error))
        return copied(question.id, tuple(map(_retrieved, found)), self._documents)


def response_of(question_id: str, answer: Answer) -> Response:
    """Return an answer of citespan as a response."""
    return Response(
        question_id=question_id,
        status=ResponseStatus(answer.status.value),
        text=answer.text,
        parts=tuple(
            AnswerPart(
                start=segment.span.start,
                end=segment.span.end,
                citations=tuple(citation.number - 1 for citation in segment.citations),
            )
            for segment in answer.segments
        ),
        citations=tuple(
            CitedSpan(
                document_id=citation.document.id,
                start=citation.span.start,
                end=citation.span.end,
                quote=citation.quote,
                utf16_start=citation.utf16.start,
                utf16_end=citation.utf16.end,
            )
            for citation in answer.citations
        ),
        passages=tuple(_retrieved(passage) for passage in answer.passages),
        confidence=answer.confidence,
        reason=answer.abstention.reason.value if answer.abstention else None,
        timings_ms=answer.timings_ms,
    )


def _retrieved(passage: Passage) -> RetrievedSpan:
    chunk, scores = passage.chunk, passage.scores
    return RetrievedSpan(
        document_id=chunk.document_id,
        start=chunk.span.start,
        end=chunk.span.end,
        score=scores.fused if scores.relevance is None else scores.relevance,
    )
