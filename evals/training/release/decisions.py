"""Step 6: the decision whether to answer, fitted on whole answers from several domains."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from citespan.evals.training.release.calibration import decide
from citespan.evals.training.release.domains import (
    DomainAnswer,
    outcomes,
    read_domains,
    read_languages,
)
from citespan.qa.evidence import AnswerThreshold
from citespan.qa.evidence.model import BundledReader

_NEAR = 0.01  # of the best mean score: less than its interval is wide
_STEPS = np.arange(0.1, 0.9, 0.01)


def decided(
    data: Path, exported: Path, cache: Path, least: float, gap: float
) -> tuple[AnswerThreshold, tuple[float, float], dict[str, float]]:
    """Return the decision, `near_best`, and each domain's conditioned score with the decision.

    Every question of the part that calibrates is answered. An answer is right if it cites a
    sentence with the answer in it. One line serves all domains, each with as many questions.
    `least` and `gap` are the decision's.

    Source of the conditioned score: `evals.metrics.applied`.
    """
    reader = BundledReader(exported)
    read = read_languages if reader.is_polyglot else read_domains
    found = {
        domain.name: outcomes(domain, reader, AnswerThreshold(least=0.0, gap=gap), cache)
        for domain in read(data, "calibrate")
    }
    given = [one for domain in found.values() for one in domain if one.answered]
    chances = np.array([one.chance for one in given], dtype=np.float64)
    right = np.array([one.right for one in given], dtype=np.float64)
    fitted = msgspec.structs.replace(decide(chances, right, least), gap=gap)
    scores = {name: conditioned(rows, fitted, least) for name, rows in found.items()}
    return fitted, near_best(list(found.values()), fitted), scores


def near_best(
    domains: Sequence[Sequence[DomainAnswer]], fitted: AnswerThreshold
) -> tuple[float, float]:
    """Return the least and the greatest confidence to answer from with a mean score near the best.

    Each domain counts as much.
    """
    scores = [np.mean([conditioned(rows, fitted, least) for rows in domains]) for least in _STEPS]
    near = np.flatnonzero(np.array(scores) >= max(scores) - _NEAR)
    return round(float(_STEPS[near[0]]), 2), round(float(_STEPS[near[-1]]), 2)


def conditioned(rows: Sequence[DomainAnswer], fitted: AnswerThreshold, least: float) -> float:
    """Return the share of right answers and right abstentions, if answers need `least`."""

    def right(one: DomainAnswer) -> bool:
        answered = one.answered and fitted.confidence(one.chance) >= least
        return one.right if answered else not one.answerable

    return sum(map(right, rows)) / len(rows)
