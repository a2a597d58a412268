"""The measures of a run laid out for reading. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from citespan.evals.metrics.measures import BY_NAME, MEASURES, Aggregate
from citespan.evals.results import Estimate, Run

#: The few measures that say most, here and in the terminal.
HEADLINE = (
    "span_recall@2000chars",
    "ndcg@10",
    "recall@10",
    "answer_in_passage@5",
    "answer_score",
    "citation_recall",
    "citation_precision",
    "citation_overlap",
    "pointer_validity",
    "false_answer_rate",
    "over_abstention_rate",
    "conditioned_score",
)
NOTHING = "–"
_KNOWS_THE_GOLD = "oracle"  # a bound that no system can beat: never the best reference


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateCell:
    """A system's estimate; `best` of the references, `other_n` where n is not the subject's."""

    system: str
    estimate: Estimate
    best: bool
    other_n: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """A measure of every system, the subject first."""

    measure: Aggregate
    cells: tuple[EstimateCell, ...]

    @property
    def subject(self) -> Estimate:
        """The estimate of the system that the run is about."""
        return self.cells[0].estimate


def headline(run: Run) -> list[MeasureRow]:
    """Return the headline measures; those that do not apply to the data set are left out."""
    return _with_values(_row(run, BY_NAME[name]) for name in HEADLINE)


def groups(run: Run) -> dict[str, list[MeasureRow]]:
    """Return all measures by group; those that no system has a value for are left out."""
    grouped = groupby(MEASURES, key=lambda measure: measure.group)
    rows = {
        group: _with_values(_row(run, measure) for measure in found) for group, found in grouped
    }
    return {group: found for group, found in rows.items() if found}


def number(value: float | None, digits: int = 3) -> str:
    """Return a value for people."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def milliseconds(value: float | None) -> str:
    """Return a time for people: three digits, and no fraction if it is longer."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return the 95 % interval for people; empty if there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.{digits}f}–{estimate.high:.{digits}f}"


def with_interval(estimate: Estimate) -> str:
    """Return a value for people, and its interval if there is one."""
    within = interval(estimate, 2)
    return number(estimate.value) + (f" [{within}]" if within else "")


def _with_values(rows: Iterable[MeasureRow]) -> list[MeasureRow]:
    return [row for row in rows if any(c.estimate.value is not None for c in row.cells)]


def _row(run: Run, measure: Aggregate) -> MeasureRow:
    """Return one measure of every system."""
    subject = run.info.subject
    names = (subject, *(name for name in run.scores if name != subject))
    found = {name: run.scores[name].estimates[measure.name] for name in names}
    references = {name: estimate for name, estimate in found.items() if name != subject}
    best = _best(references, higher=measure.higher_is_better)
    cells = (
        EstimateCell(
            system=name,
            estimate=estimate,
            best=name in best,
            other_n=estimate.value is not None and estimate.n != found[subject].n,
        )
        for name, estimate in found.items()
    )
    return MeasureRow(measure=measure, cells=tuple(cells))


def _best(references: dict[str, Estimate], *, higher: bool) -> set[str]:
    """Return the best of the references, unless all are equal."""
    values = {
        name: estimate.value
        for name, estimate in references.items()
        if estimate.value is not None and name != _KNOWS_THE_GOLD
    }
    if len(set(values.values())) < 2:
        return set()
    best = max(values.values()) if higher else min(values.values())
    return {name for name, value in values.items() if value == best}
