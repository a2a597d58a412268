"""95 % intervals by resampling whole clusters. Pure: the seed decides everything."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Interval: TypeAlias = tuple[float, float]

_BATCH = 500  # resamples at a time: 500 x 6,000 clusters are 24 MB
_QUANTILES = (0.025, 0.975)


def mean_intervals(
    values: Floats, clusters: npt.NDArray[np.int64], *, resamples: int, seed: int
) -> list[Interval | None]:
    """Intervals of the mean of each column of `values`, percentile method.

    Args:
        values: (questions, measures); nan where a measure does not apply to a question.
        clusters: (questions,) from 0; all questions of a cluster are drawn together.
        resamples: how often to draw as many clusters as there are, with replacement.
        seed: of the draws.

    Returns:
        (low, high) for each column; None where nothing applies. A draw in which nothing applies
        is left out.

    Source: Efron and Tibshirani 1993, chapter 13; clusters: Field and Welsh 2007, section 3.
    """
    if not len(values):
        return [None] * values.shape[1]
    count = int(clusters.max()) + 1
    applies = ~np.isnan(values)
    sums, sizes = np.zeros((2, count, values.shape[1]))
    np.add.at(sums, clusters, np.where(applies, values, 0.0))
    np.add.at(sizes, clusters, applies)
    generator = np.random.default_rng(seed)
    means: list[Floats] = []
    for at in range(0, resamples, _BATCH):
        drawn = generator.multinomial(
            count, np.full(count, 1 / count), size=min(_BATCH, resamples - at)
        ).astype(np.float64)
        with np.errstate(invalid="ignore"):
            means.append((drawn @ sums) / (drawn @ sizes))
    return [_interval(column) for column in np.concatenate(means).T]


def interval(
    statistic: Callable[[npt.NDArray[np.int64]], float | None],
    clusters: npt.NDArray[np.int64],
    *,
    resamples: int,
    seed: int,
) -> Interval | None:
    """The interval of any statistic of the questions with the given positions, repeated or not.

    Source: as `mean_intervals`.
    """
    order = np.argsort(clusters, kind="stable")
    ends = np.flatnonzero(np.diff(clusters[order])) + 1
    members: list[npt.NDArray[np.int64]] = list(np.split(order, ends)) if len(order) else []
    generator = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(resamples if members else 0):
        drawn: list[int] = generator.integers(0, len(members), len(members)).tolist()
        value = statistic(np.concatenate([members[cluster] for cluster in drawn]))
        if value is not None:
            found.append(value)
    return _interval(np.array(found)) if found else None


def _interval(drawn: Floats) -> Interval | None:
    usable = drawn[~np.isnan(drawn)]
    if not len(usable):
        return None
    low, high = np.quantile(usable, _QUANTILES)
    return float(low), float(high)
