"""Questions with their gold, and the responses of systems to them.

Offsets are Unicode code points of the data set's own text, zero-based and half-open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

import msgspec

from citespan.index import Span

_Offset = Annotated[int, msgspec.Meta(ge=0)]
_Name = Annotated[str, msgspec.Meta(min_length=1)]


class GoldSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Characters of a document that show the answer, and their text."""

    document_id: _Name
    start: _Offset
    end: _Offset
    text: str

    @property
    def span(self) -> Span:
        """Offsets without the text."""
        return Span(self.start, self.end)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A statement that a full answer contains, and other ways to say it."""

    text: _Name
    aliases: tuple[str, ...] = ()


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The part of a document that a question was written from."""

    document_id: _Name
    start: _Offset
    end: _Offset


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question and all that is known of its answer.

    answerable: whether the documents hold the answer.
    answers: accepted short answers. references: full answers, written by people.
    spans: the evidence. facts: statements that a full answer must contain.
    relevant: grades of the documents to be found: 1 and up; 0 was judged and is not relevant.
    topic: for an unanswerable question, whether its topic is that of the documents.
    origin: the region it was written from; questions of one document are resampled together.
    """

    id: _Name
    text: _Name
    answerable: bool
    answers: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    spans: tuple[GoldSpan, ...] = ()
    facts: tuple[Fact, ...] = ()
    relevant: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    topic: Literal["on", "off"] | None = None
    origin: Region | None = None

    @property
    def cluster(self) -> str:
        """Key of the questions that are resampled together: the document, or nothing."""
        if self.origin:
            return self.origin.document_id
        if self.spans:
            return self.spans[0].document_id
        graded = [name for name, grade in self.relevant.items() if grade > 0]
        return min(graded) if graded else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document of a data set; pointers are checked against its text."""

    id: str
    title: str
    text: str


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The description of a data set; `counts` are checked when it is loaded."""

    name: _Name
    licence: str
    source: str
    language: str
    description: str = ""
    counts: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Documents and questions about them; `sha256` covers everything in it."""

    card: Card
    documents: Mapping[str, SourceDocument]
    questions: tuple[Question, ...]

    @cached_property
    def sha256(self) -> str:
        """Hash of all documents and all questions, without the card."""
        import hashlib

        digest = hashlib.sha256()
        for document in self.documents.values():
            digest.update(msgspec.json.encode((document.id, document.title, document.text)))
        for question in self.questions:
            digest.update(msgspec.json.encode(question, order="sorted"))
        return digest.hexdigest()


class ResponseStatus(StrEnum):
    """The outcome of a question: a full or partial answer, or an abstention."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class CitedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document that an answer points to.

    quote: the text that the system states for them; None means the document's own text.
    utf16_start, utf16_end: the same place in UTF-16 code units, where the system gives them.
    """

    document_id: str
    start: int
    end: int
    quote: str | None = None
    utf16_start: int | None = None
    utf16_end: int | None = None


class RetrievedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A retrieved passage, by its place."""

    document_id: str
    start: int
    end: int
    score: float | None = None


class AnswerPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the answer, by code points of its text, and the citations it rests on."""

    start: int
    end: int
    citations: tuple[int, ...]


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A system's response to a question, for any system.

    parts: which part of `text` rests on which of `citations`, by position. If a system gives no
        parts, this is empty and every citation counts for the whole text.
    passages: the retrieved passages, best first.
    confidence: the probability that the answer is right, in [0, 1], also for an abstention.
    timings_ms: by stage; `total` is the whole.
    error: the reason why there is no answer; the question then counts as wrong.
    """

    question_id: str
    status: ResponseStatus = ResponseStatus.ANSWERED
    text: str = ""
    parts: tuple[AnswerPart, ...] = ()
    citations: tuple[CitedSpan, ...] = ()
    passages: tuple[RetrievedSpan, ...] = ()
    confidence: float | None = None
    reason: str | None = None
    timings_ms: Mapping[str, float] = msgspec.field(default_factory=dict[str, float])
    error: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the system gave an answer, in part or in whole."""
        return self.error is None and self.status is not ResponseStatus.ABSTAINED
