"""The values that answering gives. Offsets are Unicode code points, half-open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from index.types import Passage, Span
from qa.cite import Citation


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


class Support(StrEnum):
    """How a segment relates to its citations: their words, what they say, or neither."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


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
    """What the service says to a question; citations are in the order of the segments' own.

    Every segment of an answered question has at least one citation; an abstention has no text,
    no segments and no citations. A partial answer has both: `abstention` then says what is missing
    or contradicts itself. `confidence` is the probability that the answer is right, also of one
    that was not given: calibrated for the bundled evidence model, the least of its parts' for a
    partial answer, 0 where nothing could be read. `timings_ms` holds the stages `embed`,
    `retrieve`, `evidence` and `total`.
    """

    status: Status
    text: str
    segments: tuple[Segment, ...]
    citations: tuple[Citation, ...]
    abstention: Abstention | None
    passages: tuple[Passage, ...]
    mode: Mode
    confidence: float
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    index_generation: int = 0
