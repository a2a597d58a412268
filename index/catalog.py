"""The catalogue in SQLite: the only truth, durable when a call returns."""

import logging
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.chunktable import CURRENT, ChunkTable
from index.crashpoints import reached
from index.damage import mend_chunks, wrong_parts
from index.database import Database
from index.embedding import Vectors
from index.errors import (
    BuildIncomplete,
    CurrentRevision,
    DocumentDamaged,
    DocumentNotFound,
    StoreCorrupt,
    StoreLocked,
    StoreMismatch,
    StoreUnavailable,
)
from index.filters import Filter
from index.folder import CATALOGUE, identity, settle
from index.hashing import sha256_text
from index.protocols import Changes, IndexedText, Make
from index.remains import PURGED, ownerless_rows, unclean_free_pages
from index.schema import add_build, drop_build, open_schema
from index.types import Build, Chunk, Contents, Document, DocumentInfo, DocumentPage, Retired

_log = logging.getLogger("citespan.index")

_INFO = "document_id, title, uri, sha256, r.revision, media_type, metadata, length, created_at"
_TEXTS = 500  # chunks whose texts are in memory at a time
_LOST_REVISIONS = f"SELECT id FROM documents EXCEPT SELECT d.id FROM {CURRENT}"  # noqa: S608


class SqliteCatalogue:
    """A catalogue in one SQLite file, seen with the chunks of one build.

    Args:
        path: the file; made if it is missing and `read_only` is not set.
        settings: what the chunks depend on (embedder, chunking): those of a new file, and what
            those of an old one must be; names that are not given are not looked at.
        read_only: never write; other processes may.

    Raises:
        StoreMismatch: the file was made with other settings, or by a later version.
        StoreUnavailable: the file cannot be opened.
        StoreCorrupt: the file is damaged.
        StoreLocked: another file took its place meanwhile, so that logs may have been mixed up.
    """

    def __init__(self, path: Path, settings: Mapping[str, str], *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._damaged: set[str] = set()
        opened = identity(path)
        self._db = Database(path, read_only=read_only)
        try:
            open_schema(self._db, path, settings, read_only=read_only)
            self._see(self.current())
            self._check_settings(settings)
            if not read_only:
                self._empty_log()  # of one that was killed before it could
            elif not opened or opened != identity(path):
                raise StoreLocked(f"another catalogue takes the place of {path}; try it again")
        except BaseException:
            self._db.close()
            raise

    @property
    def generation(self) -> int:
        return self._number("generation")

    @property
    def build(self) -> Build:
        return self._build

    def current(self) -> int:
        return self._number("build")

    def builds(self) -> tuple[Build, ...]:
        rows = self._db.rows("SELECT id, settings, created_at FROM builds ORDER BY id")
        return tuple(
            Build(id=row[0], settings=_decoded(row[1], "settings of a build"), created_at=row[2])
            for row in rows
        )

    def beside(self, settings: Mapping[str, str]) -> "SqliteCatalogue":
        for build in self.builds():
            if build.settings == settings:
                return self._seen_with(build.id)
        with self._db.transaction() as db:
            build_id = add_build(db, settings)
        reached("build.made")
        return self._seen_with(build_id)

    def missing(self, after: str, limit: int) -> list[str]:
        return self._chunks.missing(after, limit)

    def filled(self) -> int:
        return self._chunks.documents()

    def fill(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> bool:
        with self._change() as (db, generation):
            db.execute(
                "UPDATE documents SET generation = ? WHERE id = ? AND revision = ?",
                (generation, document.id, document.revision),
            )
            if not db.changes():
                return False
            self._chunks.forget(db, generation, document.id)
            self._chunks.insert(db, chunks, vectors)
        reached("build.filled")
        return True

    def switch(self, note: str = "") -> None:
        with self._change() as (db, _):
            if self.missing("", 1):
                raise BuildIncomplete(self._build.id)
            values = {"build": str(self._build.id), "note": note, "previous": str(self.current())}
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))
        reached("build.switched")

    def previous(self) -> int | None:
        rows = self._db.rows(
            "SELECT b.id FROM builds b JOIN meta m ON m.key = 'previous' AND m.value = b.id"
        )
        return rows[0][0] if rows else None

    def note(self) -> str:
        rows = self._db.rows("SELECT value FROM meta WHERE key = 'note'")
        return rows[0][0] if rows else ""

    def drop(self, build_id: int) -> None:
        if build_id == self.current():
            raise StoreMismatch(f"build {build_id} is in use; switch to another one first")
        with self._db.transaction() as db:
            drop_build(db, build_id)
        reached("build.dropped")

    def snapshot(self) -> AbstractContextManager[None]:
        return self._db.snapshot()

    def store(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        vectors: Vectors,
        *,
        past: Sequence[Document] = (),
        keep: int | None = None,
    ) -> int:
        revisions = [_row(one) for one in (*past, document)]
        with self._change() as (db, generation):
            self._forget(db, generation, document.id)
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET revision = excluded.revision, generation = excluded.generation",
                (document.id, document.revision, generation),
            )
            db.executemany("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", revisions)
            reached("catalogue.half-stored")
            self._chunks.insert(db, chunks, vectors)
            return 0 if keep is None else self._purge(db, document.id, keep)

    def delete(self, document_id: str) -> None:
        if self.find(document_id) is None:
            raise DocumentNotFound(document_id)
        with self._change() as (db, generation):
            self._forget(db, generation, document_id)
            db.execute(
                "INSERT OR REPLACE INTO retired SELECT id, revision FROM documents WHERE id = ?",
                (document_id,),
            )
            self._db.log_is_clean = False
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            if not db.changes():
                raise DocumentNotFound(document_id)

    def document(self, document_id: str, revision: int | None = None) -> Document:
        where = "d.revision" if revision is None else "?2"
        found = self._rows_of(
            document_id,
            f"SELECT {_INFO}, text FROM documents d JOIN revisions r"  # noqa: S608  (constants)
            f" ON r.document_id = d.id AND r.revision = {where} WHERE d.id = ?1",
            (document_id,) if revision is None else (document_id, revision),
        )
        if not found:
            raise DocumentNotFound(document_id, revision)
        *info, text = found[0]
        if sha256_text(text) != info[3]:
            self._note({document_id})
            raise DocumentDamaged(document_id)
        return Document(text=text, **_info(info))

    def find(self, document_id: str) -> DocumentInfo | None:
        statement = f"SELECT {_INFO} FROM {CURRENT} WHERE d.id = ?"  # noqa: S608  (constants)
        rows = self._rows_of(document_id, statement, (document_id,))
        return DocumentInfo(**_info(rows[0])) if rows else None

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        rows = self._rows_of(
            document_id,
            f"SELECT {_INFO} FROM revisions r WHERE document_id = ? ORDER BY r.revision",  # noqa: S608
            (document_id,),
        )
        return tuple(DocumentInfo(**_info(row)) for row in rows)

    def purge(self, document_id: str | None, keep: int) -> int:
        if document_id is not None and self.find(document_id) is None:
            raise DocumentNotFound(document_id)
        with self._transaction() as db:
            return self._purge(db, document_id, keep)

    def purge_revision(self, document_id: str, revision: int) -> None:
        with self._transaction() as db:
            self.document(document_id, revision)
            if revision == self.last_revision(document_id):
                raise CurrentRevision(document_id, revision)
            db.execute(
                "DELETE FROM revisions WHERE document_id = ? AND revision = ?",
                (document_id, revision),
            )
            self._db.log_is_clean = False

    def retire(self, document_id: str, revision: int) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO retired VALUES (?, ?) ON CONFLICT (id)"
                " DO UPDATE SET revision = max(revision, excluded.revision)",
                (document_id, revision),
            )

    def retired(self, after: str | None, limit: int) -> list[Retired]:
        rows = self._db.rows(
            "SELECT id, revision FROM retired WHERE id > ? ORDER BY id LIMIT ?",
            (after or "", limit),
        )
        return [Retired(id=row[0], revision=row[1]) for row in rows]

    def last_revision(self, document_id: str) -> int:
        rows = self._db.rows(
            "SELECT max(revision) FROM (SELECT id, revision FROM documents"
            " UNION ALL SELECT id, revision FROM retired) WHERE id = ?",
            (document_id,),
        )
        return rows[0][0] or 0 if rows else 0

    def page(self, after: str | None, limit: int) -> DocumentPage:
        statement = f"SELECT {_INFO} FROM {CURRENT} WHERE d.id > ? ORDER BY d.id LIMIT ?"  # noqa: S608
        try:
            rows = self._db.rows(statement, (after or "", limit + 1))
        except StoreCorrupt:
            for document_id in self._ids(after, limit + 1):
                self.find(document_id)  # names the one
            raise
        documents = tuple(DocumentInfo(**_info(row)) for row in rows[:limit])
        return DocumentPage(
            documents=documents, next_cursor=documents[-1].id if len(rows) > limit else None
        )

    def counts(self) -> tuple[int, int]:
        return self._db.rows("SELECT count(*) FROM documents")[0][0], self._chunks.count()

    def chunk_ids(self) -> set[int]:
        return self._chunks.ids()

    def changes(self, since: int) -> Changes | None:
        return self._chunks.changes(since, self.generation)

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        return self._chunks.matching(filters)

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        found, lost = self._chunks.chunks(ids)
        if lost:
            raise DocumentDamaged(min(self._lost(lost)))
        return found

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        stored, vectors, lost = self._chunks.vectors(ids)
        if lost:
            self._lost(lost)
        return stored, vectors

    def indexed_texts(self, ids: Collection[int]) -> Iterator[IndexedText]:
        ordered = self._chunks.in_order(ids)
        for at in range(0, len(ordered), _TEXTS):
            by_document: dict[str, list[Chunk]] = {}
            found, lost = self._chunks.chunks(ordered[at : at + _TEXTS])
            if lost:
                self._lost(lost)
            for chunk in found.values():
                by_document.setdefault(chunk.document_id, []).append(chunk)
            for document_id, chunks in by_document.items():
                with suppress(DocumentNotFound, DocumentDamaged):  # deleted since, or told of
                    document = self.document(document_id, chunks[0].revision)
                    for chunk in chunks:
                        yield IndexedText(chunk, document.title, chunk.span.of(document.text))

    def damaged(self) -> list[str]:
        return sorted(self._damaged)

    def mend(self, make: Make) -> list[str]:
        if self._read_only or not self._empty_log():
            return []
        try:
            found = sorted(self._chunks.damaged())
            if found:
                remade = [(one, *make(one)) for one in map(self.document, found)]
                mend_chunks(self._path, self._build.id, remade)
        except StoreCorrupt as error:  # `check` tells what is damaged
            _log.warning("damaged chunks were not made again: %s", error)
            return []
        self._damaged.difference_update(found)
        return found

    def derived(self, name: str) -> Mapping[str, str]:
        rows = self._db.rows(
            "SELECT record FROM derived WHERE name = ?", (f"{self._build.id}/{name}",)
        )
        try:
            return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}
        except msgspec.MsgspecError:
            return {}  # as if nothing was recorded: it is made again

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        encoded = msgspec.json.encode(record).decode()
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO derived VALUES (?, ?)",
                (f"{self._build.id}/{name}", encoded),
            )

    def check(self) -> list[str]:
        return [
            problem
            for part in (self._check_file, self._check_texts, self._check_chunks)
            for problem in _told(part)
        ]

    def leftovers(self) -> list[str]:
        found = list(ownerless_rows(self._db, [build.id for build in self.builds()]))
        if self._read_only:
            return found  # the file is another's, and may be changing
        if self._empty_log():
            if pages := unclean_free_pages(self._path):
                found.append(f"{pages} free pages of the catalogue hold data that was removed")
        elif not self._db.log_is_clean:
            found.append("pages that were removed are in the log until nothing reads it any more")
        return found

    def copy_to(self, path: Path) -> None:
        """Write all that is stored, as it is at one moment, to a new file.

        Pages of what was deleted are not in it.
        """
        self._db.copy_to(path)

    def close(self) -> None:
        if not self._read_only:
            self._empty_log()
        self._db.close()

    def _check_file(self) -> Iterator[str]:
        if not self._read_only and self._empty_log():
            for part, pages in wrong_parts(self._path).items():
                yield f"{pages} pages of {part} in the catalogue are damaged"
        yield from self._db.integrity_problems()

    def _check_texts(self) -> Iterator[str]:
        for document_id, revision in self._db.rows("SELECT document_id, revision FROM revisions"):
            try:
                self.document(document_id, revision)
            except (StoreCorrupt, DocumentNotFound) as error:
                yield str(error)
        for (document_id,) in self._db.rows(_LOST_REVISIONS):
            yield f"document {document_id!r} has lost its current revision"

    def _check_chunks(self) -> Iterator[str]:
        damaged = self._chunks.damaged()
        for document_id in sorted(damaged):
            yield f"chunks of document {document_id!r} are damaged"
        if not damaged:
            for document_id in self._chunks.wrong():
                yield f"chunks of document {document_id!r} are missing or outside its text"

    def _rows_of(
        self, document_id: str, statement: str, values: tuple[object, ...]
    ) -> list[tuple[Any, ...]]:
        """What a statement about one document gives.

        Raises:
            DocumentDamaged: it cannot be read.
        """
        try:
            return self._db.rows(statement, values)
        except StoreCorrupt as error:
            self._note({document_id})
            raise DocumentDamaged(document_id) from error

    def _ids(self, after: str | None, limit: int) -> Iterator[str]:
        statement = "SELECT id FROM documents WHERE id > ? ORDER BY id LIMIT ?"
        for row in self._db.rows(statement, (after or "", limit)):
            yield row[0]

    def _lost(self, chunk_ids: Sequence[int]) -> set[str]:
        """The documents of chunks that cannot be read, remembered as damaged."""
        found = self._chunks.documents_of(chunk_ids)
        self._note(found)
        return found

    def _note(self, damaged: set[str]) -> None:
        for document_id in damaged - self._damaged:
            _log.error("document %r is damaged in the catalogue", document_id)
        self._damaged |= damaged

    def _check_settings(self, settings: Mapping[str, str]) -> None:
        for key, value in settings.items():
            if self._build.settings.get(key) != value:
                raise StoreMismatch(
                    f"the data folder {self._path.parent} was made with"
                    f" {key} = {self._build.settings.get(key)}, now it is {value}; set it back,"
                    " or make its chunks anew with `citespan reindex`"
                )

    def _see(self, build_id: int) -> None:
        found = {build.id: build for build in self.builds()}
        if build_id not in found:
            raise StoreCorrupt(f"the catalogue {self._path} has lost build {build_id}")
        self._build = found[build_id]
        self._chunks = ChunkTable(self._db, build_id)

    def _seen_with(self, build_id: int) -> "SqliteCatalogue":
        other = copy(self)
        other._see(build_id)
        return other

    def _number(self, key: str) -> int:
        rows = self._db.rows("SELECT value FROM meta WHERE key = ?", (key,))
        if not rows or not rows[0][0].isdecimal():
            raise StoreCorrupt(f"the catalogue {self._path} has lost its {key}")
        return int(rows[0][0])

    @contextmanager
    def _change(self) -> Generator[tuple[Any, int]]:
        """A transaction that is a generation of its own."""
        with self._transaction() as db:
            db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            yield db, self.generation

    def _forget(self, db: Any, generation: int, document_id: str) -> None:
        """Remove a document's chunks from all builds."""
        for build in self.builds():
            ChunkTable(self._db, build.id).forget(db, generation, document_id)

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        """After it nothing of what it removed is in the log, unless another process reads it."""
        with self._db.transaction() as db:
            yield db
        if not self._db.log_is_clean:
            self._empty_log()

    def _purge(self, db: Any, document_id: str | None, keep: int) -> int:
        db.execute(f"DELETE FROM revisions WHERE {PURGED}", (document_id, keep))  # noqa: S608
        if removed := db.changes():
            self._db.log_is_clean = False
        return removed

    def _empty_log(self) -> bool:
        """Whether the log could be emptied; if not, the next change tries again, and closing."""
        try:
            return self._db.empty_log()
        except StoreUnavailable as error:  # what was asked for is done, and durable
            _log.warning("write-ahead log not emptied: %s", error)
            return False


