"""The finished runs in a folder, with their measures and what went wrong in them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citespan.decoding import from_json
from citespan.evals.errors import RunError
from citespan.evals.metrics.measures import BY_NAME, Aggregate
from citespan.evals.report import HEADLINE, fault_of, sentence_of, worst_first
from citespan.evals.results import Curves, Estimate, QuestionScore
from citespan.evals.runs.records import METRICS, RunMetrics, RunRecord, SystemRecord, read_run
from citespan.qa.settings import RUNS

_log = logging.getLogger("citespan.runs")


class _Provenance(msgspec.Struct):
    created_at: str = ""


class _Curves(msgspec.Struct):
    systems: dict[str, Curves] = {}


class _Asked(msgspec.Struct):
    question_id: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A finished run: `name` is its folder among all runs, such as `20261129-083000/seed`."""

    name: str
    created_at: str
    metrics: RunMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A question that went wrong: its fault, and a sentence about it."""

    question_id: str
    question: str
    fault: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run with the points of its plots, and its mistakes, the worst first."""

    run: FoundRun
    curves: Curves
    mistakes: tuple[Mistake, ...]


def headline(record: SystemRecord) -> list[tuple[Aggregate, Estimate]]:
    """Return the measures that say most, with what they came to; those without a value are out."""
    found = ((BY_NAME[name], record.estimates.get(name)) for name in HEADLINE)
    return [(measure, one) for measure, one in found if one and one.value is not None]


def title_of(measure: str) -> str:
    """Return the title of a measure; of others, such as `failed`, their name."""
    return BY_NAME[measure].title if measure in BY_NAME else measure


def found_runs(data: Path) -> list[FoundRun]:
    """Return the finished runs of a data folder, the newest first; damaged ones are left out."""
    return sorted(_found(data / RUNS), key=lambda run: (run.created_at, run.name), reverse=True)


def run_named(data: Path, name: str) -> Path:
    """Return the folder of a run of a data folder.

    Raises:
        RunError: it holds no such run.
    """
    folder = next(
        (path for path in _folders(data / RUNS) if _name(data / RUNS, path) == name), None
    )
    if folder is None:
        raise RunError(f"there is no run {name!r}")
    return folder


def detail_of(data: Path, name: str) -> RunDetail:
    """Return a run of a data folder.

    Raises:
        RunError: there is none, or it is damaged.
    """
    folder = run_named(data, name)
    record = read_run(folder)
    try:
        curves = from_json((folder / "curves.json").read_bytes(), _Curves)
    except (OSError, msgspec.MsgspecError) as error:
        raise RunError(f"{folder / 'curves.json'} is damaged: {error}") from error
    return RunDetail(
        run=_run(data / RUNS, folder),
        curves=curves.systems.get(record.subject, Curves()),
        mistakes=tuple(_mistakes(record, questions_of(folder))),
    )


def questions_of(folder: Path) -> dict[str, str]:
    """Return the questions of a run by their ids.

    Raises:
        RunError: its file is damaged.
    """
    file = folder / "per_question.jsonl"
    try:
        rows = [from_json(line, _Asked) for line in file.read_bytes().split(b"\n") if line]
    except (OSError, msgspec.MsgspecError) as error:
        raise RunError(f"{file} is damaged: {error}") from error
    return {row.question_id: row.question for row in rows}


def scores_of(record: RunRecord) -> list[QuestionScore]:
    """Return the measures of a run's questions, as the report takes them."""
    return [
        QuestionScore(
            question_id=row.question_id, outcome=row.outcome, values=row.values,
            problems=row.problems, error=row.error,
        )
        for row in record.questions.values()
    ]  # fmt: skip


def _mistakes(record: RunRecord, questions: dict[str, str]) -> Iterator[Mistake]:
    rows = scores_of(record)
    for at in worst_first(rows):
        if fault := fault_of(rows[at]):
            name = rows[at].question_id
            yield Mistake(
                question_id=name, question=questions[name], fault=fault,
                sentence=sentence_of(rows[at]),
            )  # fmt: skip


def _found(root: Path) -> Iterator[FoundRun]:
    for folder in _folders(root):
        try:
            yield _run(root, folder)
        except RunError as error:
            _log.warning("a run is left out: %s", error)


def _run(root: Path, folder: Path) -> FoundRun:
    try:
        made = from_json((folder / "run.json").read_bytes(), _Provenance)
        metrics = from_json((folder / METRICS).read_bytes(), RunMetrics)
    except (OSError, msgspec.MsgspecError) as error:
        raise RunError(f"{folder} is damaged: {error}") from error
    if metrics.subject not in metrics.systems:
        raise RunError(f"{folder} is damaged: it has no measures of {metrics.subject}")
    return FoundRun(name=_name(root, folder), created_at=made.created_at, metrics=metrics)


def _folders(root: Path) -> Iterator[Path]:
    for file in sorted(root.glob(f"*/*/{METRICS}")):
        yield file.parent


def _name(root: Path, folder: Path) -> str:
    return folder.relative_to(root).as_posix()
