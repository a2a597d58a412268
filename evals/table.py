"""Finished runs side by side, as a Markdown table."""

from collections.abc import Sequence

from evals.measures import MEASURES
from evals.records import RunRecord
from evals.report.tables import HEADLINE, with_interval
from evals.report.text import visible


def markdown(runs: Sequence[RunRecord], *, full: bool = False) -> str:
    """A column for each run, a row for each measure: its value and 95 % interval.

    full: all measures instead of the headlines; rows without any value are left out.
    """
    rows = [
        ["", *(f"{visible(run.dataset.name)}, {run.subject}".replace("|", "\\|") for run in runs)],
        ["---", *("--:" for _ in runs)],
        ["documents", *(f"{run.dataset.documents:,}" for run in runs)],
        ["questions asked", *(f"{_asked(run):,}" for run in runs)],
    ]
    for measure in MEASURES:
        estimates = [run.result.estimates[measure.name] for run in runs]
        if any(e.value is not None for e in estimates) and (full or measure.name in HEADLINE):
            rows.append([f"{measure.title} (`{measure.name}`)", *map(with_interval, estimates)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _asked(run: RunRecord) -> int:
    counts = run.result.counts
    return counts["scored"] + counts["failed"]
