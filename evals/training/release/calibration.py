"""Probabilities from logits, and thresholds by risk. Pure."""

from collections.abc import Callable, Sequence
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.model.measures import Judged
from citespan.qa.evidence import AnswerThreshold
from citespan.qa.evidence.model import Calibration
from citespan.qa.evidence.protocol import Floats

Fit = Callable[[Floats, Floats, Floats], Calibration]

RISKS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
_FOLDS = 5
_NEAR = 0.001


def calibrate(
    rows: Sequence[Judged], groups: Sequence[str]
) -> tuple[Calibration, dict[str, float]]:
    """Return the simplest of three calibrations that is near the best, and the log loss of each.

    Near is a loss that is greater by no more than `_NEAR`: isotonic steps make ties, which
    thresholds cannot separate. The loss is cross-validated over articles: temperature scaling (Guo
    et al. 2017), logistic regression on both logits, and isotonic regression of the latter's sum.

    Args:
        rows: judged pairs whose answerability is known.
        groups: the article of each.

    Raises:
        TrainingError: the pairs do not come from five articles, or all are alike.
    """
    z, m, y = _columns(rows)
    folds = np.array([sorted(set(groups)).index(group) % _FOLDS for group in groups])
    if len(set(groups)) < _FOLDS or not 0 < y.mean() < 1:
        raise TrainingError("calibration needs pairs of both kinds from at least five articles")
    fits: dict[str, Fit] = {
        "temperature": _temperature,
        "logistic": _logistic,
        "isotonic": _isotonic,
    }
    losses = {name: _validated(fit, z, m, y, folds) for name, fit in fits.items()}
    best = next(name for name in fits if losses[name] <= min(losses.values()) + _NEAR)
    fitted = msgspec.structs.replace(
        fits[best](z, m, y), examples=len(y), answerable_share=float(y.mean())
    )
    return fitted, losses


def decide(chances: Floats, right: Floats, least: float) -> AnswerThreshold:
    """Return the decision fitted on questions that were all answered.

    Args:
        chances: (n,) the best passage's probability for each question.
        right: (n,) 1.0 if the answer was right; answers to unanswerable questions are wrong.
        least: the confidence that is enough if no risk is chosen.
    """
    bounded = np.clip(chances, 1e-6, 1 - 1e-6)
    logits = np.log(bounded / (1 - bounded))
    scale, bias = _newton(np.stack([logits, np.ones_like(logits)], axis=1), right)
    fitted = AnswerThreshold(scale=scale, bias=bias)
    confidences = np.array([fitted.confidence(float(chance)) for chance in chances])
    return msgspec.structs.replace(
        fitted,
        least=least,
        thresholds={f"{risk:g}": threshold(confidences, right, risk) for risk in RISKS},
    )


def probabilities(calibration: Calibration, rows: Sequence[Judged]) -> Floats:
    """Return the calibrated probability of each pair."""
    return np.array([calibration.probability(row.answerable, row.margin) for row in rows])


def threshold(chances: Floats, labels: Floats, risk: float) -> float | None:
    """Return the least probability from which no more than `risk` are wrong, or None.

    With 95 % confidence: the upper end of Wilson's one-sided interval (Wilson 1927) counts.
    """
    order = np.argsort(-chances, kind="stable")
    wrong, count = np.cumsum(1 - labels[order]), np.arange(1, len(order) + 1)
    last_of_ties = np.append(np.diff(chances[order]) != 0, True)
    fine = (_wilson_upper(wrong, count) <= risk) & last_of_ties
    return float(chances[order][np.flatnonzero(fine)[-1]]) if fine.any() else None


def expected_calibration_error(chances: Floats, labels: Floats, bins: int = 15) -> float:
    """Return the mean distance of probability and frequency over bins of equal size.

    Source: Nguyen et al. 2015.
    """
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(chances[part].mean() - labels[part].mean()) for part in parts]
    return float(sum(gaps) / len(order))


def _wilson_upper(wrong: Floats, count: NDArray[np.int_]) -> Floats:
    z = NormalDist().inv_cdf(0.95)
    share = wrong / count
    spread = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return (share + z * z / (2 * count) + spread) / (1 + z * z / count)


def _columns(rows: Sequence[Judged]) -> tuple[Floats, Floats, Floats]:
    table = np.array([(row.answerable, row.margin, row.label) for row in rows], dtype=np.float64)
    return table[:, 0], table[:, 1], table[:, 2]


def _validated(fit: Fit, z: Floats, m: Floats, y: Floats, folds: NDArray[np.int_]) -> float:
    losses: list[float] = []
    for fold in range(_FOLDS):
        inside = folds != fold
        fitted = fit(z[inside], m[inside], y[inside])
        for a, b, label in zip(z[~inside], m[~inside], y[~inside], strict=True):
            chance = np.clip(fitted.probability(a, b), 1e-3, 1 - 1e-3)  # isotonic levels reach 0
            losses.append(float(-np.log(chance if label else 1 - chance)))
    return float(np.mean(losses))


def _temperature(z: Floats, _: Floats, y: Floats) -> Calibration:
    (scale,) = _newton(z[:, None], y)
    return Calibration(method="temperature", answerable=scale, margin=0.0, bias=0.0)


def _logistic(z: Floats, m: Floats, y: Floats) -> Calibration:
    scale, margin, bias = _newton(np.stack([z, m, np.ones_like(z)], axis=1), y)
    return Calibration(method="logistic", answerable=scale, margin=margin, bias=bias)


def _isotonic(z: Floats, m: Floats, y: Floats) -> Calibration:
    base = _logistic(z, m, y)
    places = base.answerable * z + base.margin * m + base.bias
    knots, levels = isotonic(places, y)
    return msgspec.structs.replace(base, method="isotonic", knots=knots, levels=levels)


def _newton(features: Floats, labels: Floats) -> tuple[float, ...]:
    """Fit a logistic regression by Newton's method; a ridge keeps separable data finite."""
    weights = np.zeros(features.shape[1])
    ridge = 1e-3 * np.eye(features.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (chances - labels) + ridge @ weights
        curvature = (features * (chances * (1 - chances))[:, None]).T @ features + ridge
        step = np.linalg.solve(curvature, gradient)
        weights -= step * min(1.0, 5 / max(1e-9, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-8:
            break
    return tuple(float(weight) for weight in weights)


def isotonic(values: Floats, labels: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the rising step function nearest to the labels: each block's mean value, and its
    level.

    Pool adjacent violators (Ayer et al. 1955).
    """
    order = np.argsort(values, kind="stable")
    blocks: list[tuple[float, float, int]] = []  # sums of values and labels, count
    for value, label in zip(values[order].tolist(), labels[order].tolist(), strict=True):
        block = (value, label, 1)
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    knots = tuple(total / count for total, _, count in blocks)
    return knots, tuple(right / count for _, right, count in blocks)
