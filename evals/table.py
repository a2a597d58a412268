"""Finished runs side by side, as a Markdown table."""

from collections.abc import Sequence

from evals.measures import MEASURES
from evals.records import RunRecord
from evals.results import Estimate
from qa.show import shown

HEADLINES = (
    "recall@10",
    "ndcg@10",
    "span_recall@2000chars",
    "answer_in_passage@5",
    "pointer_validity",
    "citation_recall",
    "citation_precision",
    "answer_score",
    "over_abstention_rate",
    "false_answer_rate",
    "conditioned_score",
)


def markdown(runs: Sequence[RunRecord], *, full: bool = False) -> str:
    """A column for each run, a row for each measure: its value and 95 % interval.

    full: all measures instead of the headlines; rows without any value are left out.
    """
    rows = [
        ["", *(f"{shown(run.dataset.name)}, {run.subject}".replace("|", "\\|") for run in runs)],
        ["---", *("--:" for _ in runs)],
        ["documents", *(f"{run.dataset.documents:,}" for run in runs)],
        ["questions asked", *(f"{_asked(run):,}" for run in runs)],
    ]
    for measure in MEASURES:
        estimates = [run.result.estimates[measure.name] for run in runs]
        if any(e.value is not None for e in estimates) and (full or measure.name in HEADLINES):
            rows.append([f"{measure.title} (`{measure.name}`)", *map(_cell, estimates)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _asked(run: RunRecord) -> int:
    counts = run.result.counts
    return counts["scored"] + counts["failed"]


def _cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    value = f"{estimate.value:.3f}"
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{estimate.low:.2f}, {estimate.high:.2f}]"
