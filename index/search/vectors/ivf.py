"""The dense index for many vectors: it searches quantised lists, and scores the best exactly."""

import math
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from citespan.index.search.vectors.exact import ranked_exactly
from citespan.index.search.vectors.lists import (
    SEED,
    list_sizes,
    lists_in_memory,
    mapped_index,
    one_thread,
    trained_index,
    write_index,
)
from citespan.index.search.vectors.places import IdLists
from citespan.index.search.vectors.protocol import Facts, IndexKind, StoredVectors
from citespan.index.types import Scored, Vectors

# Measured with `python -m citespan.evals.bench.vectors`; docs/decisions has the figures.
PROBES = 128  # the least lists searched
SHARE = 8  # at least one list in 8: of 2,000 lists, 128 had .982 of the nearest vectors, 250 .997
SPARE = 50  # candidates above twice the requested number
_SAMPLE = 50  # training vectors per list
_BATCH = 5_000
_AT_ONCE = 250  # vectors added while searches wait: some 10 ms in an index of a million
_UNSCORED = -1.0  # less than the score of any vector, except the opposite one
_PLACE = 12  # bytes of an id and its list, kept after the first filtered search
# FAISS's stubs lack these parameters:
_Selected: Any = faiss.SearchParameters
_Probed: Any = faiss.SearchParametersIVF


