"""The chunks and vectors of one build, as a table of the catalogue."""

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.database import Tables
from citespan.index.catalogue.filter_sql import where
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.types import Changes
from citespan.index.errors import StoreCorrupt, StoreMismatch
from citespan.index.types import Chunk, Span, Vectors

CURRENT = "documents d JOIN revisions r ON r.document_id = d.id AND r.revision = d.revision"
_MANY = 500  # chunks
_READ = 10_000  # vectors read at a time to find damaged ones
_REMEMBERED = 1000  # generations whose removed chunks are recorded

# In these statements, `CHUNKS` stands for the table.
_MATCHING = f"SELECT c.id FROM {CURRENT} JOIN CHUNKS c ON c.document_id = d.id WHERE"  # noqa: S608
_MISSING = (
    "SELECT id FROM documents d WHERE id > ?"
    " AND NOT EXISTS (SELECT 1 FROM CHUNKS c WHERE c.document_id = d.id) ORDER BY id LIMIT ?"
)
_ADDED = "SELECT c.id FROM documents d JOIN CHUNKS c ON c.document_id = d.id WHERE d.generation > ?"
_BAD = (
    f"SELECT DISTINCT d.id FROM {CURRENT} LEFT JOIN CHUNKS c ON c.document_id = d.id"  # noqa: S608
    ' WHERE c.id IS NULL OR c.start < 0 OR c.start >= c."end" OR c."end" > r.length'
    " OR length(c.vector) <> (SELECT max(length(vector)) FROM CHUNKS)"
)


