"""What a run must reach: hard limits, and no regression against a committed baseline."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from evals.compare import check_same, differences, values_of
from evals.errors import NotComparable, RunError
from evals.measures import MEASURES
from evals.records import DatasetRef, RunRecord

TOLERANCE = 0.05  # a small data set proves nothing: so large a drop fails all the same
_LIMITED = ("pointer_validity",)
_BY_NAME = {measure.name: measure for measure in MEASURES}


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run is held against.

    limits: measures that may not be worse than this, whatever the statistics say.
    values: the gate's measures of the run it was made from, by question.
    """

    dataset: DatasetRef
    limits: Mapping[str, float]
    values: Mapping[str, Mapping[str, float]]


def committed(name: str) -> Path:
    """The baseline that comes with citespan for a data set.

    Raises:
        RunError: there is none.
    """
    file = Path(__file__).parent / "baselines" / f"{name}.json"
    if not file.is_file():
        raise RunError(f"there is no baseline for {name!r}; name one with --baseline")
    return file


def read_baseline(file: Path) -> Baseline:
    """A baseline.

    Raises:
        RunError: it cannot be read, or limits what is not measured.
    """
    try:
        baseline = msgspec.json.decode(file.read_bytes(), type=Baseline)
    except (msgspec.MsgspecError, OSError, ValueError, RecursionError) as error:
        raise RunError(f"{file} is no baseline: {error}") from error
    if unknown := sorted(baseline.limits.keys() - _BY_NAME.keys()):
        raise RunError(f"{file} limits {unknown[0]!r}, which is no measure")
    return baseline


def write_baseline(file: Path, run: RunRecord, limits: Mapping[str, float] | None = None) -> None:
    """Make a run the baseline; limits are kept from the one that is there, if none are given.

    Raises:
        RunError: the file is there and is no baseline.
    """
    if limits is None:
        limits = read_baseline(file).limits if file.exists() else dict.fromkeys(_LIMITED, 1.0)
    baseline = Baseline(dataset=run.dataset, limits=limits, values=values_of(run))
    encoded = msgspec.json.encode(baseline, order="deterministic")
    file.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")


def failures(run: RunRecord, baseline: Baseline) -> list[str]:
    """What keeps a run from passing, naming the culprits; empty if it passes.

    Raises:
        NotComparable: the run is of other data, or did not ask all its questions.
    """
    check_same(baseline.dataset, run.dataset)
    if skipped := run.result.counts["skipped"]:
        raise NotComparable(f"the run skipped {skipped} questions; a gate needs them all")
    found = [
        f"{row.question_id} failed: {row.error}" for row in run.questions.values() if row.error
    ]
    for name, limit in baseline.limits.items():
        value = run.result.estimates[name].value
        if value is None or (limit - value) * (1 if _BY_NAME[name].higher_is_better else -1) > 0:
            bound = "at least" if _BY_NAME[name].higher_is_better else "at most"
            found.append(f"{name} is {value}, {bound} {limit} is needed{_why(run, name)}")
    found += [
        f"{d.measure} went from {d.before:.3f} to {d.after:.3f} on {d.n} questions"
        f" (p = {d.adjusted:.3f} after Holm); most in {', '.join(d.changed)}"
        for d in differences(baseline.values, run)
        if d.is_worse or d.change < -TOLERANCE
    ]
    return found


def _why(run: RunRecord, measure: str) -> str:
    """The diagnosis of untrue pointers, or the questions that are worst."""
    if measure == "pointer_validity":
        lines = [f"{r.question_id}: {p}" for r in run.questions.values() for p in r.problems]
        more = f" (and {len(lines) - 3} more)" if len(lines) > 3 else ""
        return "".join(f"\n  {line}" for line in lines[:3]) + more
    worst = 0.0 if _BY_NAME[measure].higher_is_better else 1.0
    ids = [r.question_id for r in run.questions.values() if r.values.get(measure) == worst]
    return f"; worst in {', '.join(ids[:5])}" if ids else ""
