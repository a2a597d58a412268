"""Judgements of answers, and questions without one, on the wire."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from citespan.api.wire.spans import MAX_OFFSET
from citespan.api.wire.urls import text_url
from citespan.index import Span
from citespan.qa.collections.feedback import (
    JudgedAnswer,
    Label,
    MarkedSpan,
    Pointer,
    QuestionGroup,
)
from citespan.qa.question import MAX_QUESTION

_MOST = 50  # spans of a label
_Offset = Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)]
_Question = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION)]
_Verdict = Literal["right", "wrong", "incomplete", "should_refuse", "should_answer"]
_State = Literal["candidate", "accepted", "rejected"]


class MarkedRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Characters of a revision, and what they are: the server keeps them only if it agrees."""

    document_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    revision: Annotated[int, msgspec.Meta(ge=1, le=MAX_OFFSET)]
    start: _Offset
    end: _Offset
    quote: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]

    def marked(self) -> MarkedSpan:
        """Return what the store is to confirm."""
        return MarkedSpan(**msgspec.structs.asdict(self))


_MarkedSpans = Annotated[tuple[MarkedRequest, ...], msgspec.Meta(max_length=_MOST)]


class JudgedRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer that is judged."""

    status: Literal["answered", "partial", "abstained"]
    mode: Literal["extractive", "generated", "chat"]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]

    def judged(self) -> JudgedAnswer:
        """Return it as it is kept."""
        return JudgedAnswer(**msgspec.structs.asdict(self))


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of an answer.

    `cited` is what the answer cited, and `spans` is where the right words are, if they were shown.
    """

    question: _Question
    verdict: _Verdict
    answer: JudgedRequest
    cited: _MarkedSpans = ()
    spans: _MarkedSpans = ()


class LabelChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a label; what is not sent stays."""

    state: _State | None = None
    verdict: _Verdict | None = None
    question: _Question | None = None
    spans: _MarkedSpans | None = None


class PointerBody(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a revision. `quote` is null if they are no longer stored, or hidden."""

    document_id: str
    revision: int
    start: int
    end: int
    quote: str | None
    url: str


class LabelBody(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement of an answer. `ready` says whether it can be accepted."""

    id: str
    created_at: str
    question: str
    verdict: _Verdict
    state: _State
    status: str
    mode: str
    confidence: float
    cited: tuple[PointerBody, ...]
    spans: tuple[PointerBody, ...]
    reviewer: str
    ready: bool


class LabelListBody(msgspec.Struct, frozen=True, kw_only=True):
    """Judgements of answers, the newest first, at most 500; `counts` has all, by state."""

    labels: tuple[LabelBody, ...]
    counts: Mapping[str, int]


class GapBody(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that ask for nearly the same and got no answer.

    `question` is the most frequent wording; `by_day` counts the questions of each day.
    """

    question: str
    count: int
    first: str
    last: str
    reasons: Mapping[str, int]
    wordings: tuple[str, ...]
    by_day: Mapping[str, int]


class GapListBody(msgspec.Struct, frozen=True, kw_only=True):
    """Questions without an answer, in groups, the most frequent first; `kept` says if any are."""

    kept: bool
    gaps: tuple[GapBody, ...]


def label_body(label: Label, quotes: Mapping[Pointer, str | None], collection: str) -> LabelBody:
    """Return a label on the wire; `quotes` are what its pointers point to."""

    def body(pointer: Pointer) -> PointerBody:
        return PointerBody(
            document_id=pointer.document_id,
            revision=pointer.revision,
            start=pointer.start,
            end=pointer.end,
            quote=quotes[pointer],
            url=text_url(
                pointer.document_id, pointer.revision, Span(pointer.start, pointer.end), collection
            ),
        )

    return LabelBody(
        id=label.id,
        created_at=label.created_at,
        question=label.question,
        verdict=label.verdict.value,
        state=label.state.value,
        status=label.judged.status,
        mode=label.judged.mode,
        confidence=label.judged.confidence,
        cited=tuple(map(body, label.cited)),
        spans=tuple(map(body, label.spans)),
        reviewer=label.reviewer,
        ready=bool(label.gold) or not label.answerable,
    )


def gap_body(gap: QuestionGroup) -> GapBody:
    """Return a group of questions on the wire."""
    return GapBody(
        question=gap.question,
        count=gap.count,
        first=gap.first,
        last=gap.last,
        reasons=gap.reasons,
        wordings=gap.wordings,
        by_day=gap.by_day,
    )
