"""The values that answering gives. Offsets are Unicode code points, half-open."""

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
    """Why there is no answer, or not a whole one."""

    NO_RELEVANT_PASSAGE = "no_relevant_passage"
    NOT_IN_PASSAGES = "not_in_passages"
    CONFLICTING_SOURCES = "conflicting_sources"
    EMPTY_INDEX = "empty_index"
    FILTERED_OUT = "filtered_out"


class Mode(StrEnum):
    """How the answer was made."""

    EXTRACTIVE = "extractive"
    GENERATED = "generated"
    CHAT = "chat"  # small talk: nothing was looked up, and nothing is cited


class Support(StrEnum):
    """How a segment relates to its citations: their very text, what they say, or neither."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


class Policy(StrEnum):
    """What becomes of a generated sentence that nothing supports: dropped, or sent marked so."""

    STRICT = "strict"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """Why the service did not answer, or not all of it, for programs and for people."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the answer, by its span in `Answer.text`, and what it points to."""

    span: Span
    citations: tuple[Citation, ...]
    support: Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service says to a question; citations are in the order of their first use.

    Every segment of an answered question has at least one citation, unless its support is
    `unsupported`; an abstention has no text, no segments and no citations. A partial answer has
    both: `abstention` then says what is missing or contradicts itself. What is said in a chat
    (`mode`) is about no document, and has no citations.

    question: as it was looked up: a follow-up stands alone in it.
    confidence: the probability that the extractive answer is right, also of one that was not
        given: calibrated for the bundled evidence model, the least of its parts' for a partial
        answer, 0 where nothing could be read.
    fallback: why an answer that should have been generated was not, or only in part.
    dropped: generated sentences that were left out because nothing supports them.
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
