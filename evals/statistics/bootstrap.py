"""Intervals by resampling questions, or whole documents with their questions. Pure.

Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile
intervals); Field and Welsh 2007, "Bootstrapping clustered data", section 2 (whole clusters).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
#: (resamples, questions) counts to (resamples, measures) numerators and denominators.
Statistic: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]

LEAST_CLUSTERS = 10  # fewer documents are too few to estimate how documents vary
_BATCH_CELLS = 1_500_000  # 12 MB of counts at a time
_LEVELS = (2.5, 97.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The point value of a ratio and its 95 % interval; None if the denominator is 0."""

    value: float | None
    low: float | None
    high: float | None


def resampling_units(clusters: Sequence[str]) -> tuple[str, list[int]]:
    """Return the kind of unit to resample, "documents" or "questions", and each question's unit.

    With fewer than `LEAST_CLUSTERS` documents, even with one, it is questions. The intervals are
    then about other questions on the same documents, and not about other documents.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    if len(names) < LEAST_CLUSTERS:
        return "questions", list(range(len(clusters)))
    return "documents", [names[cluster] for cluster in clusters]


def intervals(
    statistic: Statistic, units: Sequence[int], *, resamples: int, seed: int
) -> list[Interval]:
    """Return each measure's ratio with its percentile interval.

    If a measure has nothing to count in a resample, that resample is left out for it. If all units
    have the same value, as when there is only one, the interval has no width: the percentile
    bootstrap cannot know better.

    Args:
        statistic: of the questions, in the order of `units`.
        units: the unit of each question, numbered from 0 without gaps.
        resamples: how many; 0 gives no limits.
        seed: of numpy's default generator.
    """
    values, defined = _ratio(statistic(np.ones((1, len(units)))))
    drawn = [
        _ratio(statistic(counts)) for counts in _resamples(units, resamples=resamples, seed=seed)
    ]
    found: list[Interval] = []
    for column in range(values.shape[1]):
        if not defined[0, column]:
            found.append(Interval(value=None, low=None, high=None))
            continue
        kept = [ratios[known[:, column], column] for ratios, known in drawn]
        low, high = _limits(np.concatenate(kept) if kept else np.zeros(0))
        found.append(Interval(value=float(values[0, column]), low=low, high=high))
    return found


def _resamples(units: Sequence[int], *, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield how often each question is counted, a batch of resamples at a time."""
    generator = np.random.default_rng(seed)
    of_question = np.array(units, dtype=np.int64)
    many = len(set(units))
    batch = max(1, _BATCH_CELLS // max(1, len(units)))
    for start in range(0, resamples if many else 0, batch):
        rows = min(batch, resamples - start)
        # Uniform draws counted by unit are multinomial, and ten times as fast as multinomial().
        drawn = generator.integers(0, many, size=(rows, many), dtype=np.int32).astype(np.int64)
        drawn += np.arange(rows, dtype=np.int64)[:, None] * many
        counts = np.bincount(drawn.ravel(), minlength=rows * many).reshape(rows, many)
        yield counts.astype(np.float64)[:, of_question]


def _ratio(parts: tuple[Floats, Floats]) -> tuple[Floats, NDArray[np.bool_]]:
    numerators, denominators = parts
    defined = denominators > 0
    ratios = np.divide(numerators, denominators, out=np.zeros_like(numerators), where=defined)
    return ratios, defined


def _limits(values: Floats) -> tuple[float | None, float | None]:
    if not len(values):
        return None, None
    low, high = np.percentile(values, _LEVELS)
    return float(low), float(high)
