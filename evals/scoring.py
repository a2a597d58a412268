"""The Python API of scoring: responses in, measures out, for any system. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite

import numpy as np

from citespan.evals.errors import ScoringError
from citespan.evals.metrics import abstention
from citespan.evals.metrics.abstention import Judgement, Ratio, RiskCoverage
from citespan.evals.metrics.cases import Case
from citespan.evals.metrics.measures import MEANS, MEASURES, Measure
from citespan.evals.results import (
    Bin,
    Curves,
    Estimate,
    QuestionOutcome,
    QuestionScore,
    SystemScores,
)
from citespan.evals.statistics import Floats, Statistic, intervals, resampling_units
from citespan.evals.types import Dataset, Question, Response, ResponseStatus

DIGITS = 6
READ_AT = (250, 500, 1000, 1500, 2000, 3000, 4000, 6000, 8000)
_MISSING = "there is no response to the question"


def score(
    dataset: Dataset,
    responses: Iterable[Response],
    *,
    skipped: Collection[str] = (),
    resamples: int = 10_000,
    seed: int = 0,
) -> SystemScores:
    """Return every measure of a system's responses, with 95 % intervals.

    If a question has no response, or its response states an error, it failed. Each measure that
    would apply to an abstention then counts its worst value.

    Args:
        dataset: the questions that were asked, with their documents.
        responses: at most one to a question, in any order.
        skipped: ids of questions that were left out on purpose and count nowhere.
        resamples: of the bootstrap; 0 gives no intervals.
        seed: of the bootstrap.

    Raises:
        ScoringError: a response or a skipped id is of no question of the data set, two responses
            are to one question, or a confidence is not in [0, 1].
    """
    cases = _cases(dataset, _by_question(dataset, responses, skipped), set(skipped))
    values = [_values(case) for case in cases]
    rows = {case.question.id: _row(case, row) for case, row in zip(cases, values, strict=True)}
    unit, units = resampling_units([case.question.cluster for case in cases])
    return SystemScores(
        questions=tuple(
            rows.get(question.id)
            or QuestionScore(question_id=question.id, outcome=QuestionOutcome.SKIPPED, values={})
            for question in dataset.questions
        ),
        estimates=_estimates(cases, values, units, resamples=resamples, seed=seed),
        counts=_counts(dataset, cases),
        curves=_curves(cases),
        resampled=unit,
    )


def _by_question(
    dataset: Dataset, responses: Iterable[Response], skipped: Collection[str]
) -> dict[str, Response]:
    known = {question.id for question in dataset.questions}
    if unknown := sorted(set(skipped) - known):
        raise ScoringError(
            f"{unknown[0]!r} is to be skipped, but the data set has no such question"
        )
    given: dict[str, Response] = {}
    for response in responses:
        name, confidence = response.question_id, response.confidence
        if name not in known:
            raise ScoringError(f"a response is to question {name!r}, which the data set lacks")
        if name in given:
            raise ScoringError(f"there are two responses to question {name!r}; keep one")
        if confidence is not None and not (isfinite(confidence) and 0 <= confidence <= 1):
            raise ScoringError(
                f"the confidence in the response to {name!r} is {confidence}; it must be in"
                " [0, 1], or None if the system states none"
            )
        given[name] = response
    return given


def _cases(dataset: Dataset, given: Mapping[str, Response], skipped: Collection[str]) -> list[Case]:
    return [
        Case(
            question=question,
            response=given.get(question.id) or _missing(question),
            documents=dataset.documents,
        )
        for question in dataset.questions
        if question.id not in skipped
    ]


def _missing(question: Question) -> Response:
    return Response(question_id=question.id, status=ResponseStatus.ABSTAINED, error=_MISSING)


def _values(case: Case) -> dict[str, float | None]:
    if case.response.error is None:
        return {measure.name: measure.of(case) for measure in MEANS}
    empty = Response(question_id=case.question.id, status=ResponseStatus.ABSTAINED)
    abstaining = Case(question=case.question, response=empty, documents=case.documents)
    return {measure.name: _worst(measure, abstaining) for measure in MEANS}


def _worst(measure: Measure, case: Case) -> float | None:
    applies = measure.of(case) is not None
    return float(not measure.higher_is_better) if applies else None


def _row(case: Case, values: Mapping[str, float | None]) -> QuestionScore:
    error = case.response.error
    return QuestionScore(
        question_id=case.question.id,
        outcome=QuestionOutcome.SCORED if error is None else QuestionOutcome.FAILED,
        values={name: _rounded(value) for name, value in values.items()},
        problems=case.problems if error is None else (),
        error=error,
    )


def _estimates(
    cases: Sequence[Case],
    values: Sequence[Mapping[str, float | None]],
    units: Sequence[int],
    *,
    resamples: int,
    seed: int,
) -> dict[str, Estimate]:
    applying = {
        measure.name: sum(row[measure.name] is not None for row in values) for measure in MEANS
    }
    judged = [case for case in cases if case.judgement]
    applying |= dict.fromkeys(_AGGREGATES, len(judged))
    applying["ece"] = applying["brier"]
    found = intervals(_statistic(cases, values), units, resamples=resamples, seed=seed)
    names = (*(measure.name for measure in MEANS), *_AGGREGATES)
    by_name = dict(zip(names, found, strict=True))
    return {
        measure.name: Estimate(
            value=_rounded(by_name[measure.name].value),
            low=_rounded(by_name[measure.name].low),
            high=_rounded(by_name[measure.name].high),
            n=applying[measure.name],
        )
        for measure in MEASURES
    }


_AGGREGATES = ("aurc", "coverage_at_5%_risk", "coverage_at_10%_risk", "ece")


def _statistic(cases: Sequence[Case], values: Sequence[Mapping[str, float | None]]) -> Statistic:
    """Return numerators and denominators of all means, then of the aggregates."""
    totals, weights = _weighted(cases, values)
    judged = [at for at, case in enumerate(cases) if case.judgement]
    judgements = _judgements(cases)
    order = RiskCoverage.of(judgements)

    def statistic(counts: Floats) -> Ratio:
        counts_judged = counts[:, judged]
        steps = order.steps(counts_judged)
        aggregates = (
            abstention.aurc(steps),
            abstention.coverage_at(0.05, steps),
            abstention.coverage_at(0.10, steps),
            abstention.expected_calibration_error(judgements, counts_judged),
        )
        tops = np.column_stack([top for top, _ in aggregates])
        bottoms = np.column_stack([bottom for _, bottom in aggregates])
        return np.hstack((counts @ totals, tops)), np.hstack((counts @ weights, bottoms))

    return statistic


def _weighted(
    cases: Sequence[Case], values: Sequence[Mapping[str, float | None]]
) -> tuple[Floats, Floats]:
    """Return weight times value, and weight, (questions, measures); 0 where none applies."""
    totals = np.zeros((len(cases), len(MEANS)))
    weights = np.zeros((len(cases), len(MEANS)))
    for at, (case, row) in enumerate(zip(cases, values, strict=True)):
        for column, measure in enumerate(MEANS):
            value = row[measure.name]
            if value is not None:
                weights[at, column] = measure.weight(case)
                totals[at, column] = weights[at, column] * value
    return totals, weights


def _judgements(cases: Iterable[Case]) -> list[Judgement]:
    return [case.judgement for case in cases if case.judgement]


def _counts(dataset: Dataset, cases: Sequence[Case]) -> dict[str, int]:
    scored = [case for case in cases if case.response.error is None]
    counts = {
        "total": len(dataset.questions),
        "scored": len(scored),
        "failed": len(cases) - len(scored),
        "skipped": len(dataset.questions) - len(cases),
    }
    for asked in ("answerable", "unanswerable"):
        for did in ("answered", "abstained"):
            counts[f"{asked}_{did}"] = sum(
                case.question.answerable == (asked == "answerable")
                and case.response.answered == (did == "answered")
                for case in scored
            )
    counts["citations"] = sum(len(case.response.citations) for case in scored)
    return counts


def _curves(cases: Sequence[Case]) -> Curves:
    judgements = _judgements(cases)
    points: list[tuple[int, float]] = []
    for characters in READ_AT:
        read = [_recall(case, characters) for case in cases if case.gold]
        if read:
            points.append((characters, round(sum(read) / len(read), DIGITS)))
    return Curves(
        risk_coverage=tuple(
            (round(share, DIGITS), round(risk, DIGITS))
            for share, risk in abstention.curve(judgements)
        ),
        reliability=tuple(
            Bin(
                low=one.low,
                high=one.high,
                n=one.n,
                confidence=round(one.confidence, DIGITS),
                accuracy=round(one.accuracy, DIGITS),
            )
            for one in abstention.reliability(judgements)
        ),
        span_recall=tuple(points),
    )


def _recall(case: Case, characters: int) -> float:
    read = case.read_at(characters) if case.response.error is None else None
    return read.recall if read else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
