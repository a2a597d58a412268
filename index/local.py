"""The search index of one machine: FAISS and tantivy, both derived from the catalogue.

Nothing here is trusted without a checksum that the catalogue holds, and nothing here is needed:
whatever is missing, damaged or behind is made again from the catalogue.
"""

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.errors import StoreUnavailable
from index.filters import Filter
from index.folder import sync_folder
from index.lexical import LexicalIndex, folder_hashes
from index.protocols import Catalogue, IndexedText
from index.types import Scored
from index.vectors import VectorIndex

_log = logging.getLogger("citespan.index")

_VECTORS, _LEXICAL = "vectors", "lexical"
_KEPT_FILTERS = 16


class LocalSearchIndex:
    """Dense and lexical candidates from files below one folder.

    Args:
        folder: where the derived files lie; it exists.
        catalogue: the truth they are derived from.
        dim: length of the vectors.
        read_only: write nothing; what is behind on disk is made again in memory.
    """

    def __init__(
        self, folder: Path, catalogue: Catalogue, dim: int, *, read_only: bool = False
    ) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._read_only = read_only
        self._lock = threading.Lock()  # FAISS is not to be searched while it changes
        self._refreshing = threading.Lock()
        self._problems: list[str] = []
        self._unsaved = 0
        self._filtered: dict[tuple[int, str], NDArray[np.int64]] = {}
        self._generation = -1
        self._vectors = self._load_vectors(dim)
        self._lexical = self._load_lexical()
        self.refresh()

    def refresh(self) -> None:
        with self._refreshing:
            if self._catalogue.generation != self._generation:
                self._generation = self._hold_what_is_stored()

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        among = self._among(filters)
        with self._lock:
            return self._vectors.search(query, k, among)

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        return self._lexical.search(query, k, self._among(filters))  # of a snapshot of its own

    def problems(self) -> list[str]:
        return list(self._problems)

    def close(self) -> None:
        with self._refreshing:
            if self._unsaved:
                self._save_vectors()

    def _among(self, filters: Filter | None) -> NDArray[np.int64] | None:
        """The ids that a filter leaves; kept, as both sides and the next question need them."""
        if filters is None:
            return None
        key = (self._catalogue.generation, repr(filters))  # where True and 1 are not equal
        kept = self._filtered
        if key not in kept:
            now = {old: ids for old, ids in kept.items() if old[0] == key[0]}
            fresh = {key: self._catalogue.matching(filters)}
            self._filtered = kept = (now if len(now) < _KEPT_FILTERS else {}) | fresh
        return kept[key]

    def _hold_what_is_stored(self) -> int:
        """Take over the difference; only reading it holds up others that read the catalogue."""
        with self._catalogue.snapshot():
            generation = self._catalogue.generation
            wanted = self._catalogue.chunk_ids()
            if self._read_only and self._lexical.ids() != wanted:
                self._lexical = self._reread_lexical(wanted)
            held, worded = self._vectors.ids(), self._lexical.ids()
            new = sorted(wanted - held)
            vectors = self._catalogue.vectors(new) if new else None
            texts = list(self._catalogue.indexed_texts(sorted(wanted - worded)))
        self._change_vectors(sorted(held - wanted), new, vectors)
        if worded != wanted:
            self._change_lexical(sorted(worded - wanted), texts)
        return generation

    def _change_vectors(
        self, gone: Sequence[int], new: Sequence[int], vectors: Vectors | None
    ) -> None:
        with self._lock:
            if gone:
                self._vectors.remove(gone)
            if vectors is not None:
                self._vectors.add(new, vectors)
        self._unsaved += len(gone) + len(new)
        if self._unsaved * 10 > len(self._vectors):  # so that saving costs O(1) a change
            self._save_vectors()

    def _change_lexical(self, gone: Sequence[int], texts: Sequence[IndexedText]) -> None:
        rows = [(row.chunk.id, row.title, row.text) for row in texts]
        try:
            self._lexical.change(gone, rows)
        except (OSError, ValueError) as error:  # a full disk, say: go on in memory until restart
            self._found("the lexical index", error)
            self._lexical = LexicalIndex(None)
            everything = self._catalogue.indexed_texts(sorted(self._catalogue.chunk_ids()))
            self._lexical.change([], [(row.chunk.id, row.title, row.text) for row in everything])
        if hashes := self._lexical.file_hashes():
            self._record(_LEXICAL, hashes)

    def _reread_lexical(self, wanted: set[int]) -> LexicalIndex:
        """What the writer has on disk by now, or else nothing, to be filled in memory."""
        found = self._load_lexical()
        return found if found.ids() == wanted else LexicalIndex(None)

    def _load_vectors(self, dim: int) -> VectorIndex:
        record = self._catalogue.derived(_VECTORS)
        try:
            if not record:
                return VectorIndex(dim)
            snapshot = (self._folder / record["file"]).read_bytes()
            if hashlib.sha256(snapshot).hexdigest() != record["sha256"]:
                raise ValueError("its checksum is wrong")
            return VectorIndex.load(snapshot, dim)
        except (OSError, ValueError) as error:
            self._found("the vector index", error)
            return VectorIndex(dim)

    def _load_lexical(self) -> LexicalIndex:
        folder = self._folder / _LEXICAL
        try:
            if folder.is_dir():
                if folder_hashes(folder) != self._catalogue.derived(_LEXICAL):
                    raise ValueError("its checksums are wrong")
                return LexicalIndex(folder)
        except (OSError, ValueError) as error:
            self._found("the lexical index", error)
        if self._read_only:
            return LexicalIndex(None)
        try:
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)
            else:
                folder.unlink(missing_ok=True)
            folder.mkdir(parents=True)
            made = LexicalIndex(folder)
        except (OSError, ValueError) as error:  # a full disk, say: go on in memory
            self._found("the lexical index", error)
            return LexicalIndex(None)
        self._record(_LEXICAL, made.file_hashes())
        return made

    def _found(self, what: str, error: Exception) -> None:
        if self._read_only:
            return  # most often the writer was just changing it; the writer will tell
        problem = f"{what} could not be used and was made again from the catalogue: {error}"
        self._problems.append(problem)
        _log.warning("derived index rebuilt: %s", problem)

    def _save_vectors(self) -> None:
        if self._read_only:
            return
        snapshot = self._vectors.dump()
        sha256 = hashlib.sha256(snapshot).hexdigest()
        file = self._folder / f"vectors-{sha256[:16]}.faiss"
        try:
            write_durably(file, snapshot)
        except OSError as error:
            # The catalogue has everything; a start without the snapshot is only slower.
            _log.warning("vector snapshot not written: %s", error)
            return
        if not self._record(_VECTORS, {"file": file.name, "sha256": sha256}):
            return
        self._unsaved = 0
        for old in self._folder.glob("vectors-*.faiss"):
            if old != file:
                with suppress(OSError):
                    old.unlink()

    def _record(self, name: str, record: Mapping[str, str]) -> bool:
        try:
            self._catalogue.record_derived(name, record)
        except StoreUnavailable as error:
            # Not worth failing for: what is not recorded is made again at the next start.
            _log.warning("state of derived index not recorded: %s", error)
            return False
        return True


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there whole or not at all."""
    scratch = path.with_suffix(".tmp")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.rename(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
