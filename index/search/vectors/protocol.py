"""What both kinds of dense index have in common, and which of them suits how many vectors."""

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
_EQUAL = 1e-6  # scores of one vector in two batches differ by so much

StoredVectors: TypeAlias = Callable[[Sequence[int]], tuple[Sequence[int], Vectors]]
"""Those of the ids that are stored, and a row of float32 for each."""


class IndexKind(StrEnum):
    """How nearest vectors are found."""

    EXACT = "exact"
    APPROXIMATE = "ivf-sq8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a dense index is made of.

    bytes: those of its vectors, in memory or mapped.
    recall: the share of the true 10 best that are found, when that was last measured.
    """

    kind: IndexKind
    vectors: int
    bytes: int
    recall: float

    @property
    def bytes_per_million(self) -> int:
        """Of a million vectors such as these; 0 if there are none."""
        return self.bytes * 1_000_000 // self.vectors if self.vectors else 0


class VectorIndex(Protocol):
    """Vectors by chunk id. Searched by any thread; changed by one at a time."""

    def __len__(self) -> int: ...

    @property
    def fits(self) -> bool:
        """Whether it was made for about as many vectors as it holds."""
        ...

    def ids(self) -> set[int]:
        """The ids of all vectors held."""
        ...

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors, (n, dim) float32 of unit norm, under ids that are not held yet."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these ids; unknown ones are passed over."""
        ...

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Best chunks for a query vector, best first; equal scores in order of chunk id.

        Args:
            query: (dim,) float32, unit L2 norm.
            k: at least 1; fewer are returned if fewer are held.
            among: (n,) the ids that may be returned, not to be changed later; unknown ones are
                passed over.
        """
        ...

    def facts(self) -> Facts: ...


def kind_for(
    count: int, now: IndexKind = IndexKind.EXACT, exact_most: int = EXACT_MOST
) -> IndexKind:
    """The kind for so many vectors.

    Args:
        count: vectors to be held.
        now: the kind that holds them; it stays until they are half as few as where it began, so
            that adding and removing a document does not build an index each time.
        exact_most: vectors that are searched exactly.
    """
    most = exact_most if now is IndexKind.EXACT else exact_most // 2
    return IndexKind.EXACT if count <= most else IndexKind.APPROXIMATE


def measured_recall(
    index: VectorIndex, vectors_of: StoredVectors, queries: Vectors, k: int = 10
) -> float:
    """The share of the true `k` best, over all queries, that a search finds; 1 where none are held.

    Reads all vectors once, in batches. A vector as good as the last of the true ones counts too.

    Args:
        index: what is measured.
        vectors_of: the vectors that were put in.
        queries: (n, dim) float32 of unit norm.
        k: how many are asked for.
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
