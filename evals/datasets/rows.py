"""The lines of a data set's files."""

from typing import Literal

import msgspec

from citespan.evals.types import Fact, Question, Region


class DocumentRow(msgspec.Struct, kw_only=True):
    """A line of corpus.jsonl; other fields are ignored, as in BEIR."""

    id: str = msgspec.field(name="_id")
    title: str | None = None
    text: str


class QueryMetadata(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The fields of queries.jsonl beyond BEIR; other fields are ignored."""

    topic: Literal["on", "off"] | None = None
    origin: Region | None = None


class QueryRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of queries.jsonl."""

    id: str = msgspec.field(name="_id")
    text: str
    metadata: QueryMetadata | None = None


class SpanRow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of spans.jsonl."""

    query_id: str
    document_id: str
    start: int
    end: int
    text: str


class AnswerRow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of answers.jsonl."""

    query_id: str
    answerable: bool
    answers: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    references: tuple[str, ...] = ()


def query_row(question: Question) -> QueryRow:
    """Return the question's line of queries.jsonl."""
    metadata = None
    if question.topic or question.origin:
        metadata = QueryMetadata(topic=question.topic, origin=question.origin)
    return QueryRow(id=question.id, text=question.text, metadata=metadata)


def answer_row(question: Question) -> AnswerRow:
    """Return the question's line of answers.jsonl."""
    return AnswerRow(
        query_id=question.id,
        answerable=question.answerable,
        answers=question.answers,
        facts=question.facts,
        references=question.references,
    )