class IvfIndex:
    """An index of vectors by chunk id in inverted lists, a byte a dimension (FAISS IVF, SQ8).

    The vectors of the nearest lists are ranked by their quantised form. The best of them, twice the
    requested number and 50, are ranked by the stored vectors. Scores are therefore exact, and
    results are ordered by score and id; only the choice of candidates is approximate. Vectors that
    were deleted from the catalogue are still returned, with an approximate score; the caller
    filters them out.

    Any thread may search; one at a time may change or save. The index never holds its lock while
    it reads stored vectors.

    Args:
        index: an index of `trained_index`.
        vectors_of: reads the stored vectors.
        probes: the least number of lists searched; by default 128, or an eighth of all.
        spare: how many candidates above twice the requested number are scored exactly.
    """

    def __init__(
        self,
        index: Any,
        vectors_of: StoredVectors,
        *,
        probes: int | None = None,
        spare: int = SPARE,
    ) -> None:
        self.dim = int(index.d)
        self._index = index
        self._vectors_of = vectors_of
        self._probes = probes or max(PROBES, int(index.nlist) // SHARE)
        self._spare = spare
        self.recall = 0.0  # at 10; set by the caller that measures it, which reads all vectors
        self._lock = threading.Lock()  # FAISS must not be searched while it changes
        self._mapped = False
        self._sizes: NDArray[np.int64] | None = None
        self._known: IdLists | None = None
        self._asked: tuple[NDArray[np.int64], IdLists] | None = None

    @classmethod
    def build(cls, ids: Sequence[int], vectors_of: StoredVectors) -> Self:
        """Build an index of vectors on one thread; the same vectors always give an equal index.

        The build holds the quantised vectors, a sample of some 100 `sqrt(n)` stored vectors, and
        5,000 more at a time in memory.

        Args:
            ids: in ascending order; an id that is not stored is ignored.
            vectors_of: reads the stored vectors.

        Raises:
            ValueError: none of them are stored.
        """
        lists = lists_for(len(ids))
        picked = np.random.default_rng(SEED).permutation(len(ids))[: _SAMPLE * lists]
        picked.sort()
        found, sample = vectors_of([ids[at] for at in cast(list[int], picked.tolist())])
        if not found:
            raise ValueError("there are no vectors to build an index of")
        built = cls(trained_index(sample, lists), vectors_of)
        for at in range(0, len(ids), _BATCH):
            stored, vectors = vectors_of(ids[at : at + _BATCH])
            if stored:
                built.add(stored, vectors)
        return built

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def fits(self) -> bool:
        """Whether its number of lists suits its size: it was built at half to twice the size."""
        return lists_for(len(self) // 2) <= self._index.nlist <= lists_for(len(self) * 2)

    def ids(self) -> set[int]:
        """Return the ids of all vectors held."""
        with self._lock:
            return set(cast(list[int], self._places().ids.tolist()))

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors, (n, dim) float32 of unit norm, under ids that are not held yet."""
        self._become_changeable()
        for at in range(0, len(ids), _AT_ONCE):
            some = np.array(ids[at : at + _AT_ONCE], dtype=np.int64)
            with one_thread(), self._changing():
                self._index.add_with_ids(vectors[at : at + _AT_ONCE], some)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove these ids; unknown ones are ignored."""
        self._become_changeable()
        with one_thread(), self._changing():
            self._index.remove_ids(np.array(ids, dtype=np.int64))

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return the best chunks for a vector, best first; equal scores are in order of chunk id.

        Args:
            query: (dim,) float32, unit L2 norm.
            k: at least 1; if fewer are held, fewer are returned.
            among: (n,) the ids that may be returned; the caller must not change the array later.
                Unknown ids are ignored. The search examines as many of these ids as it would of all
                ids, so that it examines all of a few.
        """
        faiss.omp_set_num_threads(1)  # for the calling thread, as in the exact index
        with self._lock:
            candidates = self._candidates(query, 2 * k + self._spare, among)
        return ranked_exactly(candidates, query, k, self._vectors_of)

    def facts(self) -> Facts:
        """Return the kind, size and recall of the index."""
        each = int(self._index.code_size) + 8 + _PLACE
        size = len(self) * each + self._index.nlist * 4 * self.dim
        return Facts(
            kind=IndexKind.APPROXIMATE, vectors=len(self), bytes=int(size), recall=self.recall
        )

    def save(self, path: Path) -> str:
        """Write the index durably to a file, and return the SHA-256 of the file.

        Other threads may search the index meanwhile, but must not change it.

        Raises:
            OSError: the file cannot be written, and must not be used.
        """
        self._become_changeable()  # for mapped lists FAISS would only write their file's name
        return write_index(self._index, path)

    @classmethod
    def load(cls, path: Path, dim: int, vectors_of: StoredVectors) -> Self:
        """Load an index from a file whose checksum the caller has verified.

        The vectors stay in the file, mapped into memory, until the first change. The file may be
        unlinked, but must not be written to.

        Raises:
            ValueError: the file is of another kind or dimension.
        """
        loaded = cls(mapped_index(path, dim), vectors_of)
        loaded._mapped = True
        return loaded

    def _candidates(
        self, query: Vectors, count: int, among: NDArray[np.int64] | None
    ) -> dict[int, float]:
        """Return the best ids by quantised vectors, unordered; or all of a few, scored lowest."""
        if among is None:
            return self._ranked(query, count, self._nearest(query, count, self._list_sizes()))
        places = self._held(among)
        if len(places.ids) <= count:
            return dict.fromkeys(cast(list[int], places.ids.tolist()), _UNSCORED)
        sizes = np.bincount(places.lists, minlength=self._index.nlist)
        lists = self._nearest(query, count, sizes)
        return self._ranked(query, count, lists, places.ids[np.isin(places.lists, lists)])

    def _nearest(self, query: Vectors, count: int, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the lists to search: the nearest of those that hold allowed vectors.

        These lists hold at least as many allowed vectors as the usual number of lists holds
        vectors, and at least four times as many as requested.
        """
        # Not with numpy, whose threads would wait for each other.
        nearest = self._index.quantizer.search(query.reshape(1, -1), len(sizes))[1][0]
        nearest = nearest[sizes[nearest] > 0]
        enough = max(self._probes * len(self) // len(sizes), 4 * count)
        needed = int(np.searchsorted(np.cumsum(sizes[nearest]), enough)) + 1
        return nearest[: max(self._probes, needed)]

    def _ranked(
        self,
        query: Vectors,
        count: int,
        lists: NDArray[np.int64],
        among: NDArray[np.int64] | None = None,
    ) -> dict[int, float]:
        """Return the best ids of these lists, or of `among`, with scores of quantised vectors."""
        if not len(lists):
            return {}
        selected = {} if among is None else {"sel": faiss.IDSelectorBatch(among)}
        only = _Selected(sel=faiss.IDSelectorBatch(lists))
        params = _Probed(nprobe=len(lists), quantizer_params=only, **selected)
        count = min(count, len(self))
        scores, ids = self._index.search(query.reshape(1, -1), count, params=params)
        found = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return {at: score for at, score in found if at >= 0}

    def _list_sizes(self) -> NDArray[np.int64]:
        if self._sizes is None:
            self._sizes = list_sizes(self._index)
        return self._sizes

    def _places(self) -> IdLists:
        if self._known is None:
            self._known = IdLists.of(self._index, self._list_sizes())
        return self._known

    def _held(self, among: NDArray[np.int64]) -> IdLists:
        """Return the held ones of the ids; cached, because queries often repeat a filter."""
        if self._asked is None or self._asked[0] is not among:
            self._asked = among, self._places().among(among)
        return self._asked[1]

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Block searches inside, and then drop the cached places of the ids."""
        with self._lock:
            yield
            self._sizes = self._known = self._asked = None

    def _become_changeable(self) -> None:
        """Load mapped lists into memory."""
        if not self._mapped:
            return
        held = lists_in_memory(self._index)
        with self._lock:
            self._index.replace_invlists(held, True)  # the index owns them  # noqa: FBT003
        self._mapped = False


def lists_for(count: int) -> int:
    """Return the number of lists for so many vectors: `2 sqrt(n)`, at least 1."""
    return max(1, round(2 * math.sqrt(count)))
