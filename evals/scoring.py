"""Responses of any system to the measures of a data set."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evals.bootstrap import interval, mean_intervals
from evals.errors import RunError
from evals.measures import MEASURES, Case, is_right
from evals.metrics import spans
from evals.metrics.abstention import (
    Judged,
    aurc,
    coverage_at_risk,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from evals.results import Curves, Estimate, Outcome, QuestionScore, Scores
from evals.types import Dataset, Response, Status

_Places: TypeAlias = npt.NDArray[np.int64]

RESAMPLES = 10_000
_CURVE_RESAMPLES = 500  # of statistics that are no means: 10,000 would take minutes
_LEAST_CLUSTERS = 10  # fewer documents say nothing about other documents
_DIGITS = 6
_BUDGETS = (250, 500, 1000, 1500, 2000, 3000, 4000, 6000, 8000)
_MOST_POINTS = 200


def score(
    dataset: Dataset,
    responses: Iterable[Response],
    *,
    skipped: Collection[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Scores:
    """Every measure of a system, with 95 % intervals; each question of the data set is counted.

    A question without a response, or with an error for one, counts as wrong.

    Args:
        dataset: the questions and their gold.
        responses: at most one for each question, in any order.
        skipped: ids of questions that were left out on purpose.
        resamples: draws for the intervals of means.
        seed: of the draws.

    Raises:
        RunError: a response is to no question, or the second to one.
    """
    by_question = _by_question(dataset, responses)
    cases = [
        _case(dataset, at, by_question)
        for at, question in enumerate(dataset.questions)
        if question.id not in skipped
    ]
    rows = {case.question.id: _row(case) for case in cases}
    names = sorted({case.question.cluster for case in cases})
    documents = len(names) >= _LEAST_CLUSTERS
    clusters = np.array(
        [names.index(c.question.cluster) if documents else at for at, c in enumerate(cases)],
        dtype=np.int64,
    )
    estimates = _means([rows[c.question.id] for c in cases], clusters, resamples, seed)
    estimates |= _selective(cases, clusters, min(resamples, _CURVE_RESAMPLES), seed)
    pointers = estimates["pointer_validity"]
    total = sum(len(case.response.citations) for case in cases)
    if total:  # of all citations, not the mean over questions
        valid = 1 - sum(len(case.problems) for case in cases) / total
        estimates["pointer_validity"] = Estimate(
            value=round(valid, _DIGITS), low=pointers.low, high=pointers.high, n=pointers.n
        )
    questions = tuple(
        rows.get(q.id) or QuestionScore(question_id=q.id, outcome=Outcome.SKIPPED, values={})
        for q in dataset.questions
    )
    return Scores(
        questions=questions,
        estimates=estimates,
        counts=_counts(questions, cases),
        curves=_curves(cases),
        resampled="documents" if documents else "questions",
    )


def _by_question(dataset: Dataset, responses: Iterable[Response]) -> dict[str, Response]:
    known = {question.id for question in dataset.questions}
    found: dict[str, Response] = {}
    for response in responses:
        if response.question_id not in known:
            raise RunError(f"a response is to {response.question_id!r}, which is no question")
        if response.question_id in found:
            raise RunError(f"there are two responses to question {response.question_id!r}")
        found[response.question_id] = response
    return found


def _case(dataset: Dataset, at: int, responses: Mapping[str, Response]) -> Case:
    question = dataset.questions[at]
    response = responses.get(question.id) or Response(question_id=question.id, error="no response")
    if response.error is not None:  # whatever else came with it does not count
        response = Response(question_id=question.id, status=Status.ABSTAINED, error=response.error)
    return Case(question=question, response=response, documents=dataset.documents)


def _row(case: Case) -> QuestionScore:
    failed = case.response.error is not None
    values: dict[str, float | None] = {}
    for measure in MEASURES:
        value = measure.of(case)
        if value is not None:
            value = measure.worst if failed else round(value, _DIGITS)
        values[measure.name] = value
    return QuestionScore(
        question_id=case.question.id,
        outcome=Outcome.FAILED if failed else Outcome.SCORED,
        values=values,
        problems=tuple(case.problems),
        error=case.response.error,
    )


def _means(
    rows: Sequence[QuestionScore], clusters: _Places, resamples: int, seed: int
) -> dict[str, Estimate]:
    names = [measure.name for measure in MEASURES]
    table = np.array(
        [[np.nan if (v := row.values[name]) is None else v for name in names] for row in rows],
        dtype=np.float64,
    ).reshape(len(rows), len(names))
    intervals = mean_intervals(table, clusters, resamples=resamples, seed=seed)
    found: dict[str, Estimate] = {}
    for name, column, bounds in zip(names, table.T, intervals, strict=True):
        known = column[~np.isnan(column)]
        found[name] = _estimate(float(known.mean()) if len(known) else None, bounds, len(known))
    return found


def _selective(
    cases: Sequence[Case], clusters: _Places, resamples: int, seed: int
) -> dict[str, Estimate]:
    """The measures of confidence that are not means over questions."""
    judged, places = _judged(cases)
    statistics: dict[str, Callable[[Judged], float | None]] = {
        "aurc": aurc,
        "coverage_at_5%_risk": partial(coverage_at_risk, risk=0.05),
        "coverage_at_10%_risk": partial(coverage_at_risk, risk=0.10),
        "ece": expected_calibration_error,
    }

    def resampled(statistic: Callable[[Judged], float | None]) -> tuple[float, float] | None:
        return interval(
            lambda at: statistic(judged.taken(at)),
            clusters[places],
            resamples=resamples,
            seed=seed,
        )

    return {
        name: _estimate(
            statistic(judged) if len(places) else None, resampled(statistic), len(places)
        )
        for name, statistic in statistics.items()
    }


def _judged(cases: Sequence[Case]) -> tuple[Judged, _Places]:
    """The questions that can be judged and have a confidence (an abstention needs none)."""
    rows: list[tuple[float, float, float]] = []
    places: list[int] = []
    for at, case in enumerate(cases):
        right, answered = is_right(case), case.response.answered
        confidence = case.response.confidence
        if right is None or (answered and confidence is None):
            continue
        places.append(at)
        rows.append((confidence or 0.0, float(answered), float(not (right and answered))))
    if not any(answered for _, answered, _ in rows):
        rows, places = [], []
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    judged = Judged(confidence=table[:, 0], answered=table[:, 1], wrong=table[:, 2])
    return judged, np.array(places, dtype=np.int64)


def _counts(questions: Sequence[QuestionScore], cases: Sequence[Case]) -> dict[str, int]:
    outcomes = Counter(question.outcome for question in questions)
    confusion = Counter(
        (case.question.answerable, case.response.answered)
        for case in cases
        if case.response.error is None
    )
    return {
        "total": len(questions),
        **{outcome.value: outcomes[outcome] for outcome in Outcome},
        "answerable_answered": confusion[True, True],
        "answerable_abstained": confusion[True, False],
        "unanswerable_answered": confusion[False, True],
        "unanswerable_abstained": confusion[False, False],
        "citations": sum(len(case.response.citations) for case in cases),
        "untrue_citations": sum(len(case.problems) for case in cases),
    }


def _curves(cases: Sequence[Case]) -> Curves:
    judged, _ = _judged(cases)
    points = risk_coverage(judged)
    step = -(-len(points) // _MOST_POINTS) or 1
    thinned = points[::-1][::step][::-1]  # the last point, all answered, always stays
    golden = [case for case in cases if case.gold]
    return Curves(
        risk_coverage=tuple((round(c, _DIGITS), round(r, _DIGITS)) for c, r in thinned),
        reliability=tuple(reliability(judged)) if len(judged.wrong) else (),
        span_recall=tuple(
            (
                budget,
                round(
                    sum(spans.recall(spans.within(c.retrieved, budget), c.gold) for c in golden)
                    / len(golden),
                    _DIGITS,
                ),
            )
            for budget in _BUDGETS
            if golden
        ),
    )


def _estimate(value: float | None, bounds: tuple[float, float] | None, n: int) -> Estimate:
    if value is None or bounds is None:
        return Estimate(value=value, low=None, high=None, n=n)
    low, high = bounds
    return Estimate(
        value=round(value, _DIGITS), low=round(low, _DIGITS), high=round(high, _DIGITS), n=n
    )
