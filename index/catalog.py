"""The catalogue in SQLite: the only truth, durable when a call returns."""

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.errors import DocumentNotFound, StoreCorrupt, StoreMismatch, StoreUnavailable
from index.filters import Filter
from index.filtersql import where
from index.hashing import sha256_text
from index.protocols import IndexedText
from index.types import Chunk, Document, DocumentInfo, DocumentPage, Span

_SCHEMA_VERSION = "1"
_BATCH = 500  # ids in one statement; SQLite allows many more, none is faster
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
        self._lock = threading.RLock()
        self._path = path
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
        with _translated(path):
            self._db: Any = apsw.Connection(
                str(path), flags=flags if read_only else flags | apsw.SQLITE_OPEN_CREATE
            )
        try:
            self._prepare(settings, read_only=read_only)
        except BaseException:
            self._db.close()
            raise

    @property
    def generation(self) -> int:
        rows = self._rows("SELECT value FROM meta WHERE key = 'generation'")
        if not rows or not rows[0][0].isdecimal():
            raise StoreCorrupt(f"the catalogue {self._path} has lost its generation")
        return int(rows[0][0])

    @contextmanager
    def snapshot(self) -> Generator[None]:
        with self._lock, _translated(self._path), self._db:
            yield

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
        with self._transaction() as db:
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
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO retired SELECT id, revision FROM documents WHERE id = ?",
                (document_id,),
            )
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            if not db.changes():
                raise DocumentNotFound(document_id)

    def document(self, document_id: str, revision: int | None = None) -> Document:
        where = "d.revision" if revision is None else "?2"
        found = self._rows(
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
        rows = self._rows(
            f"SELECT {_INFO} FROM {_CURRENT} WHERE d.id = ?",  # noqa: S608  (constants)
            (document_id,),
        )
        return DocumentInfo(**_info(rows[0])) if rows else None

    def last_revision(self, document_id: str) -> int:
        rows = self._rows(
            "SELECT max(revision) FROM (SELECT id, revision FROM documents"
            " UNION ALL SELECT id, revision FROM retired) WHERE id = ?",
            (document_id,),
        )
        return rows[0][0] or 0 if rows else 0

    def page(self, after: str | None, limit: int) -> DocumentPage:
        rows = self._rows(
            f"SELECT {_INFO} FROM {_CURRENT} WHERE d.id > ? ORDER BY d.id LIMIT ?",  # noqa: S608
            (after or "", limit + 1),
        )
        documents = tuple(DocumentInfo(**_info(row)) for row in rows[:limit])
        return DocumentPage(
            documents=documents, next_cursor=documents[-1].id if len(rows) > limit else None
        )

    def counts(self) -> tuple[int, int]:
        row = self._rows("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks)")
        return row[0][0], row[0][1]

    def chunk_ids(self) -> set[int]:
        return {row[0] for row in self._rows("SELECT id FROM chunks")}

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        condition, values = where(filters)
        rows = self._rows(
            f"SELECT c.id FROM {_CURRENT} JOIN chunks c ON c.document_id = d.id"  # noqa: S608
            f" WHERE {condition} ORDER BY c.id",
            tuple(values),
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        rows = self._in_batches(
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
        found = dict(self._in_batches("SELECT id, vector FROM chunks WHERE id IN", ids))
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
        rows = self._rows("SELECT record FROM derived WHERE name = ?", (name,))
        try:
            return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}
        except msgspec.MsgspecError:
            return {}  # as if nothing was recorded: it is made again

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        encoded = msgspec.json.encode(record).decode()
        with self._lock, _translated(self._path):
            self._db.execute("INSERT OR REPLACE INTO derived VALUES (?, ?)", (name, encoded))

    def check(self) -> list[str]:
        found = [row[0] for row in self._rows("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else found
        for document_id, revision in self._rows("SELECT document_id, revision FROM revisions"):
            try:
                self.document(document_id, revision)
            except (StoreCorrupt, DocumentNotFound) as error:
                problems.append(str(error))
        problems.extend(self._check_chunks())
        return problems

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _check_chunks(self) -> Iterator[str]:
        for (document_id,) in self._rows(_LOST_REVISIONS):
            yield f"document {document_id!r} has lost its current revision"
        for (document_id,) in self._rows(_BAD_CHUNKS):
            yield f"chunks of document {document_id!r} are missing or outside its text"

    def _prepare(self, settings: Mapping[str, str], *, read_only: bool) -> None:
        with _translated(self._path):
            self._db.set_busy_timeout(5000)
            self._db.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
            if not read_only:
                # FULL: a commit survives a power cut, not only a killed process.
                self._db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            elif not self._has_schema():
                raise StoreUnavailable(f"the catalogue {self._path} is empty; nothing was stored")
            self._open_schema(dict(settings) | {"schema_version": _SCHEMA_VERSION})

    def _open_schema(self, settings: Mapping[str, str]) -> None:
        if not self._has_schema():
            if self._db.execute("SELECT 1 FROM sqlite_schema").fetchall():
                raise StoreCorrupt(f"{self._path} is a database of something else")
            with self._db:
                self._db.execute(_SCHEMA)
                self._db.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [*settings.items(), ("generation", "0")]
                )
        stored = dict(self._rows("SELECT key, value FROM meta"))
        for key, value in settings.items():
            if stored.get(key) != value:
                raise StoreMismatch(
                    f"the data folder {self._path.parent} was made with {key} = {stored.get(key)},"
                    f" now it is {value}; set it back, or ingest into another folder"
                )

    def _has_schema(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'meta'"))

    def _rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _translated(self._path):
            try:
                return self._db.execute(statement, values).fetchall()
            except (OverflowError, UnicodeEncodeError):
                return []  # no stored value equals one that SQLite cannot hold

    def _in_batches(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for at in range(0, len(ids), _BATCH):
            batch = tuple(ids[at : at + _BATCH])
            yield from self._rows(f"{statement} ({','.join('?' * len(batch))})", batch)

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        with self._lock, _translated(self._path), self._db:
            yield self._db
            self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")


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


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise StoreCorrupt(
            f"the catalogue {path} is damaged ({error}); restore it from a backup, or move it"
            " away and ingest the documents again"
        ) from error
    except apsw.Error as error:
        raise StoreUnavailable(f"the catalogue {path} cannot be used: {error}") from error
