"""Whether confidence tells right answers from wrong ones.

Arrays are (n,) over questions.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evals.results import Bin

Floats: TypeAlias = npt.NDArray[np.float64]
_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Questions by confidence: what was said about them, and whether it was wrong.

    confidence: in [0, 1]; answered, wrong: 0 or 1; an abstention is wrong if it must be covered.
    """

    confidence: Floats
    answered: Floats
    wrong: Floats

    def ordered(self) -> "Judged":
        """Answers first, surest first; abstentions last."""
        return self.taken(np.lexsort((-self.confidence, -self.answered)))

    def taken(self, at: npt.NDArray[np.int64]) -> "Judged":
        """The questions with these positions, some perhaps repeated."""
        return Judged(
            confidence=self.confidence[at], answered=self.answered[at], wrong=self.wrong[at]
        )


def risk_coverage(judged: Judged) -> list[tuple[float, float]]:
    """(coverage, risk): shares of the questions answered, and of those that are wrong.

    The surest are covered first, those of one confidence together, abstentions last.

    Source: Geifman and El-Yaniv 2017, "Selective classification for deep neural networks".
    """
    ordered = judged.ordered()
    covered = np.arange(1, len(ordered.wrong) + 1)
    risk = np.cumsum(ordered.wrong) / covered
    ends = _ends(ordered)
    return [(float(covered[at] / len(covered)), float(risk[at])) for at in ends]


def aurc(judged: Judged) -> float | None:
    """Area under the risk-coverage curve, in [0, 1]; lower is better. None of nothing.

    The mean of the risk over all coverages; questions of one confidence share the expected risk,
    so that their order does not matter.

    Source: Geifman, Uziel and El-Yaniv 2019, "Bias-reduced uncertainty estimation", section 2.
    """
    points = risk_coverage(judged)
    area = 0.0
    last_coverage = last_wrong = 0.0
    total = len(judged.wrong)
    for coverage, risk in points:
        wrong = coverage * risk
        steps = round((coverage - last_coverage) * total)
        share = (wrong - last_wrong) / (coverage - last_coverage)
        at = last_coverage + np.arange(1, steps + 1) / total
        area += float(np.sum((last_wrong + share * (at - last_coverage)) / at)) / total
        last_coverage, last_wrong = coverage, wrong
    return area if points else None


def coverage_at_risk(judged: Judged, risk: float) -> float | None:
    """The largest share of questions answered, surest first, with at most that share wrong.

    Only what was answered can be covered. None of nothing.

    Source: El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification".
    """
    if not len(judged.wrong):
        return None
    most = float(np.mean(judged.answered))
    fits = [c for c, wrong in risk_coverage(judged) if wrong <= risk and c <= most + 1e-12]
    return max(fits, default=0.0)


def reliability(judged: Judged) -> list[Bin]:
    """Ten bins of equal width over the answered questions; empty ones are left out.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 2.
    """
    answered = judged.answered > 0
    confidence, right = judged.confidence[answered], 1 - judged.wrong[answered]
    number = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        Bin(
            low=at / _BINS,
            high=(at + 1) / _BINS,
            n=int(np.sum(number == at)),
            confidence=float(np.mean(confidence[number == at])),
            accuracy=float(np.mean(right[number == at])),
        )
        for at in sorted(set(number.tolist()))
    ]


def expected_calibration_error(judged: Judged) -> float | None:
    """Mean distance of confidence and accuracy over the bins, by their size, in [0, 1].

    Source: as `reliability`, equation 5.
    """
    bins = reliability(judged)
    total = sum(found.n for found in bins)
    if not total:
        return None
    return sum(found.n * abs(found.confidence - found.accuracy) for found in bins) / total


def _ends(ordered: Judged) -> list[int]:
    """The last place of each group of equal confidence; abstentions are one group."""
    if not len(ordered.wrong):
        return []
    key = np.where(ordered.answered > 0, ordered.confidence, -1.0)
    return [*np.flatnonzero(np.diff(key)).tolist(), len(key) - 1]
