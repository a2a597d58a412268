"""Differences of two sets of scores of the same questions, and whether they could be chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from citespan.evals.errors import NotComparable
from citespan.evals.metrics.measures import BY_NAME
from citespan.evals.results import QuestionOutcome
from citespan.evals.runs.records import DatasetRef, RunRecord
from citespan.evals.statistics import holm, paired_randomisation

Values: TypeAlias = Mapping[str, Mapping[str, float]]

# One for each way to fail. A loss of half the passages shows in the first two; wrong evidence in
# the citation measures; another document's text in pointers and documents; answering everything and
# nothing in the two rates. With Holm each further measure costs power, so there are no others.
# Measures of all questions together (aurc, coverage at a risk, ece) have no value for a question.
# So they cannot be paired; the measures here move with them.
GATE_MEASURES = (
    "span_recall@2000chars",
    "ndcg@10",
    "citation_recall",
    "citation_precision",
    "citation_overlap",
    "citation_document_precision",
    "conditioned_score",
    "false_answer_rate",
    "over_abstention_rate",
    "pointer_validity",
)
SIGNIFICANT = 0.05
_POINTERS = "pointer_validity"
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A measure before and after, on the questions for which both have it.

    change: the improvement; below 0 it is worse.
    p: two-sided, of the paired randomisation; adjusted: after Holm, whose family is all measures of
        `GATE_MEASURES` that the two have in common.
    changed: ids of the questions that lost most.
    fault: the reason why it is worse regardless of the statistics; None if they decide.
    """

    measure: str
    before: float
    after: float
    change: float
    n: int
    p: float
    adjusted: float
    changed: tuple[str, ...]
    fault: str | None = None

    @property
    def is_worse(self) -> bool:
        """Whether it is worse, and not by chance."""
        return self.fault is not None or (self.change < 0 and self.adjusted < SIGNIFICANT)

    @property
    def is_better(self) -> bool:
        """Whether it is better, and not by chance."""
        return self.fault is None and self.change > 0 and self.adjusted < SIGNIFICANT


def values_of(run: RunRecord) -> dict[str, dict[str, float]]:
    """Return the gate's measures of a run, by question."""
    return {
        name: {
            row.question_id: value
            for row in run.questions.values()
            if (value := row.values.get(name)) is not None
        }
        for name in GATE_MEASURES
    }


def asked(values: Values) -> set[str]:
    """Return the questions that were asked: each one is answerable or not, and has one of two
    rates.
    """
    return values["false_answer_rate"].keys() | values["over_abstention_rate"].keys()


def check_same(before: DatasetRef, after: DatasetRef) -> None:
    """Check that two data sets are the same.

    Raises:
        NotComparable: they differ.
    """
    if before.sha256 != after.sha256:
        raise NotComparable(
            f"the data sets differ: {before.name} {before.sha256[:12]} and"
            f" {after.name} {after.sha256[:12]}"
        )


def compare(before: RunRecord, after: RunRecord) -> list[Difference]:
    """Compare two runs on the gate's measures, and on the questions that failed.

    Raises:
        NotComparable: they are of other data, or asked other questions of it.
    """
    check_same(before.dataset, after.dataset)
    found = differences(values_of(before), after)
    old, new = _failed(before), _failed(after)
    if old or new:
        found.append(_failures(old, new, len(asked(values_of(after)))))
    return found


def _failed(run: RunRecord) -> set[str]:
    return {name for name, row in run.questions.items() if row.outcome is QuestionOutcome.FAILED}


def _failures(before: set[str], after: set[str], n: int) -> Difference:
    new = sorted(after - before)
    return Difference(
        measure="failed",
        before=round(len(before) / n, 6),
        after=round(len(after) / n, 6),
        change=round((len(before) - len(after)) / n, 6),
        n=n,
        p=1.0,
        adjusted=1.0,
        changed=tuple(new[:_SHOWN]),
        fault="they did not fail before" if new else None,
    )


def differences(before: Values, after: RunRecord) -> list[Difference]:
    """Compare a run with earlier values of the gate's measures.

    Raises:
        NotComparable: the values are of other questions than the run asked.
    """
    now = values_of(after)
    then, here = asked(before), asked(now)
    if then != here:
        raise NotComparable(
            f"other questions were asked: {len(then - here)} only before, {len(here - then)} only"
            " now"
        )
    found: dict[str, Difference] = {}
    for name in GATE_MEASURES:
        old, new = before[name], now[name]
        if name == _POINTERS:  # where nothing is cited, nothing is untrue
            old, new = ({**dict.fromkeys(here, 1.0), **side} for side in (old, new))
        if old:
            found[name] = _difference(name, old, new, after)
    adjusted = holm({name: difference.p for name, difference in found.items()})
    return [replace(difference, adjusted=adjusted[name]) for name, difference in found.items()]


def _difference(
    name: str, before: Mapping[str, float], now: Mapping[str, float], run: RunRecord
) -> Difference:
    """Return the difference on common questions.

    Whether a measure applies to a question depends on the question only, except for measures of
    citations. Those ignore the questions that are no longer answered, which the measures of all
    answerable questions count. Without any common question the measure lost all its values.
    """
    better = 1 if BY_NAME[name].higher_is_better else -1
    both = [question for question in run.questions if question in before and question in now]
    fault = None
    if not both:
        both, now = [*before], dict.fromkeys(before, 0.0 if better > 0 else 1.0)
        fault = "nothing is left of it to count"
    gain = better * np.array([now[question] - before[question] for question in both])
    worst: list[int] = np.argsort(gain, kind="stable")[:_SHOWN].tolist()
    changed = tuple(both[at] for at in worst if gain[at] < 0)
    if name == _POINTERS and changed:
        fault = "an untrue pointer is never chance"
    old, new = (round(sum(side[q] for q in both) / len(both), 6) for side in (before, now))
    p = paired_randomisation(gain, _clusters(both, run))
    return Difference(
        measure=name,
        before=old,
        after=new,
        change=round(better * (new - old), 6),
        n=len(both),
        p=p,
        adjusted=p,
        changed=changed,
        fault=fault,
    )


def _clusters(questions: list[str], run: RunRecord) -> NDArray[np.int64]:
    """Return the cluster of each question to swap together: the units of the run's intervals."""
    by_document = run.result.resampled == "documents"
    keys = [run.questions[q].cluster if by_document else q for q in questions]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)
