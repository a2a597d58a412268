"""The catalogue in SQLite: the only truth, durable when a call returns."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.database import Database
from index.embedding import Vectors
from index.errors import DocumentNotFound, StoreCorrupt, StoreMismatch, StoreUnavailable
from index.filters import Filter
from index.filtersql import where
from index.hashing import sha256_text
from index.protocols import IndexedText
from index.types import Chunk, Document, DocumentInfo, DocumentPage, Span

_SCHEMA_VERSION = "1"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE documents (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
CREATE TABLE revisions (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL, title TEXT NOT NULL, uri TEXT, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, metadata TEXT NOT NULL, length INTEGER NOT NULL,
    created_at TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (document_id, revision)) STRICT;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, tokens INTEGER NOT NULL,
    vector BLOB NOT NULL) STRICT;
CREATE INDEX chunks_by_document ON chunks (document_id);
CREATE TABLE retired (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_INFO = "document_id, title, uri, sha256, r.revision, media_type, metadata, length, created_at"
_CURRENT = "documents d JOIN revisions r ON r.document_id = d.id AND r.revision = d.revision"
_LOST_REVISIONS = f"SELECT id FROM documents EXCEPT SELECT d.id FROM {_CURRENT}"  # noqa: S608
_BAD_CHUNKS = (
    f"SELECT DISTINCT d.id FROM {_CURRENT} LEFT JOIN chunks c ON c.document_id = d.id"  # noqa: S608
    ' WHERE c.id IS NULL OR c.start < 0 OR c.start >= c."end" OR c."end" > r.length'
    " OR length(c.vector) <> (SELECT max(length(vector)) FROM chunks)"
)


class SqliteCatalogue:
    """A catalogue in one SQLite file.

    Args:
        path: the file; made if it is missing and `read_only` is not set.
        settings: what the contents depend on (embedder, chunking); a store made with other
            values is refused.
        read_only: never write; other processes may.

    Raises:
        StoreMismatch: the file was made with other settings or by another version.
        StoreUnavailable: the file cannot be opened.
        StoreCorrupt: the file is damaged.
    """

    def __init__(self, path: Path, settings: Mapping[str, str], *, read_only: bool = False) -> None:
        self._path = path
        self._db = Database(path, read_only=read_only)
        try:
            if read_only and not self._has_schema():
                raise StoreUnavailable(f"the catalogue {path} is empty; nothing was stored")
            self._open_schema(dict(settings) | {"schema_version": _SCHEMA_VERSION})
        except BaseException:
            self._db.close()
            raise

    @property
    def generation(self) -> int:
        rows = self._db.rows("SELECT value FROM meta WHERE key = 'generation'")
        if not rows or not rows[0][0].isdecimal():
            raise StoreCorrupt(f"the catalogue {self._path} has lost its generation")
        return int(rows[0][0])

    def snapshot(self) -> AbstractContextManager[None]:
        return self._db.snapshot()

    def store(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        revision = (
            document.id, document.revision, document.title, document.uri, document.sha256,
            document.media_type, msgspec.json.encode(document.metadata).decode(),
            document.length, document.created_at, document.text,
        )  # fmt: skip
        rows = [
            (
                chunk.id,
                document.id,
                chunk.span.start,
                chunk.span.end,
                chunk.tokens,
                vector.tobytes(),
            )
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        with self._change() as db:
            db.execute("DELETE FROM chunks WHERE document_id = ?", (document.id,))
            db.execute(
                "INSERT INTO documents VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET revision = excluded.revision",
                (document.id, document.revision),
            )
            db.execute("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", revision)
            db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", rows)

    def delete(self, document_id: str) -> None:
        if self.find(document_id) is None:
            raise DocumentNotFound(document_id)
        with self._change() as db:
            db.execute(
                "INSERT OR REPLACE INTO retired SELECT id, revision FROM documents WHERE id = ?",
                (document_id,),
            )
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            if not db.changes():
                raise DocumentNotFound(document_id)

    def document(self, document_id: str, revision: int | None = None) -> Document:
        where = "d.revision" if revision is None else "?2"
        found = self._db.rows(
            f"SELECT {_INFO}, text FROM documents d JOIN revisions r"  # noqa: S608  (constants)
            f" ON r.document_id = d.id AND r.revision = {where} WHERE d.id = ?1",
            (document_id,) if revision is None else (document_id, revision),
        )
        if not found:
            raise DocumentNotFound(document_id, revision)
        *info, text = found[0]
        if sha256_text(text) != info[3]:
            raise StoreCorrupt(f"the text of document {document_id!r} is not what was stored")
        return Document(text=text, **_info(info))

    def find(self, document_id: str) -> DocumentInfo | None:
        rows = self._db.rows(
            f"SELECT {_INFO} FROM {_CURRENT} WHERE d.id = ?",  # noqa: S608  (constants)
            (document_id,),
        )
        return DocumentInfo(**_info(rows[0])) if rows else None

    def last_revision(self, document_id: str) -> int:
        rows = self._db.rows(
            "SELECT max(revision) FROM (SELECT id, revision FROM documents"
            " UNION ALL SELECT id, revision FROM retired) WHERE id = ?",
            (document_id,),
        )
        return rows[0][0] or 0 if rows else 0

    def page(self, after: str | None, limit: int) -> DocumentPage:
        rows = self._db.rows(
            f"SELECT {_INFO} FROM {_CURRENT} WHERE d.id > ? ORDER BY d.id LIMIT ?",  # noqa: S608
            (after or "", limit + 1),
        )
        documents = tuple(DocumentInfo(**_info(row)) for row in rows[:limit])
        return DocumentPage(
            documents=documents, next_cursor=documents[-1].id if len(rows) > limit else None
        )

    def counts(self) -> tuple[int, int]:
        row = self._db.rows(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks)"
        )
        return row[0][0], row[0][1]

    def chunk_ids(self) -> set[int]:
        return {row[0] for row in self._db.rows("SELECT id FROM chunks")}

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        condition, values = where(filters)
        rows = self._db.rows(
            f"SELECT c.id FROM {_CURRENT} JOIN chunks c ON c.document_id = d.id"  # noqa: S608
            f" WHERE {condition} ORDER BY c.id",
            tuple(values),
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        rows = self._db.in_batches(
            'SELECT c.id, d.id, d.revision, c.start, c."end", c.tokens'
            " FROM chunks c JOIN documents d ON d.id = c.document_id WHERE c.id IN",
            ids,
        )
        return {
            row[0]: Chunk(
                id=row[0], document_id=row[1], revision=row[2], span=Span(row[3], row[4]),
                tokens=row[5],
            )
            for row in rows
        }  # fmt: skip

    def vectors(self, ids: Sequence[int]) -> Vectors:
        found = dict(self._db.in_batches("SELECT id, vector FROM chunks WHERE id IN", ids))
        rows = b"".join(found[chunk_id] for chunk_id in ids)
        return np.frombuffer(rows, dtype=np.float32).reshape(len(ids), -1)

    def indexed_texts(self, ids: Iterable[int]) -> Iterator[IndexedText]:
        by_document: dict[str, list[Chunk]] = {}
        for chunk in self.chunks(list(ids)).values():
            by_document.setdefault(chunk.document_id, []).append(chunk)
        for document_id, chunks in by_document.items():
            with suppress(DocumentNotFound):  # deleted since
                document = self.document(document_id, chunks[0].revision)
                for chunk in chunks:
                    yield IndexedText(chunk, document.title, chunk.span.of(document.text))

    def derived(self, name: str) -> Mapping[str, str]:
        rows = self._db.rows("SELECT record FROM derived WHERE name = ?", (name,))
        try:
            return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}
        except msgspec.MsgspecError:
            return {}  # as if nothing was recorded: it is made again

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        encoded = msgspec.json.encode(record).decode()
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO derived VALUES (?, ?)", (name, encoded))

    def check(self) -> list[str]:
        found = [row[0] for row in self._db.rows("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else found
        for document_id, revision in self._db.rows("SELECT document_id, revision FROM revisions"):
            try:
                self.document(document_id, revision)
            except (StoreCorrupt, DocumentNotFound) as error:
                problems.append(str(error))
        problems.extend(self._check_chunks())
        return problems

    def copy_to(self, path: Path) -> None:
        """Write all that is stored, as it is at one moment, to a new file.

        Pages of what was deleted are not in it.
        """
        self._db.rows("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        self._db.close()

    def _check_chunks(self) -> Iterator[str]:
        for (document_id,) in self._db.rows(_LOST_REVISIONS):
            yield f"document {document_id!r} has lost its current revision"
        for (document_id,) in self._db.rows(_BAD_CHUNKS):
            yield f"chunks of document {document_id!r} are missing or outside its text"

    def _open_schema(self, settings: Mapping[str, str]) -> None:
        if not self._has_schema():
            if self._db.rows("SELECT 1 FROM sqlite_schema"):
                raise StoreCorrupt(f"{self._path} is a database of something else")
            with self._db.transaction() as db:
                db.execute(_SCHEMA)
                db.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [*settings.items(), ("generation", "0")]
                )
        stored = dict(self._db.rows("SELECT key, value FROM meta"))
        for key, value in settings.items():
            if stored.get(key) != value:
                raise StoreMismatch(
                    f"the data folder {self._path.parent} was made with {key} = {stored.get(key)},"
                    f" now it is {value}; set it back, or ingest into another folder"
                )

    def _has_schema(self) -> bool:
        return bool(self._db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'meta'"))

    @contextmanager
    def _change(self) -> Generator[Any]:
        with self._db.transaction() as db:
            yield db
            db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")


def _info(row: Sequence[Any]) -> dict[str, Any]:
    try:
        metadata = msgspec.json.decode(row[6])
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"the metadata of document {row[0]!r} is not what was stored") from error
    return {
        "id": row[0], "title": row[1], "uri": row[2], "sha256": row[3], "revision": row[4],
        "media_type": row[5], "metadata": metadata, "length": row[7],
        "created_at": row[8],
    }  # fmt: skip
