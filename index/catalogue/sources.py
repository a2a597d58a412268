"""The files that texts were read from: their layouts, and their bytes by SHA-256.

Files with equal bytes are stored once. A trigger deletes them with the last revision that has them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from citespan.index.catalogue.database import Tables
from citespan.index.catalogue.types import SourceInfo
from citespan.index.errors import DocumentDamaged, StoreCorrupt
from citespan.index.layout import Layout
from citespan.index.types import SourceFile

TABLES = """
CREATE TABLE originals (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE sources (
    document_id TEXT NOT NULL, revision INTEGER NOT NULL, name TEXT NOT NULL,
    made_by TEXT NOT NULL, layout BLOB NOT NULL, sha256 TEXT NOT NULL,
    original TEXT REFERENCES originals (sha256),
    PRIMARY KEY (document_id, revision),
    FOREIGN KEY (document_id, revision) REFERENCES revisions ON DELETE CASCADE) STRICT;
CREATE INDEX sources_by_original ON sources (original);
CREATE TRIGGER forget_original AFTER DELETE ON sources WHEN OLD.original IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM sources WHERE original = OLD.original)
    BEGIN DELETE FROM originals WHERE sha256 = OLD.original; END;
"""
_KEEP = "INSERT INTO originals VALUES (?, ?) ON CONFLICT DO NOTHING"
_OF = " WHERE document_id = ? AND revision = ?"
_LEFT = (
    ("layouts", "SELECT count(*) FROM sources s LEFT JOIN revisions r"
     " ON r.document_id = s.document_id AND r.revision = s.revision WHERE r.revision IS NULL"),
    ("files", "SELECT count(*) FROM originals WHERE sha256 NOT IN"
     " (SELECT original FROM sources WHERE original IS NOT NULL)"),
)  # fmt: skip


class SourceTable:
    """The tables of files in the catalogue's database."""

    def __init__(self, db: Tables) -> None:
        self._db = db

    def info(self, document_id: str, revision: int) -> SourceInfo | None:
        statement = f"SELECT name, made_by, layout, sha256, original FROM sources{_OF}"  # noqa: S608
        rows = self._rows_of(document_id, statement, (document_id, revision))
        if not rows:
            return None
        name, made_by, layout, sha256, original = rows[0]
        _check(document_id, layout, sha256)
        return SourceInfo(name=name, made_by=made_by, layout=layout, original=original)

    def file(self, document_id: str, revision: int) -> SourceFile | None:
        info = self.info(document_id, revision)
        if info is None:
            return None
        data: bytes | None = None
        if info.original is not None:
            statement = "SELECT data FROM originals WHERE sha256 = ?"
            rows = self._rows_of(document_id, statement, (info.original,))
            if not rows:
                raise DocumentDamaged(document_id)
            data = rows[0][0]
            _check(document_id, rows[0][0], info.original)
        return SourceFile(name=info.name, made_by=info.made_by, layout=info.layout, data=data)

    def add(self, db: Any, document_id: str, sources: Mapping[int, SourceFile]) -> None:
        """Store the files of revisions, by number, in the open transaction."""
        for revision, source in sources.items():
            original = None
            if source.data is not None:
                original = hashlib.sha256(source.data).hexdigest()
                db.execute(_KEEP, (original, source.data))
            db.execute(
                "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    document_id, revision, source.name, source.made_by, source.layout,
                    hashlib.sha256(source.layout).hexdigest(), original,
                ),
            )  # fmt: skip

    def problems(self) -> Iterator[str]:
        """Yield the problems of layouts and files."""
        every = (
            "SELECT s.document_id, s.revision, r.length FROM sources s JOIN revisions r"
            " ON r.document_id = s.document_id AND r.revision = s.revision"
        )
        for document_id, revision, length in self._db.rows(every):
            try:
                found = self.file(document_id, revision)
                problems = Layout(found.layout).problems(length) if found else ()
                for problem in problems:
                    yield f"the layout of document {document_id!r} is wrong: {problem}"
            except StoreCorrupt as error:
                yield str(error)

    def leftovers(self) -> Iterator[str]:
        """Yield a line for each kind of row that is left of removed revisions."""
        for what, statement in _LEFT:
            if count := self._db.rows(statement)[0][0]:
                yield f"the catalogue holds {count} {what} of revisions that were removed"

    def _rows_of(
        self, document_id: str, statement: str, values: tuple[object, ...]
    ) -> list[tuple[Any, ...]]:
        try:
            return self._db.rows(statement, values)
        except StoreCorrupt as error:
            raise DocumentDamaged(document_id) from error


def _check(document_id: str, data: bytes, sha256: str) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DocumentDamaged(document_id)
