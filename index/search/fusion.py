"""Reciprocal rank fusion."""

from collections.abc import Sequence

from citespan.index.types import Scored

RRF_K = 60  # the value of the paper


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[Scored]],
    k: int = RRF_K,
    *,
    weights: Sequence[float] | None = None,
) -> list[Scored]:
    """Fuse several rankings into one, best first; equal scores are in order of chunk id.

    A chunk scores the sum over rankings of weight / (k + rank), ranks counted from 1.

    Args:
        rankings: best first.
        k: at least 0; the higher it is, the smaller is the advantage of the first ranks.
        weights: the weights of the rankings, 1 each by default; the paper has none.

    Source: Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods", section 2.
    """
    fused: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, scored in enumerate(ranking, start=1):
            fused[scored.chunk_id] = fused.get(scored.chunk_id, 0.0) + weight / (k + rank)
    ordered = sorted(fused.items(), key=lambda item: (-item[1], item[0]))
    return [Scored(chunk_id=chunk_id, score=score) for chunk_id, score in ordered]
