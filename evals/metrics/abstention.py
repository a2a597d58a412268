"""Measures of how well a system's confidence tells right answers from wrong ones. Pure.

Every function takes the questions and `counts`: how often each is counted, one row for each
resample, so that a whole bootstrap is one call. It returns numerators and denominators by row. If a
denominator is 0, there is nothing to count.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citespan.evals.results import Bin

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.float64]
Ratio: TypeAlias = tuple[Floats, Floats]

_BINS = 10
_SLACK = 1e-9  # 3 wrong of 60 is a risk of 5 %, however 0.05 * 60 is rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The judgement of one question: answered or not, how surely, and rightly.

    An abstention is not right.
    """

    answered: bool
    confidence: float | None
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Questions covered and wrong up to each confidence (columns), for each row of counts.

    answered: how many columns are of answered questions; at most one more, of all abstentions.
    """

    covered: Floats
    wrong: Floats
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCoverage:
    """Questions, surest first.

    Questions of one confidence share a step, so their order does not matter. Answered questions
    without a confidence come after all that have one. Abstentions come last, and are wrong if they
    have to be covered.

    Source: Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks", section
    2 (risk and coverage); 2019, "Bias-Reduced Uncertainty Estimation", section 3 (AURC).
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    wrong: Floats
    answered: int

    @classmethod
    def of(cls, judgements: list[Judgement]) -> Self:
        """Return the order of these questions."""
        keys = [_key(judgement) for judgement in judgements]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        starts = [n for n, at in enumerate(order) if n == 0 or keys[at] != keys[order[n - 1]]]
        return cls(
            order=np.array(order, dtype=np.int64),
            starts=np.array(starts, dtype=np.int64),
            wrong=np.array([not judgements[at].right for at in order], dtype=np.float64),
            answered=sum(keys[order[start]][0] < 2 for start in starts),
        )

    def steps(self, counts: Counts) -> Steps:
        """Return the numbers of questions covered and wrong after each step."""
        if not len(self.order):
            nothing = np.zeros((len(counts), 0))
            return Steps(covered=nothing, wrong=nothing, answered=0)
        ordered = counts[:, self.order]
        covered = np.add.reduceat(ordered, self.starts, axis=1)
        wrong = np.add.reduceat(ordered * self.wrong, self.starts, axis=1)
        return Steps(
            covered=np.cumsum(covered, axis=1, out=covered),
            wrong=np.cumsum(wrong, axis=1, out=wrong),
            answered=self.answered,
        )


def aurc(steps: Steps) -> Ratio:
    """Return the area under the risk-coverage curve: the mean risk at coverages 1/n, 2/n ... 1.

    In a step of g questions, e of them wrong, after N with E wrong, the expected risk of the j-th,
    over all orders of the step, is (E + j e/g) / (N + j). The sum over j = 1..g is e + (E - N e/g)
    (H(N + g) - H(N)) with the harmonic numbers H.

    Source: as `RiskCoverage`; the expectation over ties is ours.
    """
    rows = len(steps.covered)
    if not steps.covered.shape[1]:
        return np.zeros(rows), np.zeros(rows)
    covered, wrong = steps.covered, steps.wrong
    before, wrong_before = _shifted(covered), _shifted(wrong)
    size, errors = covered - before, wrong - wrong_before
    share = np.divide(errors, size, out=np.zeros_like(errors), where=size > 0)
    last = int(covered[:, -1].max())
    harmonic = np.concatenate(([0.0], np.cumsum(1.0 / np.arange(1, last + 1))))
    reached = harmonic[covered.astype(np.int32)]
    spread = reached - _shifted(reached)
    area = errors + (wrong_before - before * share) * spread
    return area.sum(axis=1), covered[:, -1]


def coverage_at(risk: float, steps: Steps) -> Ratio:
    """Return the largest share of the questions answered, surest first, with at most `risk` wrong.

    Source: as `RiskCoverage`; a threshold on the confidence cannot separate questions that tie.
    """
    rows = len(steps.covered)
    if not steps.covered.shape[1]:
        return np.zeros(rows), np.zeros(rows)
    covered, wrong = steps.covered[:, : steps.answered], steps.wrong[:, : steps.answered]
    allowed = np.where(wrong <= risk * covered + _SLACK, covered, 0.0)
    return allowed.max(axis=1, initial=0.0), steps.covered[:, -1]


def curve(judgements: list[Judgement], points: int = 200) -> tuple[tuple[float, float], ...]:
    """Return (share of the questions answered, share of those wrong), surest first, thinned."""
    steps = RiskCoverage.of(judgements).steps(np.ones((1, len(judgements))))
    if not steps.answered:
        return ()
    kept = np.unique(np.linspace(0, steps.answered - 1, points).round().astype(np.int64))
    covered, wrong = steps.covered[0, kept], steps.wrong[0, kept]
    shares, risks = covered / len(judgements), wrong / covered
    return tuple(zip(shares.tolist(), risks.tolist(), strict=True))


def brier(judgement: Judgement) -> float | None:
    """Return (confidence - right)², lower is better; None unless answered with a confidence.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability", for one of
    two outcomes (half of his sum over both).
    """
    if not judgement.answered or judgement.confidence is None:
        return None
    return (judgement.confidence - judgement.right) ** 2


def expected_calibration_error(judgements: list[Judgement], counts: Counts) -> Ratio:
    """Return |right - confidence| by bin, weighted by bin size, over answers with a confidence.

    Ten bins of equal width, (0.1, 0.2] and so on; 0 belongs to the first.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3 (they use 15
    bins).
    """
    member, confidence, right = _binned(judgements)
    gap = counts @ (member * (right - confidence)[:, None])
    return np.abs(gap).sum(axis=1), (counts @ member).sum(axis=1)


def reliability(judgements: list[Judgement]) -> tuple[Bin, ...]:
    """Return the bins of `expected_calibration_error` that are not empty."""
    member, confidence, right = _binned(judgements)
    sizes = member.sum(axis=0)
    return tuple(
        Bin(
            low=at / _BINS,
            high=(at + 1) / _BINS,
            n=int(sizes[at]),
            confidence=float(member[:, at] @ confidence / sizes[at]),
            accuracy=float(member[:, at] @ right / sizes[at]),
        )
        for at in range(_BINS)
        if sizes[at]
    )


def _binned(judgements: list[Judgement]) -> tuple[Floats, Floats, Floats]:
    """Return (questions, bins) membership, confidences and rights; uncounted ones have no bin."""
    counted = [one.answered and one.confidence is not None for one in judgements]
    confidence = np.array([one.confidence or 0.0 for one in judgements], dtype=np.float64)
    right = np.array([one.right for one in judgements], dtype=np.float64)
    edges = np.array([at / _BINS for at in range(1, _BINS)])
    bins = np.searchsorted(edges, confidence, side="left")
    member = (bins[:, None] == np.arange(_BINS)) & np.array(counted, dtype=np.bool_)[:, None]
    return member.astype(np.float64), confidence, right


def _key(judgement: Judgement) -> tuple[int, float]:
    if not judgement.answered:
        return (2, 0.0)
    return (1, 0.0) if judgement.confidence is None else (0, -judgement.confidence)


def _shifted(sums: Floats) -> Floats:
    return np.concatenate((np.zeros((len(sums), 1)), sums[:, :-1]), axis=1)
