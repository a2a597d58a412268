"""The tables of the chunks of one build that PostgreSQL searches: vectors, words and counts."""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from citespan.index.catalogue.postgres import ServerDatabase
from citespan.index.errors import BuildReplaced, StoreMismatch, StoreUnavailable
from citespan.index.search.bm25 import rounded_length
from citespan.index.search.engine import Row
from citespan.index.search.postgres.extension import vector_extension
from citespan.index.search.postgres.statements import (
    ADD,
    DIFFERING,
    DROP,
    LISTED,
    LISTS,
    MAKE,
    MISCOUNTED,
    RECOUNT,
    REMOVE,
    REPLACE,
)
from citespan.index.types import Vectors

_log = logging.getLogger("citespan.index")

_VERSION = 3  # of the tables and of what is in them
_MOST_DIM = 4000  # that pgvector makes an index of
_MOST_PLACES = 255  # of a word that PostgreSQL keeps
_MOST_LISTS = 2000  # for a million chunks and more; 1 GB is needed to make them


class SearchTables:
    """The tables that one build is searched in; methods are as those of `Engine`.

    Args:
        db: the database of the catalogue.
        build: the id of the build.
        dim: length of the vectors.
        exact_most: with more chunks than this, vectors are put in lists.
        read_only: change nothing.

    Raises:
        StoreMismatch: pgvector is not there, or makes no index of such vectors.
    """

    def __init__(
        self, db: ServerDatabase, build: int, dim: int, *, exact_most: int, read_only: bool
    ) -> None:
        if dim > _MOST_DIM:
            raise StoreMismatch(
                f"pgvector searches vectors of up to {_MOST_DIM} numbers, and these have {dim};"
                " choose another search.engine or another embedder"
            )
        self._db, self._build, self._dim = db, build, dim
        self._exact_most = exact_most
        self.extension = vector_extension(db, make=not read_only)
        self.name = f"search_{build}"
        self.chunks = 0  # that are held, as last read

    def turn(self, wait_s: float) -> AbstractContextManager[bool]:
        return self._db.turn(self.name, wait_s)

    def prepare(self) -> None:
        if self._state() is not None:
            return
        with self._db.transaction(in_turn=False) as db:
            # A build that is dropped meanwhile must not leave tables behind.
            db.execute("SELECT 1 FROM builds WHERE id = ? FOR KEY SHARE", (self._build,))
            if not db.changes():
                raise BuildReplaced
            db.execute(self._of(DROP))
            db.execute(self._of(MAKE))
            values = (_VERSION, self._dim)
            db.execute(self._of("INSERT INTO {name}_level VALUES (?, ?, -1, 0, 0, 0)"), values)

    def level(self) -> int:
        state = self._state()
        return -1 if state is None else state

    def reach(self, generation: int) -> None:
        with self._db.transaction(in_turn=False) as db:
            db.execute(self._of("UPDATE {name}_level SET generation = ?"), (generation,))

    def settle(self) -> None:
        if self.chunks <= self._exact_most:
            return
        try:
            self._make_lists()
        except StoreUnavailable as error:  # searches need no lists, and the next change tries again
            _log.warning("the vectors of %s are not in as many lists as suit: %s", self.name, error)

    def ids(self) -> set[int]:
        return {row[0] for row in self.rows("SELECT id FROM {name}")}

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        with self._db.transaction(in_turn=False) as db:
            db.execute(self._of(ADD), _columns(rows))

    def remove(self, ids: Sequence[int]) -> None:
        with self._db.transaction(in_turn=False) as db:
            db.execute(self._of(REMOVE), (list(ids),))

    def differing(self, rows: Sequence[Row]) -> list[int]:
        return [row[0] for row in self.rows(DIFFERING, _columns(rows))] if rows else []

    def recounted(self) -> bool:
        if not self.rows(MISCOUNTED)[0][0]:
            return False
        with self._db.transaction(in_turn=False) as db:
            db.execute(self._of(RECOUNT))
        return True

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, in which `{name}` stands for that of the tables."""
        return self._db.rows(self._of(statement), values)

    def _state(self) -> int | None:
        """Return the generation that was reached last; None if the tables are not usable."""
        there = "SELECT to_regclass(?) IS NOT NULL"
        if not self._db.rows(there, (f"{self.name}_level",))[0][0]:
            return None
        found = self.rows("SELECT version, dim, generation, chunks FROM {name}_level")
        if not found or found[0][:2] != (_VERSION, self._dim):
            return None
        self.chunks = found[0][3]
        return found[0][2]

    def _make_lists(self) -> None:
        """Put the vectors in lists, or in more of them if there are four times as many."""
        lists, new = self._lists(""), self._lists("_new")
        if not new and lists < self._wanted and lists**2 < self.chunks:
            with self._db.transaction(in_turn=False) as db:
                db.execute(f"SET LOCAL maintenance_work_mem = {self._memory_kb}")
                db.execute(self._of(LISTS.format(lists=self._wanted)))
            new = self._wanted
        if new:
            # Without the time limit, searches would wait as long as a dump of the database takes.
            with self._db.transaction(in_turn=False) as db:
                db.execute("SET LOCAL lock_timeout = 100")
                db.execute(self._of(REPLACE))

    def _lists(self, which: str) -> int:
        """Return how many lists an index has; 0 if it is not there."""
        found = self.rows(LISTED, (f"{self.name}_lists{which}",))
        return found[0][0] if found else 0

    @property
    def _wanted(self) -> int:
        """How many lists suit the chunks."""
        return min(round(2 * self.chunks**0.5), _MOST_LISTS)

    @property
    def _memory_kb(self) -> int:
        """What pgvector needs to make the lists: mostly distances of 50 samples a list to each."""
        lists = self._wanted
        samples = max(10_000, 50 * lists)
        return 65_536 + (samples * (4 * lists + 2 * self._dim + 64) + 16 * lists**2) // 1000

    def _of(self, statement: str) -> str:
        vector = self.extension.type_of(self._dim)
        return statement.format(name=self.name, vector=vector, schema=self.extension.schema)


def written(vector: Vectors) -> str:
    """Return a vector as pgvector reads it."""
    return str(vector.tolist())


def _columns(rows: Sequence[Row]) -> tuple[list[object], ...]:
    each = [
        (
            row.chunk_id, written(row.vector), _places(row), len(row.text), len(row.title),
            rounded_length(len(row.text)), rounded_length(len(row.title)),
        )
        for row in rows
    ]  # fmt: skip
    return tuple(map(list, zip(*each, strict=True)))


def _places(row: Row) -> str:
    """Return the words of a chunk as PostgreSQL reads a `tsvector`."""
    texts, titles = Counter(row.text), Counter(row.title)
    words: list[str] = []
    for word in texts.keys() | titles.keys():
        in_titles = min(titles[word], _MOST_PLACES - 1)
        in_text = min(texts[word], _MOST_PLACES - in_titles)
        places = [str(at) for at in range(1, in_text + 1)]
        places += [f"{at}A" for at in range(in_text + 1, in_text + in_titles + 1)]
        words.append(f"{quoted(word)}:{','.join(places)}")
    return " ".join(words)


def quoted(word: str) -> str:
    """Return a word as PostgreSQL reads it in a `tsvector` or a `tsquery`."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
