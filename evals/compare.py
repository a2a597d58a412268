"""Two sets of scores of the same questions: what differs, and whether that could be chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evals.errors import NotComparable
from evals.measures import MEASURES
from evals.records import DatasetRef, RunRecord
from evals.statistics import holm, paired_randomisation

Values: TypeAlias = Mapping[str, Mapping[str, float]]

# One for each way to fail. Half the passages gone shows in the first two; wrong evidence in the
# citation measures; another document's text in pointers and documents; answering everything and
# nothing in the two rates. Holm pays for each one more, so there are no others.
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
_SHOWN = 5
_BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A measure before and after, on the questions for which both have it.

    p: two-sided, of the paired randomisation; adjusted: after Holm over all that are compared.
    changed: ids of the questions that lost most.
    """

    measure: str
    before: float
    after: float
    n: int
    p: float
    adjusted: float
    changed: tuple[str, ...]

    @property
    def change(self) -> float:
        """By how much it is better (above 0) or worse."""
        sign = 1 if _BY_NAME[self.measure].higher_is_better else -1
        return sign * (self.after - self.before)

    @property
    def is_worse(self) -> bool:
        """Whether it is worse, and not by chance."""
        return self.change < 0 and self.adjusted < SIGNIFICANT


def values_of(run: RunRecord) -> dict[str, dict[str, float]]:
    """The gate's measures of a run, by question."""
    return {
        name: {
            row.question_id: value
            for row in run.questions.values()
            if (value := row.values.get(name)) is not None
        }
        for name in GATE_MEASURES
    }


def check_same(before: DatasetRef, after: DatasetRef) -> None:
    """Two data sets must be one.

    Raises:
        NotComparable: they are not.
    """
    if before.sha256 != after.sha256:
        raise NotComparable(
            f"the data sets differ: {before.name} {before.sha256[:12]} and"
            f" {after.name} {after.sha256[:12]}"
        )


def compare(before: RunRecord, after: RunRecord) -> list[Difference]:
    """The differences of two runs on the gate's measures.

    Raises:
        NotComparable: they are of other data, or asked other questions of it.
    """
    check_same(before.dataset, after.dataset)
    asked = [
        {name for name, row in run.questions.items() if row.outcome != "skipped"}
        for run in (before, after)
    ]
    if asked[0] != asked[1]:
        raise NotComparable(
            f"other questions were asked: {len(asked[0] - asked[1])} only in the first run,"
            f" {len(asked[1] - asked[0])} only in the second"
        )
    return differences(values_of(before), after)


def differences(before: Values, after: RunRecord) -> list[Difference]:
    """What became of earlier values of the gate's measures."""
    now = values_of(after)
    found: dict[str, Difference] = {}
    for name in GATE_MEASURES:
        both = [q for q in after.questions if q in before.get(name, {}) and q in now[name]]
        if both:
            found[name] = _difference(name, both, before[name], now[name], after)
    adjusted = holm({name: difference.p for name, difference in found.items()})
    return [
        Difference(
            measure=name,
            before=d.before,
            after=d.after,
            n=d.n,
            p=d.p,
            adjusted=adjusted[name],
            changed=d.changed,
        )
        for name, d in found.items()
    ]


def _difference(
    name: str,
    both: list[str],
    before: Mapping[str, float],
    now: Mapping[str, float],
    run: RunRecord,
) -> Difference:
    old = np.array([before[question] for question in both])
    new = np.array([now[question] for question in both])
    by_document = run.result.resampled == "documents"
    keys = [run.questions[q].cluster if by_document else q for q in both]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    clusters = np.array([numbers[key] for key in keys], dtype=np.int64)
    p = paired_randomisation(new - old, clusters)
    loss = (old - new) if _BY_NAME[name].higher_is_better else (new - old)
    worst: list[int] = np.argsort(-loss, kind="stable")[:_SHOWN].tolist()
    return Difference(
        measure=name,
        before=round(float(old.mean()), 6),
        after=round(float(new.mean()), 6),
        n=len(both),
        p=p,
        adjusted=p,
        changed=tuple(both[at] for at in worst if loss[at] > 0),
    )
