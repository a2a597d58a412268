"""Nearest vectors: exact while they are few, approximate and from a file when they are many.

The index chooses again after each change. A thread builds the other index from the catalogue;
until that index is ready, the present one is changed and searched.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.disk.crashpoints import reached
from citespan.index.errors import StoreError, StoreUnavailable
from citespan.index.runtime import step_back
from citespan.index.search.vectors.exact import ExactIndex
from citespan.index.search.vectors.file import VectorFile
from citespan.index.search.vectors.ivf import IvfIndex
from citespan.index.search.vectors.protocol import (
    Facts,
    IndexKind,
    VectorIndex,
    kind_for,
    measured_recall,
)
from citespan.index.types import Scored, Vectors

_log = logging.getLogger("citespan.index")

_BATCH = 10_000  # vectors read at a time
_SAMPLE = 100  # vectors that are searched for to measure the recall
_OLD = 0.1  # the share of vectors changed since the last save at which the file is rewritten
_OLD_AT_CLOSE = 0.01


class AdaptiveIndex:
    """An index of the vectors of a catalogue's chunks, exact or approximate by their number.

    Any thread may search. All other methods, except `facts` and `measure`, require holding
    `changing`.

    Args:
        folder: the folder of the index's file.
        catalogue: the catalogue, from which vectors are read.
        dim: length of every vector.
        changing: the lock that callers hold to change the index; its own thread also takes it.
        found: called with the name and the error of a file that could not be used.
        exact_most: with more vectors than this, the nearest are found approximately.
        read_only: write nothing and build nothing, because the file is the writer's.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        dim: int,
        *,
        changing: threading.Lock,
        found: Callable[[str, Exception], None],
        exact_most: int,
        read_only: bool,
    ) -> None:
        self._file = VectorFile(folder, catalogue)
        self._catalogue = catalogue
        self._dim = dim
        self._changing = changing
        self._found = found
        self._exact_most = exact_most
        self._read_only = read_only
        self._working: threading.Thread | None = None
        self._closed = False
        self._index: VectorIndex = ExactIndex(dim)
        self._changed = 0  # ids, since the last save
        self._untried = 0  # ids, since the last attempt to save
        self._removed = 0  # ids whose vectors are still in the file
        self.held: set[int] = set()
        self.reload()

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return the nearest vectors, as `VectorIndex.search`."""
        return self._index.search(query, k, among)

    def ids(self) -> set[int]:
        """Return the ids of all vectors held."""
        return self._index.ids()

    def suits(self, count: int) -> bool:
        """Return whether the present index suits so many vectors."""
        kind = self._index.facts().kind
        return kind is kind_for(count, kind, self._exact_most) and self._index.fits

    def reload(self) -> None:
        """Load the index of the file, if there is one."""
        try:
            if not self._read_only:
                self._file.tidy()
            saved = self._file.load(self._dim)
        except (OSError, ValueError) as error:
            self._found("the vector index", error)
            self._forget()
            return
        if saved:
            self._index = saved
            self.held = self._index.ids()
            self._changed = self._untried = self._removed = 0

    def change(self, gone: Set[int], new: Set[int]) -> None:
        """Remove ids, and add others that are not held yet.

        New ids are added first, so that a concurrent search finds some and drops deleted ones.
        """
        for ids, vectors in self._batches(sorted(new)):
            self._index.add(ids, vectors)
            self.held.update(ids)
        if gone:
            self._index.remove(sorted(gone))
            self.held -= gone
        self._removed += len(gone)
        self._changed += len(gone) + len(new)
        self._untried += len(gone) + len(new)

    def keep_up(self) -> None:
        """Start to build or to save on a thread, if necessary."""
        if not (self._read_only or self._closed or self._working) and self._due():
            self._working = threading.Thread(target=self._work, name="vectors", daemon=True)
            self._working.start()

    def uncompacted(self) -> int:
        """Return how many vectors in the file belong to removed ids."""
        return self._removed if isinstance(self._index, IvfIndex) else 0

    def compact(self) -> int:
        """Rewrite the file if it holds vectors of removed ids; return how many it held."""
        removed = self.uncompacted()
        return removed if removed and self._save() else 0

    def close(self) -> None:
        """Save the index for a fast next start, and stop building."""
        self._closed = True
        if self._changed > _OLD_AT_CLOSE * len(self.held):
            self._save()

    def facts(self) -> Facts:
        """Return how vectors are found, and the recall of the last measurement."""
        return self._index.facts()

    def measure(self) -> Facts:
        """Measure now and return the facts, once no build is running; this reads all vectors."""
        if working := self._working:
            working.join()
        if isinstance(index := self._index, IvfIndex):
            index.recall = self._recall_of(index)
        return self.facts()

    def _due(self) -> bool:
        old = isinstance(self._index, IvfIndex) and self._untried > _OLD * len(self.held)
        return old or not self.suits(len(self.held))

    def _work(self) -> None:
        step_back()
        try:
            while self._step():
                pass
        except (StoreError, OSError, ValueError) as error:  # the next change tries again
            with self._changing:
                self._working = None
                if not self._closed:
                    _log.warning("vector index not built: %s", error)

    def _step(self) -> bool:
        """Build or save once; return False if nothing is left to do."""
        with self._changing:
            if self._closed:
                return False
            if self.suits(len(self.held)):
                if self._due():
                    self._save()
                self._working = None
                return False
            ids = sorted(self.held)
        built = self._built(ids)
        reached("vectors.built")
        with self._changing:
            self._replace_with(built)
        return True

    def _built(self, ids: Sequence[int]) -> VectorIndex:
        if kind_for(len(ids), self._index.facts().kind, self._exact_most) is IndexKind.APPROXIMATE:
            index = IvfIndex.build(ids, self._stored)
            index.recall = self._recall_of(index)
            return index
        exact = ExactIndex(self._dim)
        for some, vectors in self._batches(ids):
            exact.add(some, vectors)
        return exact

    def _replace_with(self, built: VectorIndex) -> None:
        """Bring a built index up to date, and replace the present one with it."""
        if self._closed:
            return
        ids = built.ids()
        for some, vectors in self._batches(sorted(self.held - ids)):
            built.add(some, vectors)
        built.remove(sorted(ids - self.held))
        self._index, self.held = built, built.ids()
        if isinstance(built, IvfIndex):
            self._save()
        else:
            self._forget()

    def _save(self) -> bool:
        self._untried = 0
        if self._read_only or not isinstance(self._index, IvfIndex):
            return False
        try:
            self._file.save(self._index)
        except (
            OSError,
            StoreUnavailable,
        ) as error:  # a full disk, say: later changes try again
            _log.warning("vector index not saved: %s", error)
            return False
        self._changed = self._removed = 0
        return True

    def _forget(self) -> None:
        if self._read_only:
            return
        try:
            self._file.remove()
        except (OSError, StoreUnavailable) as error:  # the next start finds the file again
            _log.warning("file of the vector index not removed: %s", error)

    def _recall_of(self, index: VectorIndex) -> float:
        ids = sorted(index.ids())
        sample = random.Random(0).sample(ids, min(_SAMPLE, len(ids)))  # noqa: S311  (no secret)
        _, queries = self._stored(sample)
        return measured_recall(index, self._stored, queries)

    def _batches(self, ids: Sequence[int]) -> Iterator[tuple[Sequence[int], Vectors]]:
        """Yield the stored ones of the ids and their vectors, in batches."""
        for at in range(0, len(ids), _BATCH):
            stored, vectors = self._catalogue.vectors(ids[at : at + _BATCH])
            if stored:
                yield stored, vectors

    def _stored(self, ids: Sequence[int]) -> tuple[Sequence[int], Vectors]:
        if self._closed:
            raise StoreUnavailable("the index is closed")
        return self._catalogue.vectors(ids)
