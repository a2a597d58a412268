"""Finished runs of the evaluation on the wire."""

from typing import Literal

import msgspec


class MeasureBody(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over `n` questions with its 95 % interval; null if there is nothing to count."""

    name: str
    title: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    higher_is_better: bool


class RunBody(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run. `id` is its folder among the runs; `headline` are the measures to look at."""

    id: str
    dataset: str
    created_at: str
    subject: str
    documents: int
    questions: int
    failed: int
    headline: tuple[MeasureBody, ...]


class RunListBody(msgspec.Struct, frozen=True, kw_only=True):
    """The finished runs of the data folder, the newest first."""

    runs: tuple[RunBody, ...]


class BinBody(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of about the same confidence, and the share of them that was right."""

    confidence: float
    accuracy: float
    n: int


class MistakeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A question that went wrong: the kind of its fault, and a sentence about it."""

    question_id: str
    question: str
    fault: str
    sentence: str


class RunDetailBody(RunBody, frozen=True, kw_only=True):
    """A run with the points of its plots, and its mistakes, the worst first.

    `risk_coverage` are pairs of the share of questions answered and the share of those wrong;
    `span_recall` are pairs of characters read and the share of the gold among them.
    """

    risk_coverage: tuple[tuple[float, float], ...]
    reliability: tuple[BinBody, ...]
    span_recall: tuple[tuple[float, float], ...]
    mistakes: tuple[MistakeBody, ...]


class DifferenceBody(msgspec.Struct, frozen=True, kw_only=True):
    """A measure before and after; `p` is adjusted for how many measures are compared."""

    measure: str
    title: str
    before: float
    after: float
    n: int
    p: float
    verdict: Literal["better", "worse", "same"]


class TurnedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A question that turned; `before` and `after` are its faults, null if it had none."""

    question_id: str
    question: str
    before: str | None
    after: str | None


class ComparisonBody(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs of the same questions: what differs, and the questions that turned."""

    differences: tuple[DifferenceBody, ...]
    turned: tuple[TurnedBody, ...]
