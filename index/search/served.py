"""The search index on a server: derived from the catalogue like the local one, but once for all.

One process at a time brings the engine to the state of the catalogue. The catalogue has the last
word on every hit.
"""

import logging
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from citespan.index.catalogue import Filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import IndexedText
from citespan.index.disk.crashpoints import reached
from citespan.index.errors import SearchBehind
from citespan.index.search.bm25 import words_of
from citespan.index.search.engine import Engine, Row
from citespan.index.search.matching import Matching, differences
from citespan.index.search.vectors import ranked_exactly
from citespan.index.search.vectors.protocol import Facts
from citespan.index.types import Scored, Vectors

_log = logging.getLogger("citespan.index")

T = TypeVar("T")

_PATIENCE_S = 10.0  # that a question waits for another process
_READER_S = 2.0  # that who only reads waits for who writes
_LOOK_S = 0.05
_BATCH = 500  # chunks in one change
_SPARE = 50  # candidates above twice the requested number, as of the local index
_ATTEMPTS = 20  # to find the documents unchanged while they are compared


class ServedSearchIndex:
    """The search index in an engine on a server.

    Args:
        engine: what holds the chunks of the catalogue's build.
        catalogue: the catalogue that they are derived from.
        read_only: change nothing; wait a little for who writes.

    Raises:
        SearchBehind: with `read_only`, the engine is not at the state of the catalogue.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue, *, read_only: bool = False) -> None:
        self._engine, self._catalogue = engine, catalogue
        self._read_only = read_only
        self._changing = threading.Lock()
        self._matching = Matching(catalogue)
        self._reached = -1  # the generation that the engine is known to be at, or beyond
        while True:
            try:
                self.refresh()
                break
            except SearchBehind:
                if read_only:
                    raise
                _log.info("waiting for another server, which brings the search engine up to date")

    def refresh(self, *, wait: bool = True) -> None:
        if self._is_level() or not self._changing.acquire(blocking=wait):
            return
        try:
            if self._read_only:
                self._await_level()
            elif not self._is_level():
                with self._turn():
                    self._catch_up()
        finally:
            self._changing.release()

    @contextmanager
    def steady(self) -> Generator[None]:
        with self._changing, self._turn(), self._level():
            yield

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        among = self._matching.ids(filters)
        if among is not None and not len(among):
            return []
        found = self._engine.nearest(query, 2 * k + _SPARE, among)
        candidates = {one.chunk_id: one.score for one in found}
        return ranked_exactly(candidates, query, k, self._catalogue.vectors)

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        among = self._matching.ids(filters)
        words = dict.fromkeys(words_of(query))
        if not words or (among is not None and not len(among)):
            return []
        return self._engine.worded(words, k, among)

    def compact(self) -> int:
        return 0  # the server clears the space of removed chunks by itself

    def uncompacted(self) -> int:
        return 0

    def leftovers(self) -> list[str]:
        with self.steady():
            return differences("entries", self._engine.ids(), self._catalogue.chunk_ids())

    def mend(self) -> list[str]:
        if self._read_only:
            return []
        with self._changing, self._turn():
            with self._level():
                held, stored = self._engine.ids(), self._catalogue.chunk_ids()
                found = differences("entries", held, stored)
                rows = self._rows(self._catalogue.indexed_texts(held & stored))
                wrong = [at for some in _batches(rows) for at in self._engine.differing(some)]
            if wrong:
                found.append(f"the index held {len(wrong)} entries that were not as stored")
            self._change([*(held - stored), *wrong], {*(stored - held), *wrong})
            if self._engine.recounted():
                found.append("the index had counted words wrongly")
        return found

    def facts(self) -> Facts:
        return self._engine.facts()

    def measure(self) -> Facts:
        return self._engine.measure()

    def problems(self) -> list[str]:
        return []

    def fault(self) -> str | None:
        return self._engine.fault()

    def close(self) -> None:
        """Do nothing: the engine holds what it holds."""

    def _is_level(self) -> bool:
        return self._reached >= self._catalogue.generation

    def _await_level(self) -> None:
        until = time.monotonic() + _READER_S
        while (level := self._engine.level()) < self._catalogue.generation:
            if time.monotonic() > until:
                raise SearchBehind
            time.sleep(_LOOK_S)
        self._reached = level

    @contextmanager
    def _turn(self) -> Generator[None]:
        """Let no other process change the engine inside.

        Raises:
            SearchBehind: another one takes long.
        """
        with self._engine.turn(_PATIENCE_S) as mine:
            if not mine:
                raise SearchBehind
            yield

    @contextmanager
    def _level(self) -> Generator[None]:
        """Inside a turn, let all reads see one state of the catalogue, which the engine is at."""
        for _ in range(_ATTEMPTS):
            if self._read_only:
                self._await_level()
            else:
                self._catch_up()
            with self._catalogue.snapshot():
                if self._engine.level() == self._catalogue.generation:
                    yield
                    return
        raise SearchBehind

    def _catch_up(self) -> None:
        """Apply what was stored and deleted since the engine's state, inside a turn."""
        self._engine.prepare()
        level = self._engine.level()
        with self._catalogue.snapshot():
            generation = self._catalogue.generation
            differing = self._difference(level) if level < generation else None
        if not differing:
            self._reached = level
            return
        self._change(*differing)  # what is changed meanwhile is applied the next time
        self._engine.reach(generation)
        reached("search.level")
        self._reached = self._engine.level()
        self._engine.settle()  # searches do not wait for it

    def _difference(self, level: int) -> tuple[set[int], set[int]]:
        """Return the ids that the engine must lose, and those that it must get."""
        if level >= 0 and (changes := self._catalogue.changes(level)):
            return changes.removed, changes.added
        held, stored = self._engine.ids(), self._catalogue.chunk_ids()
        return held - stored, stored - held

    def _change(self, gone: Iterable[int], new: set[int]) -> None:
        for ids in _batches(iter(sorted(gone))):
            self._engine.remove(ids)
            reached("search.removed")
        for rows in _batches(self._rows(self._catalogue.indexed_texts(new))):
            self._engine.add(rows)
            reached("search.added")

    def _rows(self, texts: Iterable[IndexedText]) -> Iterator[Row]:
        """Yield the chunks that can be read, with their words and vectors."""
        for some in _batches(iter(texts)):
            by_id = {one.chunk.id: one for one in some}
            ids, vectors = self._catalogue.vectors(list(by_id))
            for chunk_id, vector in zip(ids, vectors, strict=True):
                one = by_id[chunk_id]
                yield Row(chunk_id, words_of(one.title), words_of(one.text), vector)


def _batches(items: Iterator[T]) -> Iterator[Sequence[T]]:
    while some := list(islice(items, _BATCH)):
        yield some
