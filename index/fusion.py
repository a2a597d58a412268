"""Reciprocal rank fusion."""

from collections.abc import Sequence

from index.types import Scored

RRF_K = 60  # the value of the paper


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Scored]], k: int = RRF_K) -> list[Scored]:
    """One ranking out of several, best first; equal scores in order of chunk id.

    A chunk scores the sum over rankings of 1 / (k + rank), ranks counted from 1.

    Source: Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods", section 2.
    """
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, scored in enumerate(ranking, start=1):
            fused[scored.chunk_id] = fused.get(scored.chunk_id, 0.0) + 1 / (k + rank)
    ordered = sorted(fused.items(), key=lambda item: (-item[1], item[0]))
    return [Scored(chunk_id=chunk_id, score=score) for chunk_id, score in ordered]
