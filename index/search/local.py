"""The search index of one machine: FAISS and tantivy, both derived from the catalogue.

The index trusts no file without a checksum that the catalogue holds. Any file that is missing,
damaged or stale is rebuilt from the catalogue.
"""

import logging
import shutil
import threading
from collections.abc import Generator, Iterable, Mapping, Set
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from citespan.index.catalogue import Filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import IndexedText
from citespan.index.disk.crashpoints import reached
from citespan.index.errors import StoreError, StoreUnavailable
from citespan.index.search.lexical import LexicalIndex, folder_hashes
from citespan.index.search.matching import Matching, differences
from citespan.index.search.vectors import AdaptiveIndex
from citespan.index.search.vectors.protocol import EXACT_MOST, Facts
from citespan.index.types import Scored, Vectors

_log = logging.getLogger("citespan.index")

_LEXICAL = "lexical"
_FEW = 5_000  # texts loaded into memory, so that the catalogue is free while they are indexed
_REWRITTEN_AT_CLOSE = 10_000  # chunks: a second or two


class LocalSearchIndex:
    """The search index in files below one folder.

    Args:
        folder: the folder of only the derived files; made if missing.
        catalogue: the catalogue that they are derived from.
        dim: length of the vectors.
        read_only: write nothing; if files on disk are stale, the index is rebuilt in memory.
        exact_most: with more chunks than this, the nearest vectors are found approximately.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        dim: int,
        *,
        read_only: bool = False,
        exact_most: int = EXACT_MOST,
    ) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._read_only = read_only
        self._refreshing = threading.Lock()
        self._problems: list[str] = []
        # Not a bound method: a reference cycle would free this object and its threads late.
        self._found = _ignored if read_only else partial(_noted, self._problems)
        self._matching = Matching(catalogue)
        self._generation = -1
        self._nearest = AdaptiveIndex(
            folder,
            catalogue,
            dim,
            changing=self._refreshing,
            found=self._found,
            exact_most=exact_most,
            read_only=read_only,
        )
        self._lexical = self._load_lexical()
        self.refresh()

    def refresh(self, *, wait: bool = True) -> None:
        if not self._refreshing.acquire(blocking=wait):
            return
        try:
            self._hold_what_is_stored()
        finally:
            self._refreshing.release()

    @contextmanager
    def steady(self) -> Generator[None]:
        with self._refreshing, self._catalogue.snapshot():
            self._hold_what_is_stored()
            yield

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        return self._nearest.search(query, k, self._matching.ids(filters))

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        return self._lexical.search(query, k, self._matching.ids(filters))  # its own snapshot

    def compact(self) -> int:
        with self._refreshing:
            return max(self._rewrite_lexical(), self._nearest.compact())

    def uncompacted(self) -> int:
        return max(self._lexical.forgotten(), self._nearest.uncompacted())

    def leftovers(self) -> list[str]:
        self.refresh()
        stored = self._catalogue.chunk_ids()
        vectors = differences("vectors", self._nearest.ids(), stored)
        return vectors + differences("words", self._lexical.ids(), stored)

    def mend(self) -> list[str]:
        return []  # opening compares everything

    def facts(self) -> Facts:
        return self._nearest.facts()

    def measure(self) -> Facts:
        return self._nearest.measure()

    def problems(self) -> list[str]:
        return list(self._problems)

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        with self._refreshing:
            if len(self._nearest.held) <= _REWRITTEN_AT_CLOSE:
                self._rewrite_lexical()
            self._nearest.close()

    def _hold_what_is_stored(self) -> None:
        if self._catalogue.generation == self._generation:
            return
        try:
            self._generation = self._catch_up()
            self._nearest.keep_up()
        except BaseException:
            self._generation = -1  # a part may have been applied: compare everything
            raise

    def _catch_up(self) -> int:
        """Apply the changes of the catalogue, and return its generation; other readers wait."""
        lexical, nearest = self._lexical, self._nearest
        with self._catalogue.snapshot():
            generation = self._catalogue.generation
            known = self._generation >= 0 and not self._read_only
            changes = self._catalogue.changes(self._generation) if known else None
            if changes:
                gone, new = changes.removed & nearest.held, changes.added - nearest.held
                # A build that ended meanwhile may have left out vectors that are already gone.
                worded_gone, worded_new = changes.removed, new
            else:
                wanted = self._catalogue.chunk_ids()
                if self._read_only and lexical.ids() != wanted:
                    lexical = self._reread_lexical(wanted)
                if self._read_only and not nearest.suits(len(wanted)):
                    nearest.reload()
                worded = lexical.ids()
                gone, new = nearest.held - wanted, wanted - nearest.held
                worded_gone, worded_new = worded - wanted, wanted - worded
            nearest.change(gone, new)
            texts = self._catalogue.indexed_texts(worded_new)
            few = len(worded_new) <= _FEW
            if few:
                texts = list(texts)
            else:  # do not load all texts into memory at once
                lexical = self._changed(lexical, worded_gone, texts)
        if few and (worded_gone or worded_new):
            lexical = self._changed(lexical, worded_gone, texts)
        self._lexical = lexical  # only now: other threads search concurrently
        return generation

    def _changed(
        self, lexical: LexicalIndex, gone: Set[int], texts: Iterable[IndexedText]
    ) -> LexicalIndex:
        try:
            lexical.change(sorted(gone), _rows(texts))
        except (OSError, ValueError) as error:  # a full disk, say: use memory until restart
            self._found("the lexical index", error)
            lexical = LexicalIndex(None)
            everything = self._catalogue.indexed_texts(self._catalogue.chunk_ids())
            lexical.change([], _rows(everything))
        if hashes := lexical.file_hashes():
            self._record(_LEXICAL, hashes)
            reached("lexical.recorded")
        return lexical

    def _rewrite_lexical(self) -> int:
        """Rewrite the lexical index, and return how many deleted chunks it no longer holds."""
        if self._read_only:
            return 0
        try:
            forgotten = self._lexical.forgotten()
            if forgotten:
                texts = self._catalogue.indexed_texts(self._lexical.ids())
                self._lexical.rewrite(_rows(texts))
            elif not self._lexical.tidy():
                return 0
        except (OSError, ValueError, StoreError) as error:  # a full disk, say: it can wait
            _log.warning("lexical index not rewritten: %s", error)
            return 0
        self._record(_LEXICAL, self._lexical.file_hashes())
        return forgotten

    def _reread_lexical(self, wanted: set[int]) -> LexicalIndex:
        """Load the writer's current files, or return an empty index to be filled in memory."""
        found = self._load_lexical()
        return found if found.ids() == wanted else LexicalIndex(None)

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
        except (OSError, ValueError) as error:  # a full disk, say: continue in memory
            self._found("the lexical index", error)
            return LexicalIndex(None)
        self._record(_LEXICAL, made.file_hashes())
        return made

    def _record(self, name: str, record: Mapping[str, str]) -> None:
        try:
            self._catalogue.record_derived(name, record)
        except StoreUnavailable as error:
            # No reason to fail: an index without a record is rebuilt at the next start.
            _log.warning("state of derived index not recorded: %s", error)


def _noted(problems: list[str], what: str, error: Exception) -> None:
    problem = f"{what} could not be used and was rebuilt from the catalogue: {error}"
    problems.append(problem)
    _log.warning("derived index rebuilt: %s", problem)


def _ignored(_: str, __: Exception) -> None:
    """Ignore the error: most often the writer was changing the file, and the writer reports it."""


def _rows(texts: Iterable[IndexedText]) -> Iterable[tuple[int, str, str]]:
    return ((row.chunk.id, row.title, row.text) for row in texts)
