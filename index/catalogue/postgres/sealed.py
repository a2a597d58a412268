"""Tables whose rows hold a checksum of themselves, so that damage is named and never returned."""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.filter_sql import Dialect, Value, where
from citespan.index.catalogue.postgres.texts import comparable, number
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.disk.json_column import decoded
from citespan.index.errors import DocumentDamaged, StoreCorrupt
from citespan.index.types import Chunk, Document, Scalar

_BYTES = 16
_READ = 10_000  # chunks read at a time to find damaged ones
_METADATA = "SELECT document_id, revision, metadata FROM revisions"
_SEEN = (
    "SELECT 1 FROM revisions WHERE document_id = ? AND revision = ? AND facts = CAST(? AS jsonb)"
)


def seal_of(*fields: object) -> bytes:
    """Return the checksum of a row's fields."""
    return hashlib.blake2b(msgspec.msgpack.encode(fields), digest_size=_BYTES).digest()


def _value(value: Scalar) -> Value:
    return number(value) if isinstance(value, float) else value


POSTGRES = Dialect(
    entries=(
        "SELECT m.key AS key, coalesce(e.value, m.value) AS atom FROM jsonb_each(r.facts) m"
        " LEFT JOIN LATERAL jsonb_array_elements("
        "CASE jsonb_typeof(m.value) WHEN 'array' THEN m.value ELSE '[]' END) e ON true"
    ),
    # CASE, as the server may otherwise convert what is of another kind.
    kinds={
        str: "CASE jsonb_typeof(atom) WHEN 'string'"
        " THEN (atom #>> '{{}}') COLLATE \"C\" {} ELSE false END",
        bool: "CASE jsonb_typeof(atom) WHEN 'boolean' THEN atom::boolean {} ELSE false END",
        int: "CASE jsonb_typeof(atom) WHEN 'number' THEN atom::numeric {} ELSE false END",
    },
    null="jsonb_typeof(atom) = 'null'",
    value=_value,
)


class SealedRevisions(RevisionTable):
    """The table of revisions, each with a checksum."""

    COLUMNS = f"{RevisionTable.COLUMNS}, r.seal"
    INSERT = "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    where = staticmethod(partial(where, dialect=POSTGRES))

    def row(self, document: Document) -> tuple[object, ...]:
        """Return the values of `INSERT` for a revision."""
        row = super().row(document)
        name, revision, title, uri, sha256, media_type, metadata, length, created_at, _ = row
        sealed = (name, title, uri, sha256, revision, media_type, metadata, length, created_at)
        return (*row, comparable(document.metadata), seal_of(*sealed))

    def facts(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return the fields of `DocumentInfo` of a row.

        Raises:
            DocumentDamaged: the row is not as it was written.
        """
        *fields, seal = row
        if seal_of(*fields) != seal:
            self.note({row[0]})
            raise DocumentDamaged(row[0])
        return super().facts(fields)

    def problems(self) -> Iterator[str]:
        """Yield the problems of texts, revisions, and what filters look at."""
        yield from super().problems()
        for name, revision, metadata in self._db.rows(_METADATA):
            try:
                seen = comparable(decoded(metadata, f"metadata of document {name!r}"))
            except StoreCorrupt:
                continue  # named above
            if not self._db.rows(_SEEN, (name, revision, seen)):
                yield f"what filters see of document {name!r}, revision {revision}, is damaged"


class SealedChunks(ChunkTable):
    """The table of one build's chunks, each with a checksum, and one of its vector."""

    BY_ID = (
        'SELECT c.id, d.id, d.revision, c.start, c."end", c.tokens, c.context, c.seal'
        " FROM CHUNKS c JOIN documents d ON d.id = c.document_id WHERE c.id IN"
    )
    VECTORS = "SELECT id, vector, vector_seal FROM CHUNKS WHERE id IN"
    INSERT = (
        'INSERT INTO CHUNKS (id, document_id, start, "end", tokens, vector, context, seal,'
        " vector_seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    where = staticmethod(partial(where, dialect=POSTGRES))

    def row(self, chunk: Chunk, vector: bytes) -> tuple[object, ...]:
        """Return the values of `INSERT` for a chunk with its vector."""
        span = chunk.span
        fields = (
            chunk.id, chunk.document_id, chunk.revision, span.start, span.end, chunk.tokens,
            chunk.context,
        )  # fmt: skip
        return (*super().row(chunk, vector), seal_of(*fields), seal_of(chunk.id, vector))

    def readable(
        self, statement: str, ids: Sequence[int]
    ) -> tuple[list[tuple[Any, ...]], list[int]]:
        """Return the rows without their checksums, and the ids whose rows are damaged."""
        found: list[tuple[Any, ...]] = []
        lost: list[int] = []
        for *fields, seal in self.rows_of(statement, ids):
            if seal_of(*fields) == seal:
                found.append(tuple(fields))
            else:
                lost.append(fields[0])
        return found, lost

    def documents_of(self, ids: Sequence[int]) -> set[str]:
        """Return the documents of chunks."""
        return {row[0] for row in self.rows_of("SELECT document_id FROM CHUNKS WHERE id IN", ids)}

    def damaged(self) -> set[str]:
        """Return the documents that have damaged chunks or vectors."""
        ids = list(self.ids())
        lost: list[int] = []
        for at in range(0, len(ids), _READ):
            lost += self.readable(self.BY_ID, ids[at : at + _READ])[1]
        return super().damaged() | self.documents_of(lost)

    @contextmanager
    def translated(self) -> Generator[None]:
        """Raise errors as they are: the database says what another process dropped."""
        yield
