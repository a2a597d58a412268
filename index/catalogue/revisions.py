"""The tables of documents, kept revisions, and revision numbers that are never used again."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from citespan.index.catalogue.chunks import CURRENT
from citespan.index.catalogue.database import Tables
from citespan.index.catalogue.filter_sql import where
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.leftovers import PURGED
from citespan.index.disk.hashing import sha256_text
from citespan.index.disk.json_column import decoded
from citespan.index.errors import DocumentDamaged, DocumentNotFound, StoreCorrupt
from citespan.index.types import Document, DocumentInfo, DocumentPage, Retired

_log = logging.getLogger("citespan.index")

_LOST = f"SELECT id FROM documents EXCEPT SELECT d.id FROM {CURRENT}"  # noqa: S608


class RevisionTable:
    """The tables of documents in the catalogue's database; methods are as those of `Catalogue`.

    Methods that take `db` change the database in the open transaction.
    """

    COLUMNS = (
        "document_id, title, uri, sha256, r.revision, media_type, metadata, length, created_at"
    )
    INSERT = "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    where = staticmethod(where)

    def __init__(self, db: Tables) -> None:
        self._db = db
        self.damaged: set[str] = set()  # ids found damaged since opening

    def note(self, damaged: set[str]) -> None:
        """Record documents as damaged."""
        for document_id in damaged - self.damaged:
            _log.error("document %r is damaged in the catalogue", document_id)
        self.damaged |= damaged

    def count(self, filters: Filter | None = None) -> int:
        if filters is None:
            return self._db.rows("SELECT count(*) FROM documents")[0][0]
        condition, values = self.where(filters)
        statement = f"SELECT count(*) FROM {CURRENT} WHERE {condition}"  # noqa: S608
        return self._db.rows(statement, tuple(values))[0][0]

    def document(self, document_id: str, revision: int | None) -> Document:
        chosen = "d.revision" if revision is None else "?"
        found = self._rows_of(
            document_id,
            f"SELECT {self.COLUMNS}, text FROM documents d JOIN revisions r"  # noqa: S608  (constants)
            f" ON r.document_id = d.id AND r.revision = {chosen} WHERE d.id = ?",
            (document_id,) if revision is None else (revision, document_id),
        )
        if not found:
            raise DocumentNotFound(document_id, revision)
        *info, text = found[0]
        if sha256_text(text) != info[3]:
            self.note({document_id})
            raise DocumentDamaged(document_id)
        return Document(text=text, **self.facts(info))

    def find(self, document_id: str) -> DocumentInfo | None:
        statement = f"SELECT {self.COLUMNS} FROM {CURRENT} WHERE d.id = ?"  # noqa: S608  (constants)
        rows = self._rows_of(document_id, statement, (document_id,))
        return DocumentInfo(**self.facts(rows[0])) if rows else None

    def with_text(self, sha256: str) -> DocumentInfo | None:
        statement = f"SELECT {self.COLUMNS} FROM {CURRENT} WHERE sha256 = ? ORDER BY d.id LIMIT 1"  # noqa: S608
        rows = self._db.rows(statement, (sha256,))
        return DocumentInfo(**self.facts(rows[0])) if rows else None

    def kept(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """Return the kept revisions, as `Catalogue.revisions`."""
        rows = self._rows_of(
            document_id,
            f"SELECT {self.COLUMNS} FROM revisions r WHERE document_id = ? ORDER BY r.revision",  # noqa: S608
            (document_id,),
        )
        return tuple(DocumentInfo(**self.facts(row)) for row in rows)

    def last(self, document_id: str) -> int:
        """Return the highest revision ever stored, as `Catalogue.last_revision`."""
        rows = self._db.rows(
            "SELECT max(revision) FROM (SELECT id, revision FROM documents"
            " UNION ALL SELECT id, revision FROM retired) AS every WHERE id = ?",
            (document_id,),
        )
        return rows[0][0] or 0 if rows else 0

    def page(self, after: str | None, limit: int, filters: Filter | None = None) -> DocumentPage:
        condition, values = self.where(filters) if filters else ("1 = 1", [])
        statement = (
            f"SELECT {self.COLUMNS} FROM {CURRENT} WHERE d.id > ? AND {condition}"  # noqa: S608
            " ORDER BY d.id LIMIT ?"
        )
        try:
            rows = self._db.rows(statement, (after or "", *values, limit + 1))
        except StoreCorrupt:
            ids = "SELECT id FROM documents WHERE id > ? ORDER BY id LIMIT ?"
            for (document_id,) in self._db.rows(ids, (after or "", limit + 1)):
                self.find(document_id)  # raises for the damaged one
            raise
        documents = tuple(DocumentInfo(**self.facts(row)) for row in rows[:limit])
        return DocumentPage(
            documents=documents, next_cursor=documents[-1].id if len(rows) > limit else None
        )

    def retired(self, after: str | None, limit: int) -> list[Retired]:
        rows = self._db.rows(
            "SELECT id, revision FROM retired WHERE id > ? ORDER BY id LIMIT ?",
            (after or "", limit),
        )
        return [Retired(id=row[0], revision=row[1]) for row in rows]

    def problems(self) -> Iterator[str]:
        """Yield the problems of texts and revisions."""
        for document_id, revision in self._db.rows("SELECT document_id, revision FROM revisions"):
            try:
                self.document(document_id, revision)
            except (StoreCorrupt, DocumentNotFound) as error:
                yield str(error)
        for (document_id,) in self._db.rows(_LOST):
            yield f"document {document_id!r} has lost its current revision"

    def add(self, db: Any, generation: int, revisions: Sequence[Document]) -> None:
        """Store revisions of one document; the last is the current one."""
        current = revisions[-1]
        db.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET revision = excluded.revision, generation = excluded.generation",
            (current.id, current.revision, generation),
        )
        db.executemany(self.INSERT, [self.row(one) for one in revisions])

    def delete(self, db: Any, document_id: str) -> None:
        db.execute(
            "INSERT INTO retired SELECT id, revision FROM documents WHERE id = ?"
            " ON CONFLICT (id) DO UPDATE SET revision = excluded.revision",
            (document_id,),
        )
        self._db.log_is_clean = False
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        if not db.changes():
            raise DocumentNotFound(document_id)

    def remove(self, db: Any, document_id: str, revision: int) -> None:
        """Remove one past revision."""
        db.execute(
            "DELETE FROM revisions WHERE document_id = ? AND revision = ?",
            (document_id, revision),
        )
        self._db.log_is_clean = False

    def purge(self, db: Any, document_id: str | None, keep: int) -> int:
        chosen = PURGED.format(chosen="" if document_id is None else " WHERE document_id = ?")
        values = (keep,) if document_id is None else (document_id, keep)
        db.execute(f"DELETE FROM revisions WHERE {chosen}", values)  # noqa: S608
        if removed := db.changes():
            self._db.log_is_clean = False
        return removed

    def retire(self, db: Any, document_id: str, revision: int) -> None:
        db.execute(
            "INSERT INTO retired VALUES (?, ?) ON CONFLICT (id)"
            " DO UPDATE SET revision = excluded.revision"
            " WHERE excluded.revision > retired.revision",
            (document_id, revision),
        )

    def _rows_of(
        self, document_id: str, statement: str, values: tuple[object, ...]
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement about one document.

        Raises:
            DocumentDamaged: the document cannot be read.
        """
        try:
            return self._db.rows(statement, values)
        except StoreCorrupt as error:
            self.note({document_id})
            raise DocumentDamaged(document_id) from error

    def row(self, document: Document) -> tuple[object, ...]:
        """Return the values of `INSERT` for a revision."""
        return (
            document.id, document.revision, document.title, document.uri, document.sha256,
            document.media_type, msgspec.json.encode(document.metadata).decode(),
            document.length, document.created_at, document.text,
        )  # fmt: skip

    def facts(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return the fields of `DocumentInfo` of a row of `COLUMNS`.

        Raises:
            StoreCorrupt: the row is damaged.
        """
        metadata = decoded(row[6], f"metadata of document {row[0]!r}")
        return {
            "id": row[0], "title": row[1], "uri": row[2], "sha256": row[3], "revision": row[4],
            "media_type": row[5], "metadata": metadata, "length": row[7],
            "created_at": row[8],
        }  # fmt: skip
