"""The requirements of a run: hard limits, and no regression against a committed baseline."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from citespan.decoding import from_json
from citespan.evals.compare.differences import (
    GATE_MEASURES,
    Difference,
    check_same,
    differences,
    values_of,
)
from citespan.evals.errors import NotComparable, RunError
from citespan.evals.metrics.measures import BY_NAME
from citespan.evals.results import QuestionOutcome
from citespan.evals.runs.records import DatasetRef, RunRecord, Value

# A small data set proves nothing: a larger drop of the mean on the common questions fails all
# the same.
TOLERANCE = 0.05
_SHOWN = 5
_LIMITED = ("pointer_validity",)


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The baseline that a run is compared with.

    limits: the worst values allowed for measures, regardless of the statistics.
    values: the gate's measures of the run that made the baseline, by question.
    """

    dataset: DatasetRef
    limits: Mapping[str, Value]
    values: Mapping[str, Mapping[str, Value]]


def committed(name: str) -> Path:
    """Return the path of the baseline that comes with citespan for a data set.

    Raises:
        RunError: there is none.
    """
    files = {
        file.stem: file for file in (Path(__file__).parent.parent / "baselines").glob("*.json")
    }
    if name not in files:
        raise RunError(f"no baseline for {name!r} comes with citespan; name a file with --baseline")
    return files[name]


def read_baseline(file: Path) -> Baseline:
    """Read a baseline.

    Raises:
        RunError: it cannot be read, limits an unknown measure, or lacks measures.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}") from error
    try:
        baseline = from_json(content, Baseline)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RunError(f"{file} is no baseline: {error}") from error
    if unknown := sorted(baseline.limits.keys() - BY_NAME.keys()):
        raise RunError(f"{file} limits {unknown[0]!r}, which is no measure")
    if lacking := sorted(set(GATE_MEASURES) - baseline.values.keys()):
        raise RunError(f"{file} has no values of {lacking[0]!r}; make it again with --update")
    return baseline


def write_baseline(file: Path, run: RunRecord, limits: Mapping[str, float] | None = None) -> None:
    """Write a run as the baseline; without new limits, those of the existing file are kept.

    Raises:
        RunError: the existing file is no baseline, or cannot be written.
        NotComparable: the run left questions out, or some failed.
    """
    _check_whole(run)
    if failed := _failed(run):
        raise NotComparable(f"{_questions(len(failed))} failed in the run; make a whole one first")
    if limits is None:
        limits = read_baseline(file).limits if file.exists() else dict.fromkeys(_LIMITED, 1.0)
    baseline = Baseline(dataset=run.dataset, limits=limits, values=values_of(run))
    encoded = msgspec.json.encode(baseline, order="deterministic")
    try:
        file.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")
    except OSError as error:
        raise RunError(f"{file} cannot be written: {error.strerror}") from error


def failures(run: RunRecord, baseline: Baseline) -> list[str]:
    """Return the reasons why a run fails, with the questions at fault; empty if it passes.

    Raises:
        NotComparable: the run is of other data, or did not ask all its questions.
        RunError: the run lacks a measure that is limited.
    """
    check_same(baseline.dataset, run.dataset)
    _check_whole(run)
    worse = [d for d in differences(baseline.values, run) if d.is_worse or d.change < -TOLERANCE]
    return [
        *_failed(run),
        *(line for name, limit in baseline.limits.items() if (line := _broken(run, name, limit))),
        *map(_sentence, worse),
    ]


def _check_whole(run: RunRecord) -> None:
    skipped = sum(row.outcome is QuestionOutcome.SKIPPED for row in run.questions.values())
    if skipped:
        raise NotComparable(f"the run skipped {_questions(skipped)}; a gate needs them all")


def _failed(run: RunRecord) -> list[str]:
    return [
        f"{row.question_id} failed: {row.error}"
        for row in run.questions.values()
        if row.outcome is QuestionOutcome.FAILED
    ]


def _broken(run: RunRecord, name: str, limit: float) -> str | None:
    if name not in run.result.estimates:
        raise RunError(f"the run has no {name!r}, which the baseline limits; make the run again")
    value = run.result.estimates[name].value
    higher = BY_NAME[name].higher_is_better
    if value is not None and (value >= limit if higher else value <= limit):
        return None
    found = "has nothing to count" if value is None else f"is {value}"
    return f"{name} {found}, at {'least' if higher else 'most'} {limit} is needed{_why(run, name)}"


def _sentence(difference: Difference) -> str:
    d = difference
    why = d.fault or f"p = {d.adjusted:.3f} after Holm"
    return (
        f"{d.measure} went from {d.before:.3f} to {d.after:.3f} on {_questions(d.n)} ({why});"
        f" most in {', '.join(d.changed)}"
    )


def _questions(n: int) -> str:
    return f"{n} question" if n == 1 else f"{n} questions"


def _why(run: RunRecord, measure: str) -> str:
    """Return the diagnosis of untrue pointers, or the worst questions."""
    if measure == "pointer_validity":
        lines = [f"{r.question_id}: {p}" for r in run.questions.values() for p in r.problems]
        more = f" (and {len(lines) - _SHOWN} more)" if len(lines) > _SHOWN else ""
        return "".join(f"\n  {line}" for line in lines[:_SHOWN]) + more
    worst = 0.0 if BY_NAME[measure].higher_is_better else 1.0
    ids = [r.question_id for r in run.questions.values() if r.values.get(measure) == worst]
    return f"; worst in {', '.join(ids[:_SHOWN])}" if ids else ""
