"""The contract of both kinds of dense index, and the number of vectors that each suits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citespan.index.types import Scored, Vectors

# Measured with `python -m citespan.evals.bench.vectors`; docs/decisions has the figures.
EXACT_MOST = 20_000
_BATCH = 10_000
_EQUAL = 1e-6  # the most that scores of one vector differ between two batches

StoredVectors: TypeAlias = Callable[[Sequence[int]], tuple[Sequence[int], Vectors]]
"""A function that returns the stored ones of some ids, and a row of float32 for each."""


class IndexKind(StrEnum):
    """The way to find nearest vectors."""

    EXACT = "exact"
    APPROXIMATE = "ivf-sq8"
    LISTS = "ivf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The kind, size and recall of a dense index.

    bytes: the size of its vectors, in memory or mapped.
    recall: the share of the true 10 best that it finds, at the last measurement.
    """

    kind: IndexKind
    vectors: int
    bytes: int
    recall: float

    @property
    def bytes_per_million(self) -> int:
        """The bytes of a million such vectors; 0 if there are none."""
        return self.bytes * 1_000_000 // self.vectors if self.vectors else 0


class VectorIndex(Protocol):
    """An index of vectors by chunk id. Any thread may search; one at a time may change it."""

    def __len__(self) -> int: ...

    @property
    def fits(self) -> bool:
        """Whether the index was made for about as many vectors as it holds."""
        ...

    def ids(self) -> set[int]:
        """Return the ids of all vectors held."""
        ...

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors, (n, dim) float32 of unit norm, under ids that are not held yet."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Remove these ids; unknown ones are ignored."""
        ...

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return the best chunks for a vector, best first; equal scores are in order of chunk id.

        Args:
            query: (dim,) float32, unit L2 norm.
            k: at least 1; if fewer are held, fewer are returned.
            among: (n,) the ids that may be returned; the caller must not change the array later.
                Unknown ids are ignored.
        """
        ...

    def facts(self) -> Facts: ...


def kind_for(
    count: int, now: IndexKind = IndexKind.EXACT, exact_most: int = EXACT_MOST
) -> IndexKind:
    """Return the kind of index for so many vectors.

    Args:
        count: the number of vectors to hold.
        now: the present kind. An approximate index stays until the vectors are at most half of
            `exact_most`, so that adding and removing a document does not rebuild it each time.
        exact_most: the most vectors that are searched exactly.
    """
    most = exact_most if now is IndexKind.EXACT else exact_most // 2
    return IndexKind.EXACT if count <= most else IndexKind.APPROXIMATE


def measured_recall(
    index: VectorIndex, vectors_of: StoredVectors, queries: Vectors, k: int = 10
) -> float:
    """Return the share of the true `k` best, over all queries, that a search finds.

    The share of an empty index is 1. All vectors are read once, in batches. A vector with the score
    of the last true one counts, too.

    Args:
        index: the index to measure.
        vectors_of: reads the vectors of the index.
        queries: (n, dim) float32 of unit norm.
        k: the number of vectors requested.
    """
    ids = sorted(index.ids())
    best = np.full((len(queries), min(k, len(ids))), -np.inf, dtype=np.float32)
    for at in range(0, len(ids), _BATCH):
        stored, vectors = vectors_of(ids[at : at + _BATCH])
        if not stored:
            continue
        scores = np.concatenate([best, queries @ vectors.T], axis=1)
        best = -np.sort(-scores, axis=1)[:, : best.shape[1]]
    if not best.size:
        return 1.0
    found = 0
    for query, worst in zip(queries, best[:, -1].tolist(), strict=True):
        found += sum(one.score >= worst - _EQUAL for one in index.search(query, best.shape[1]))
    return found / best.size
