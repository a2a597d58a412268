"""Finished runs in one Markdown table."""

from collections.abc import Mapping

from citespan.evals.metrics.measures import MEASURES
from citespan.evals.report import HEADLINE, visible, with_interval
from citespan.evals.runs.records import RunRecord


def markdown(runs: Mapping[str, RunRecord], *, full: bool = False) -> str:
    """Return a column for each run, a row for each measure: its value and 95 % interval.

    runs: by the heading of their column.
    full: all measures instead of the headlines; rows without any value are left out.
    """
    rows = [
        ["", *(visible(heading).replace("|", "\\|") for heading in runs)],
        ["---", *("--:" for _ in runs)],
        ["documents", *(f"{run.dataset.documents:,}" for run in runs.values())],
        ["questions asked", *(f"{_asked(run):,}" for run in runs.values())],
    ]
    for measure in MEASURES:
        estimates = [run.result.estimates[measure.name] for run in runs.values()]
        if any(e.value is not None for e in estimates) and (full or measure.name in HEADLINE):
            rows.append([f"{measure.title} (`{measure.name}`)", *map(with_interval, estimates)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _asked(run: RunRecord) -> int:
    counts = run.result.counts
    return counts["scored"] + counts["failed"]
