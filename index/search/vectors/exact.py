"""The dense index: exact inner-product search with FAISS, derived from the catalogue."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from citespan.index.search.vectors.protocol import Facts, IndexKind, StoredVectors
from citespan.index.types import Scored, Vectors

_Selected: Any = faiss.SearchParameters  # its stub has no parameters


class ExactIndex:
    """An exact index of vectors by chunk id. Any thread may search; one at a time may change it.

    Args:
        dim: length of every vector.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._index: Any = faiss.IndexIDMap(faiss.IndexFlatIP(dim))
        self._lock = threading.Lock()  # FAISS must not be searched while it changes

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def fits(self) -> bool:
        """Always True: an exact index suits any number of vectors."""
        return True

    def ids(self) -> set[int]:
        """Return the ids of all vectors held."""
        with self._lock:
            return set(cast(list[int], faiss.vector_to_array(self._index.id_map).tolist()))

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors, (n, dim) float32 of unit norm, under ids that are not held yet."""
        with self._lock:
            self._index.add_with_ids(vectors, np.array(ids, dtype=np.int64))

    def remove(self, ids: Sequence[int]) -> None:
        """Remove these ids; unknown ones are ignored."""
        with self._lock:
            self._index.remove_ids(np.array(ids, dtype=np.int64))

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return the best chunks for a vector, best first; equal scores are in order of chunk id.

        Args:
            query: (dim,) float32, unit L2 norm.
            k: at least 1; if fewer are held, fewer are returned.
            among: (n,) the ids that may be returned; unknown ones are ignored.
        """
        with self._lock:
            scores, ids = self._best(query, k, among)
        found = zip(scores, ids, strict=True)
        best = sorted(((score, key) for score, key in found if key >= 0), key=_best_first)
        return [Scored(chunk_id=chunk_id, score=score) for score, chunk_id in best[:k]]

    def facts(self) -> Facts:
        """Return the kind, size and recall of the index."""
        size = len(self) * (4 * self.dim + 8)
        return Facts(kind=IndexKind.EXACT, vectors=len(self), bytes=size, recall=1.0)

    def _best(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None
    ) -> tuple[list[float], list[int]]:
        """Return scores and ids of the k best and of all that tie with the last; ids may be -1."""
        most = len(self) if among is None else min(len(self), len(among))
        if not most:
            return [], []
        selected = None
        if among is not None:
            selected = _Selected(sel=faiss.IDSelectorBatch(among))
        # For the calling thread, each time: several threads for one query wait for the slowest.
        faiss.omp_set_num_threads(1)
        limit = 0
        # FAISS keeps insertion order at ties, which a rebuild would change. All vectors that tie
        # with the last place are needed to order them by id.
        while True:
            limit = min(2 * limit or k + 1, most)
            scores, ids = self._index.search(query.reshape(1, -1), limit, params=selected)
            if limit == most or ids[0][-1] < 0 or scores[0][k - 1] > scores[0][-1]:
                return scores[0].tolist(), ids[0].tolist()


def ranked_exactly(
    candidates: Mapping[int, float], query: Vectors, k: int, vectors_of: StoredVectors
) -> list[Scored]:
    """Return the best of some candidates by their stored vectors, best first, ties by id.

    Candidates that are no longer stored keep their score; the caller filters them out.

    Args:
        candidates: approximate scores by id.
        query: (dim,) float32, unit L2 norm.
        k: at least 1.
        vectors_of: reads the stored vectors.
    """
    ids, vectors = vectors_of(list(candidates))
    found = [Scored(chunk_id=at, score=candidates[at]) for at in candidates.keys() - set(ids)]
    if ids:
        exact = ExactIndex(len(query))  # so that scores do not depend on the kind of index
        exact.add(ids, vectors)
        found += exact.search(query, k)
    return sorted(found, key=lambda one: (-one.score, one.chunk_id))[:k]


def _best_first(found: tuple[float, int]) -> tuple[float, int]:
    return -found[0], found[1]
