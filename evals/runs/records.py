"""Finished runs: the content of `metrics.json`, and both files of measures read back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self, TypeAlias

import msgspec

from citespan.decoding import from_json
from citespan.evals.errors import RunError
from citespan.evals.results import Estimate, QuestionOutcome, Run, SystemScores
from citespan.evals.types import Dataset

FORMAT = 1
METRICS = "metrics.json"
#: Shares are in [0, 1], numbers of citations above; no run writes larger values.
Value: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class DatasetRef(msgspec.Struct, frozen=True, kw_only=True):
    """The data set that was asked."""

    name: str
    sha256: str
    documents: int
    questions: int

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Return the identification of a data set."""
        return cls(
            name=dataset.card.name,
            sha256=dataset.sha256,
            documents=len(dataset.documents),
            questions=len(dataset.questions),
        )


class SystemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the report."""

    counts: Mapping[str, int]
    resampled: str
    estimates: Mapping[str, Estimate]

    @classmethod
    def of(cls, scores: SystemScores) -> Self:
        """Return a system's scores without its questions."""
        return cls(counts=scores.counts, resampled=scores.resampled, estimates=scores.estimates)


class RunMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Every measure of every system: `metrics.json`."""

    format: int
    dataset: DatasetRef
    subject: str
    seed: int
    resamples: int
    systems: Mapping[str, SystemRecord]

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the measures of a run."""
        return cls(
            format=FORMAT,
            dataset=DatasetRef.of(run.dataset),
            subject=run.info.subject,
            seed=run.info.seed,
            resamples=run.info.resamples,
            systems={name: SystemRecord.of(scores) for name, scores in run.scores.items()},
        )


class QuestionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A question's outcome and measures."""

    question_id: str
    cluster: str
    outcome: QuestionOutcome
    values: Mapping[str, Value | None]
    problems: tuple[str, ...]
    error: str | None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run: its subject's measures, and each question's."""

    dataset: DatasetRef
    subject: str
    result: SystemRecord
    questions: Mapping[str, QuestionRecord]


def read_run(folder: Path) -> RunRecord:
    """Read the run in a folder.

    Raises:
        RunError: there is none, it is not finished, or a file is damaged.
    """
    if not (folder / METRICS).is_file():
        raise RunError(f"{folder} holds no finished run: it has no {METRICS}")
    at = folder / METRICS
    try:
        metrics = from_json(at.read_bytes(), RunMetrics)
        at = folder / "per_question.jsonl"
        lines = [line for line in at.read_bytes().split(b"\n") if line]
        rows = [from_json(line, QuestionRecord) for line in lines]
    except (msgspec.MsgspecError, OSError, ValueError, RecursionError) as error:
        raise RunError(f"{at} is damaged: {error}") from error
    if metrics.format != FORMAT:
        raise RunError(f"{folder} is of format {metrics.format}; this citespan reads {FORMAT}")
    questions = {row.question_id: row for row in rows}
    wanted = metrics.dataset.questions
    if metrics.subject not in metrics.systems or not len(questions) == len(rows) == wanted:
        raise RunError(f"{folder} is damaged: its files are not of one run")
    return RunRecord(
        dataset=metrics.dataset,
        subject=metrics.subject,
        result=metrics.systems[metrics.subject],
        questions=questions,
    )
