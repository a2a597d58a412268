"""The results of scoring and of runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from citespan.evals.types import Dataset, Response


class QuestionOutcome(StrEnum):
    """The outcome of a question: counted, counted as wrong, or left out on purpose."""

    SCORED = "scored"
    FAILED = "failed"
    SKIPPED = "skipped"


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over `n` questions with its 95 % interval; None if there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class QuestionScore(msgspec.Struct, frozen=True, kw_only=True):
    """One question's measures by name; None where a measure does not apply to it.

    problems: descriptions of the faults of its pointers.
    """

    question_id: str
    outcome: QuestionOutcome
    values: Mapping[str, float | None]
    problems: tuple[str, ...] = ()
    error: str | None = None


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """A bin of the reliability diagram: stated confidence against the share that was right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """The points to plot.

    risk_coverage: (share of questions answered, share of those that are wrong), surest first.
    reliability: bins that are not empty.
    span_recall: (characters read, mean share of gold characters among them).
    """

    risk_coverage: tuple[tuple[float, float], ...] = ()
    reliability: tuple[Bin, ...] = ()
    span_recall: tuple[tuple[int, float], ...] = ()


class SystemScores(msgspec.Struct, frozen=True, kw_only=True):
    """A system's measures on a data set.

    questions: one for each question of the data set, in its order.
    counts: total, scored, failed, skipped, citations; and the confusion matrix of those scored:
        answerable_answered, answerable_abstained, unanswerable_answered, unanswerable_abstained (a
        failed question is in none of the four).
    resampled: the units that the intervals were resampled by.
    """

    questions: tuple[QuestionScore, ...]
    estimates: Mapping[str, Estimate]
    counts: Mapping[str, int]
    curves: Curves
    resampled: str


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Latency of a stage over the questions, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The provenance of a run (`run.json`): all that may differ between two runs, with timings.

    citespan: the version that answered, for a server its own; all else is of this process.
    """

    format: int
    created_at: str
    citespan: str
    subject: str
    dataset: Mapping[str, str | int]
    settings: Mapping[str, Mapping[str, str | int | float | bool | None]]
    index: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    machine: Mapping[str, str | int]
    seed: int
    resamples: int
    latency_ms: Mapping[str, Percentiles]
    peak_memory_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run: the subject and the reference rows on the same questions.

    scores: by system, the subject first. responses: the subject's, by question.
    """

    dataset: Dataset
    info: RunInfo
    scores: Mapping[str, SystemScores]
    responses: Mapping[str, Response]
