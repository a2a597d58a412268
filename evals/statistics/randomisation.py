"""Tests whether a difference between two runs could be chance. Pure: only the seed decides."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

_EXACT = 14  # clusters; up to 16,384 ways to flip signs are all tried
_BATCH = 1000
_DECIMALS = 9
_SLACK = 1e-9


def paired_randomisation(
    differences: npt.NDArray[np.float64],
    clusters: npt.NDArray[np.int64],
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> float:
    """Return how often swapping pairs by chance gives differences at least as large.

    Neither the order of the pairs, nor the numbers of the clusters, nor which side is called the
    first has any influence on the result.

    Args:
        differences: (n,) of the pairs, one side minus the other, to 9 decimals.
        clusters: (n,) from 0; all pairs of a cluster are swapped together.
        resamples: draws; with few clusters every way is tried instead.
        seed: of the draws.

    Returns:
        The two-sided p-value in (0, 1]: exact, or (1 + hits) / (1 + draws).

    Source: Fisher 1935; Smucker, Allan and Carterette 2007, section 3.1; the added one: Phipson and
    Smyth 2010.
    """
    if not len(differences):
        return 1.0
    by_cluster = np.zeros(int(clusters.max()) + 1)
    np.add.at(by_cluster, clusters, differences)
    by_cluster = np.round(by_cluster, _DECIMALS)  # 0.1 + 0.2 - 0.3 is no difference
    # A swap by chance gives a sum either sign, so its size is all that matters, and sorted sizes
    # meet the same draws in any order of the pairs.
    sizes = np.sort(np.abs(by_cluster[by_cluster != 0]))
    if not len(sizes):
        return 1.0
    least = abs(by_cluster.sum()) - _SLACK
    if len(sizes) <= _EXACT:
        ways = np.array(list(product((1.0, -1.0), repeat=len(sizes))), dtype=np.float64)
        totals: npt.NDArray[np.float64] = np.abs(ways @ sizes)
        return float(np.count_nonzero(totals >= least)) / len(ways)
    generator = np.random.default_rng(seed)
    hits = 0
    for at in range(0, resamples, _BATCH):
        shape = (min(_BATCH, resamples - at), len(sizes))
        signs = 1 - 2 * generator.integers(0, 2, size=shape)
        hits += int(np.sum(np.abs(signs @ sizes) >= least))
    return (1 + hits) / (1 + resamples)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return adjusted p-values, in the given order, which bound the error rate of the family.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    ordered: Sequence[str] = sorted(p_values, key=lambda name: p_values[name])
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}
