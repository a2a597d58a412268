"""What is measured: questions with their gold, and what a system said to them.

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
    """Characters of a document that show the answer, and what stands there."""

    document_id: _Name
    start: _Offset
    end: _Offset
    text: str

    @property
    def span(self) -> Span:
        """The offsets alone."""
        return Span(self.start, self.end)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a full answer says, and other ways to say it."""

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
    spans: the evidence. facts: what a full answer must say.
    relevant: grades (1 and up) of the documents to be found; 0 was judged and is not relevant.
    topic: whether an unanswerable question is about what the documents are about.
    origin: where it was written from; questions of one document are resampled together.
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
        """What the question hangs together with others by: its document, or nothing."""
        if self.origin:
            return self.origin.document_id
        if self.spans:
            return self.spans[0].document_id
        graded = [name for name, grade in self.relevant.items() if grade > 0]
        return min(graded) if graded else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document of a data set; its text is the truth that pointers are checked against."""

    id: str
    title: str
    text: str


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a data set is; `counts` are checked when it is loaded."""

    name: _Name
    licence: str
    source: str
    language: str
    description: str = ""
    counts: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Documents and questions about them; `sha256` is of everything in it."""

    card: Card
    documents: Mapping[str, SourceDocument]
    questions: tuple[Question, ...]

    @cached_property
    def sha256(self) -> str:
        """Changes with any document and any question; not with the card."""
        import hashlib

        digest = hashlib.sha256()
        for document in self.documents.values():
            digest.update(msgspec.json.encode((document.id, document.title, document.text)))
        for question in self.questions:
            digest.update(msgspec.json.encode(question, order="sorted"))
        return digest.hexdigest()


class Status(StrEnum):
    """What a system did with a question."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class CitedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document that an answer points to.

    quote: what the system says stands there; None takes the document's own text.
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
    """What a system said to a question, whatever the system is.

    parts: which part of `text` rests on which of `citations`, by position; a system that does
        not say leaves it empty, and every citation counts for the whole text.
    passages: what it retrieved, best first.
    confidence: how sure it is that the answer is right, in [0, 1], also when it abstained.
    timings_ms: by stage; `total` is the whole.
    error: why there is no answer; the question then counts as wrong.
    """

    question_id: str
    status: Status = Status.ANSWERED
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
        """Whether it gave an answer, in part or in whole."""
        return self.error is None and self.status is not Status.ABSTAINED
