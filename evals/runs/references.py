"""Reference rows: the scores of knowing all, of knowing nothing, and of not trying. Pure."""

import random
from collections.abc import Callable, Mapping
from typing import TypeAlias

from citespan.evals.types import (
    CitedSpan,
    Dataset,
    Question,
    Response,
    ResponseStatus,
    RetrievedSpan,
    SourceDocument,
)
from citespan.index import Span
from citespan.index.text import sentences

Documents: TypeAlias = Mapping[str, SourceDocument]
Reference: TypeAlias = Callable[[Dataset, Question, Response, int], Response]


def oracle(dataset: Dataset, question: Question, _: Response, __: int) -> Response:
    """Return the gold itself: retrieved, cited, and said; refuse an unanswerable question."""
    gold = _gold(dataset, question)
    passages = tuple(
        RetrievedSpan(document_id=c.document_id, start=c.start, end=c.end) for c in gold
    )
    if not question.answerable:
        return Response(question_id=question.id, status=ResponseStatus.ABSTAINED, passages=passages)
    said = question.answers[:1] or question.references[:1]
    facts = tuple(fact.text for fact in question.facts)
    text = " ".join(said or facts or [cited.quote or "" for cited in gold])
    return Response(question_id=question.id, text=text, citations=gold, passages=passages)


def top_passage(dataset: Dataset, question: Question, subject: Response, _: int) -> Response:
    """Return the whole first passage that the subject retrieved, for every question."""
    return copied(question.id, subject.passages, dataset.documents)


def first_sentence(dataset: Dataset, question: Question, subject: Response, _: int) -> Response:
    """Return the first sentence of that passage."""
    found = _sentences(dataset, subject.passages[:1])
    return _quoted(question.id, found[:1], subject.passages)


def random_sentence(dataset: Dataset, question: Question, subject: Response, seed: int) -> Response:
    """Return a sentence drawn from all that the subject retrieved."""
    found = _sentences(dataset, subject.passages)
    if found:
        draw = random.Random(f"{seed} {question.id}")  # noqa: S311  (a baseline, not a secret)
        found = [draw.choice(found)]
    return _quoted(question.id, found, subject.passages)


def abstention(_: Dataset, question: Question, subject: Response, __: int) -> Response:
    """Return no answer to any question."""
    return Response(
        question_id=question.id, status=ResponseStatus.ABSTAINED, passages=subject.passages
    )


REFERENCES: Mapping[str, Reference] = {
    "oracle": oracle,
    "top passage": top_passage,
    "first sentence": first_sentence,
    "random sentence": random_sentence,
    "always abstain": abstention,
}


def copied(question_id: str, passages: tuple[RetrievedSpan, ...], documents: Documents) -> Response:
    """Return the first passage for an answer, cited whole; an abstention if there is none."""
    first = [
        _cited(documents, passage.document_id, Span(passage.start, passage.end))
        for passage in passages[:1]
    ]
    return _quoted(question_id, first, passages)


def _quoted(
    question_id: str, cited: list[CitedSpan], passages: tuple[RetrievedSpan, ...]
) -> Response:
    return Response(
        question_id=question_id,
        status=ResponseStatus.ANSWERED if cited else ResponseStatus.ABSTAINED,
        text=" ".join(citation.quote or "" for citation in cited),
        citations=tuple(cited),
        passages=passages,
    )


def _gold(dataset: Dataset, question: Question) -> tuple[CitedSpan, ...]:
    if question.spans:
        return tuple(
            CitedSpan(document_id=gold.document_id, start=gold.start, end=gold.end, quote=gold.text)
            for gold in question.spans
        )
    best = sorted(
        (name for name, grade in question.relevant.items() if grade > 0),
        key=lambda name: -question.relevant[name],
    )
    return tuple(
        _cited(dataset.documents, name, Span(0, len(dataset.documents[name].text))) for name in best
    )


def _sentences(dataset: Dataset, passages: tuple[RetrievedSpan, ...]) -> list[CitedSpan]:
    return [
        _cited(dataset.documents, passage.document_id, span)
        for passage in passages
        if (document := dataset.documents.get(passage.document_id))
        and passage.end <= len(document.text)
        for span in sentences(document.text, Span(passage.start, passage.end))
    ]


def _cited(documents: Documents, document_id: str, span: Span) -> CitedSpan:
    document = documents.get(document_id)
    quote = document.text[span.start : span.end] if document else None
    return CitedSpan(document_id=document_id, start=span.start, end=span.end, quote=quote)