def _row(document: Document) -> tuple[object, ...]:
    return (
        document.id, document.revision, document.title, document.uri, document.sha256,
        document.media_type, msgspec.json.encode(document.metadata).decode(),
        document.length, document.created_at, document.text,
    )  # fmt: skip


def glance(folder: Path) -> Contents | None:
    """What a data folder holds, read beside whoever writes to it; None if it holds nothing yet.

    Raises:
        StoreCorrupt: its catalogue is damaged.
        StoreMismatch: a later version made it.
        StoreLocked, StoreUnavailable: as for `settle`.
    """
    settle(folder)
    path = folder / CATALOGUE
    if not path.exists():
        return None
    try:
        with closing(SqliteCatalogue(path, {}, read_only=True)) as catalogue:
            documents, chunks = catalogue.counts()
            return Contents(
                documents=documents, chunks=chunks, build=catalogue.build, note=catalogue.note()
            )
    except StoreUnavailable:  # of an earlier version, or empty
        return None


def _told(part: Callable[[], Iterator[str]]) -> Iterator[str]:
    """What a check finds; that it cannot go on is a finding too."""
    try:
        yield from part()
    except StoreCorrupt as error:
        yield str(error)


def _info(row: Sequence[Any]) -> dict[str, Any]:
    metadata = _decoded(row[6], f"metadata of document {row[0]!r}")
    return {
        "id": row[0], "title": row[1], "uri": row[2], "sha256": row[3], "revision": row[4],
        "media_type": row[5], "metadata": metadata, "length": row[7],
        "created_at": row[8],
    }  # fmt: skip


def _decoded(text: str, what: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"the {what} is not what was stored") from error