class ChunkTable:
    """The table of one build's chunks, in the catalogue's database."""

    BY_ID = (
        'SELECT c.id, d.id, d.revision, c.start, c."end", c.tokens, c.context'
        " FROM CHUNKS c JOIN documents d ON d.id = c.document_id WHERE c.id IN"
    )
    VECTORS = "SELECT id, vector FROM CHUNKS WHERE id IN"
    INSERT = (
        'INSERT INTO CHUNKS (id, document_id, start, "end", tokens, vector, context)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    where = staticmethod(where)

    def __init__(self, db: Tables, build: int) -> None:
        self._db = db
        self._build = build

    def count(self, filters: Filter | None = None) -> int:
        if filters is not None:
            return len(self.matching(filters))
        return self._rows("SELECT count(*) FROM CHUNKS")[0][0]

    def ids(self) -> set[int]:
        return {row[0] for row in self._rows("SELECT id FROM CHUNKS")}

    def in_order(self, ids: Collection[int]) -> Sequence[int]:
        """Return the same ids; if they are many, in the order of storing, grouped by document."""
        if len(ids) <= _MANY:
            return list(ids)
        wanted = set(ids)
        return [
            row[0] for row in self._rows("SELECT id FROM CHUNKS ORDER BY at") if row[0] in wanted
        ]

    def documents(self) -> int:
        return self._rows("SELECT count(DISTINCT document_id) FROM CHUNKS")[0][0]

    def missing(self, after: str, limit: int) -> list[str]:
        return [row[0] for row in self._rows(_MISSING, (after, limit))]

    def changes(self, since: int, generation: int) -> Changes | None:
        if since < generation - _REMEMBERED:
            return None
        removed = self._db.rows(
            "SELECT chunk_id FROM removed WHERE generation > ? AND build = ?", (since, self._build)
        )
        added = {row[0] for row in self._rows(_ADDED, (since,))}
        return Changes(added=added, removed={row[0] for row in removed} - added)

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        condition, values = self.where(filters)
        rows = self._rows(f"{_MATCHING} {condition} ORDER BY c.id", tuple(values))
        return np.array([row[0] for row in rows], dtype=np.int64)

    def chunks(self, ids: Sequence[int]) -> tuple[dict[int, Chunk], list[int]]:
        """Return the stored chunks that can be read, and the ids of damaged ones."""
        rows, lost = self.readable(self.BY_ID, ids)
        found = {
            row[0]: Chunk(
                id=row[0], document_id=row[1], revision=row[2], span=Span(row[3], row[4]),
                tokens=row[5], context=row[6],
            )
            for row in rows
        }  # fmt: skip
        return found, lost

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors, list[int]]:
        """Return as `Catalogue.vectors`, and also the ids of damaged ones."""
        read, lost = self.readable(self.VECTORS, ids)
        found = dict(read)
        stored = [chunk_id for chunk_id in ids if chunk_id in found]
        rows = np.frombuffer(b"".join(found[chunk_id] for chunk_id in stored), dtype=np.float32)
        return stored, rows.reshape(len(stored), -1 if stored else 0), lost

    def documents_of(self, ids: Sequence[int]) -> set[str]:
        """Return the documents of damaged chunks, read from the indexes only."""
        places = [row[0] for row in self.rows_of("SELECT at FROM CHUNKS WHERE id IN", ids)]
        owners = "SELECT document_id FROM CHUNKS INDEXED BY CHUNKS_by_document WHERE at IN"
        return {row[0] for row in self.rows_of(owners, places)}

    def damaged(self) -> set[str]:
        """Return the documents that have damaged chunks."""
        ids = list(self.ids())
        lost: list[int] = []
        for at in range(0, len(ids), _READ):
            lost += self.vectors(ids[at : at + _READ])[2]
        return self.documents_of(lost)

    def problems(self) -> Iterator[str]:
        """Yield the problems of the chunks."""
        damaged = self.damaged()
        for document_id in sorted(damaged):
            yield f"chunks of document {document_id!r} are damaged"
        if not damaged:
            for (document_id,) in self._rows(_BAD):
                yield f"chunks of document {document_id!r} are missing or outside its text"

    def insert(self, db: Any, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add chunks in the open transaction."""
        rows = [
            self.row(chunk, vector.tobytes()) for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        db.executemany(self._named(self.INSERT), rows)

    def row(self, chunk: Chunk, vector: bytes) -> tuple[object, ...]:
        """Return the values of `INSERT` for a chunk with its vector."""
        return (
            chunk.id, chunk.document_id, chunk.span.start, chunk.span.end, chunk.tokens, vector,
            chunk.context,
        )  # fmt: skip

    def forget(self, db: Any, generation: int, document_id: str) -> None:
        """Remove a document's chunks in the open transaction, and record their ids."""
        db.execute(
            self._named(
                "INSERT INTO removed SELECT ?, ?, id FROM CHUNKS WHERE document_id = ?"
                " ON CONFLICT DO NOTHING"
            ),
            (generation, self._build, document_id),
        )
        db.execute(self._named("DELETE FROM CHUNKS WHERE document_id = ?"), (document_id,))
        db.execute("DELETE FROM removed WHERE generation < ?", (generation - _REMEMBERED,))

    def readable(
        self, statement: str, ids: Sequence[int]
    ) -> tuple[list[tuple[Any, ...]], list[int]]:
        """Return the rows of a statement that ends in IN, and the ids whose rows are damaged."""
        try:
            return list(self.rows_of(statement, ids)), []
        except StoreCorrupt:
            if len(ids) == 1:
                return [], list(ids)
        half = len(ids) // 2
        rows, lost = self.readable(statement, ids[:half])
        more_rows, more_lost = self.readable(statement, ids[half:])
        return rows + more_rows, lost + more_lost

    def rows_of(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        with self.translated():
            yield from self._db.in_batches(self._named(statement), ids)

    def _rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self.translated():
            return self._db.rows(self._named(statement), values)

    @contextmanager
    def translated(self) -> Generator[None]:
        """Raise `StoreMismatch` instead of `StoreCorrupt` if the build was dropped."""
        try:
            yield
        except StoreCorrupt as error:
            if self._db.rows("SELECT 1 FROM builds WHERE id = ?", (self._build,)):
                raise
            raise StoreMismatch("the corpus was reindexed meanwhile; open it again") from error

    def _named(self, statement: str) -> str:
        return statement.replace("CHUNKS", f"chunks_{self._build}")
