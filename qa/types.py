"""The values that answering returns. Offsets are Unicode code points, half-open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import msgspec

from citespan.index.types import Passage, Span
from citespan.qa.citation import Citation


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens by the endpoint's own count."""

    prompt_tokens: int
    completion_tokens: int


NO_USAGE = Usage(prompt_tokens=0, completion_tokens=0)


class Ending(msgspec.Struct):
    """How an answer ended: the protocol's finish reason, and the token counts if there were any."""

    reason: str | None = None
    usage: Usage | None = None


class Status(StrEnum):
    """Whether the question was answered; abstaining is an ordinary result."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class Reason(StrEnum):
    """Why there is no answer, or only a partial one."""

    NO_RELEVANT_PASSAGE = "no_relevant_passage"
    NOT_IN_PASSAGES = "not_in_passages"
    CONFLICTING_SOURCES = "conflicting_sources"
    EMPTY_INDEX = "empty_index"
    FILTERED_OUT = "filtered_out"


class Mode(StrEnum):
    """How the answer was made."""

    EXTRACTIVE = "extractive"
    GENERATED = "generated"
    CHAT = "chat"  # small talk: the service looks up and cites nothing


class Support(StrEnum):
    """How a segment relates to its citations: quoted, supported, or unsupported."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


class Policy(StrEnum):
    """What happens to an unsupported generated sentence: dropped, or sent with a mark."""

    STRICT = "strict"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """Why the service gave no answer or a partial one: for programs and for people."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the answer, by its span in `Answer.text`, with its citations."""

    span: Span
    citations: tuple[Citation, ...]
    support: Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question; citations are in the order of their first use.

    Every segment of an answered question has at least one citation, unless its support is
    `unsupported`. An abstention has no text, no segments and no citations. A partial answer has
    both text and `abstention`, which says what is missing or contradictory. An answer in mode
    `chat` is about no document and has no citations.

    question: the question as it was looked up, with follow-ups made self-contained.
    confidence: the probability that the extractive answer is right, even if it was not given. It
        is calibrated for the bundled evidence model. For a partial answer it is the minimum of the
        parts; where nothing could be read, it is 0.
    fallback: why a generated answer is missing or incomplete.
    dropped: how many generated sentences were dropped because nothing supports them.
    timings_ms: of the stages `embed`, `retrieve`, `evidence`, `generate` and `total`.
    """

    status: Status
    text: str
    segments: tuple[Segment, ...]
    citations: tuple[Citation, ...]
    abstention: Abstention | None
    passages: tuple[Passage, ...]
    mode: Mode
    confidence: float
    question: str = ""
    fallback: str | None = None
    dropped: int = 0
    usage: Usage = NO_USAGE
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    index_generation: int = 0
