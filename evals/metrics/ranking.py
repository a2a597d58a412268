"""Ranked documents against graded judgements, as trec_eval counts them.

`ranked` holds ids best first, each once; a grade above 0 is relevant, a missing one is 0.
"""

import math
from collections.abc import Mapping, Sequence


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain of the first k, in [0, 1].

    DCG = Σ grade_i / log2(i + 1) over ranks i = 1..k, divided by the DCG of the best ranking.

    Source: Järvelin and Kekäläinen 2002, with the linear gain and the discount of trec_eval's
    ndcg_cut.
    """
    best = _dcg(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k])
    gained = _dcg([max(0, grades.get(name, 0)) for name in ranked[:k]])
    return gained / best if best else 0.0


def recall_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents that are among the first k. Source: trec_eval, recall."""
    relevant = _relevant(grades)
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """1 / rank of the first relevant document among the first k, or 0.

    Source: Voorhees 1999, TREC-8 question answering track; trec_eval, recip_rank.
    """
    relevant = _relevant(grades)
    return next((1 / rank for rank, name in _numbered(ranked, k) if name in relevant), 0.0)


def average_precision_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Precision at each relevant document among the first k, summed, over all relevant ones.

    Source: trec_eval, map_cut: the divisor is the number of relevant documents, also beyond k.
    """
    relevant = _relevant(grades)
    found = 0
    total = 0.0
    for rank, name in _numbered(ranked, k):
        if name in relevant:
            found += 1
            total += found / rank
    return total / len(relevant) if relevant else 0.0


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _relevant(grades: Mapping[str, int]) -> set[str]:
    return {name for name, grade in grades.items() if grade > 0}


def _numbered(ranked: Sequence[str], k: int) -> enumerate[str]:
    return enumerate(ranked[:k], start=1)
