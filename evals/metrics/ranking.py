"""Measures of how well ranked documents match graded ones. Pure.

The numbers are those of trec_eval (through ir_measures: nDCG@k, R@k, RR@k, AP@k). A grade of 1 and
up is relevant; a document that is not graded is not. A document counts at its first rank.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2

from citespan.evals.metrics.intervals import Placed


def ranked_documents(passages: Iterable[Placed]) -> list[str]:
    """Return documents of passages that are ordered best first, by their first passage."""
    return list(dict.fromkeys(passage.document_id for passage in passages))


def ndcg_at(k: int, ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the discounted cumulative gain of the first k, as a share of the best possible.

    DCG@k = sum of grade_i / log2(i + 1) over ranks i <= k; 0 if nothing is relevant.

    Source: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques",
    section 2.2, with trec_eval's discount (ndcg_cut) and linear gain.
    """
    best = _dcg(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k])
    found = _dcg([max(0, grades.get(name, 0)) for name in _first(k, ranked)])
    return found / best if best else 0.0


def recall_at(k: int, ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the share of the relevant documents among the first k; 0 if nothing is relevant.

    Source: Manning, Raghavan and Schütze 2008, equation 8.2; trec_eval's recall_k.
    """
    hits = sum(grades.get(name, 0) > 0 for name in _first(k, ranked))
    relevant = _relevant(grades)
    return hits / relevant if relevant else 0.0


def reciprocal_rank(k: int, ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 / rank of the first relevant document among the first k, or 0.

    Source: Voorhees 1999, "The TREC-8 question answering track report", section 3.
    """
    for rank, name in enumerate(_first(k, ranked), start=1):
        if grades.get(name, 0) > 0:
            return 1 / rank
    return 0.0


def average_precision(k: int, ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the sum of precision at each relevant document of the first k, over all relevant ones.

    Source: Manning, Raghavan and Schütze 2008, equation 8.8, cut off as trec_eval's map_cut_k:
    relevant documents that are not among the first k count 0.
    """
    hits, total = 0, 0.0
    for rank, name in enumerate(_first(k, ranked), start=1):
        if grades.get(name, 0) > 0:
            hits += 1
            total += hits / rank
    relevant = _relevant(grades)
    return total / relevant if relevant else 0.0


def _first(k: int, ranked: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranked))[:k]


def _relevant(grades: Mapping[str, int]) -> int:
    return sum(grade > 0 for grade in grades.values())


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
