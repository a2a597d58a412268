"""The catalogue in SQLite: the source of truth, durable when a call returns."""

import logging
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.damage import repair_chunks, wrong_parts
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.leftovers import ownerless_rows, unclean_free_pages
from citespan.index.catalogue.protocol import Changes, IndexedText, Make
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.schema import add_build, build_of, drop_build, open_schema, record_own
from citespan.index.catalogue.sources import SourceTable
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.database import Database
from citespan.index.disk.folder import identity
from citespan.index.disk.reserve import Reserve
from citespan.index.errors import (
    BuildIncomplete,
    CurrentRevision,
    DocumentDamaged,
    DocumentNotFound,
    StoreCorrupt,
    StoreLocked,
    StoreMismatch,
    StoreUnavailable,
)
from citespan.index.types import (
    Build,
    Chunk,
    Document,
    DocumentInfo,
    DocumentPage,
    Retired,
    Sections,
    SourceFile,
    Vectors,
)

_log = logging.getLogger("citespan.index")

_EITHER_WAY = frozenset({"cutting"})  # settings that older chunks may differ in
_TEXTS = 500  # chunks whose texts are in memory at a time


class SqliteCatalogue:
    """A catalogue in one SQLite file, with the chunks of one build.

    Args:
        path: the file; if the file is missing and `read_only` is not set, it is made.
        settings: the settings that chunks depend on (embedder, chunking). A new file gets them; an
            existing file must have the same values for the given names.
        read_only: never write; other processes may.
        reserve: lends room to write on a full disk.

    Raises:
        StoreMismatch: the file was made with other settings, or by a later version.
        StoreUnavailable: the file cannot be opened.
        StoreCorrupt: the file is damaged.
        StoreLocked: the file was replaced meanwhile, so that logs may have been mixed up.
    """

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, str],
        *,
        read_only: bool = False,
        reserve: Reserve | None = None,
    ) -> None:
        self._path = path
        self._read_only = read_only
        opened = identity(path)
        self._db = Database(path, read_only=read_only, reserve=reserve)
        self._revisions = RevisionTable(self._db)
        self.sources = SourceTable(self._db)
        try:
            open_schema(self._db, path, settings, read_only=read_only)
            self._see(self.current())
            self._check_settings(settings)
            if not read_only:
                self._empty_log()  # left by a killed process
            elif not opened or opened != identity(path):
                raise StoreLocked(f"{path} was replaced while it was opened; try again")
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
        return tuple(build_of(row) for row in rows)

    def with_build(self, settings: Mapping[str, str]) -> "SqliteCatalogue":
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

    def switch(self, own: Sections | None = None) -> None:
        with self._change() as (db, _):
            if self.missing("", 1):
                raise BuildIncomplete(self._build.id)
            record_own(db, self._build, own or {})
            values = {"build": str(self._build.id), "previous": str(self.current())}
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))
        self._see(self._build.id)
        reached("build.switched")

    def previous(self) -> int | None:
        rows = self._db.rows(
            "SELECT b.id FROM builds b JOIN meta m ON m.key = 'previous' AND m.value = b.id"
        )
        return rows[0][0] if rows else None

    def drop(self, build_id: int) -> None:
        if build_id == self.current():
            raise StoreMismatch(f"build {build_id} is in use; switch to another one first")
        with self._db.transaction(removing=True) as db:
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
        sources: Mapping[int, SourceFile] = MappingProxyType({}),
    ) -> int:
        with self._change() as (db, generation):
            self._forget(db, generation, document.id)
            self._revisions.add(db, generation, [*past, document])
            self.sources.add(db, document.id, sources)
            reached("catalogue.half-stored")
            self._chunks.insert(db, chunks, vectors)
            return 0 if keep is None else self._revisions.purge(db, document.id, keep)

    def delete(self, document_id: str) -> None:
        if self.find(document_id) is None:
            raise DocumentNotFound(document_id)
        with self._change(removing=True) as (db, generation):
            self._forget(db, generation, document_id)
            self._revisions.delete(db, document_id)

    def document(self, document_id: str, revision: int | None = None) -> Document:
        return self._revisions.document(document_id, revision)

    def find(self, document_id: str) -> DocumentInfo | None:
        return self._revisions.find(document_id)

    def with_text(self, sha256: str) -> DocumentInfo | None:
        return self._revisions.with_text(sha256)

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        return self._revisions.kept(document_id)

    def purge(self, document_id: str | None, keep: int) -> int:
        if document_id is not None and self.find(document_id) is None:
            raise DocumentNotFound(document_id)
        with self._transaction(removing=True) as db:
            return self._revisions.purge(db, document_id, keep)

    def purge_revision(self, document_id: str, revision: int) -> None:
        with self._transaction(removing=True) as db:
            self.document(document_id, revision)
            if revision == self.last_revision(document_id):
                raise CurrentRevision(document_id, revision)
            self._revisions.remove(db, document_id, revision)

    def retire(self, document_id: str, revision: int) -> None:
        with self._transaction() as db:
            self._revisions.retire(db, document_id, revision)

    def retired(self, after: str | None, limit: int) -> list[Retired]:
        return self._revisions.retired(after, limit)

    def last_revision(self, document_id: str) -> int:
        return self._revisions.last(document_id)

    def page(self, after: str | None, limit: int) -> DocumentPage:
        return self._revisions.page(after, limit)

    def counts(self) -> tuple[int, int]:
        return self._revisions.count(), self._chunks.count()

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
                with suppress(
                    DocumentNotFound, DocumentDamaged
                ):  # deleted since, or noted as damaged
                    document = self.document(document_id, chunks[0].revision)
                    for chunk in chunks:
                        yield IndexedText(
                            chunk, chunk.titled(document.title), chunk.span.of(document.text)
                        )

    def damaged(self) -> list[str]:
        return sorted(self._revisions.damaged)

    def repair(self, make: Make) -> list[str]:
        if self._read_only or not self._empty_log():
            return []
        try:
            found = sorted(self._chunks.damaged())
            if found:
                rebuilt = [(one, *make(one)) for one in map(self.document, found)]
                repair_chunks(self._path, self._build.id, rebuilt)
        except StoreCorrupt as error:  # `check` lists the damage
            _log.warning("damaged chunks were not rebuilt: %s", error)
            return []
        self._revisions.damaged.difference_update(found)
        return found

    def derived(self, name: str) -> Mapping[str, str]:
        rows = self._db.rows(
            "SELECT record FROM derived WHERE name = ?", (f"{self._build.id}/{name}",)
        )
        try:
            return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}
        except msgspec.MsgspecError:
            return {}  # as if nothing was recorded: the index is rebuilt

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        encoded = msgspec.json.encode(record).decode()
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO derived VALUES (?, ?)",
                (f"{self._build.id}/{name}", encoded),
            )

    def check(self) -> list[str]:
        tables = (self._revisions, self._chunks, self.sources)
        parts = (self._check_file, *(table.problems for table in tables))
        return [problem for part in parts for problem in _findings(part)]

    def leftovers(self) -> list[str]:
        found = list(ownerless_rows(self._db, [build.id for build in self.builds()]))
        found += self.sources.leftovers()
        if self._read_only:
            return found  # another process may be writing to the file
        if self._empty_log():
            if pages := unclean_free_pages(self._path):
                found.append(f"{pages} free pages of the catalogue hold data that was removed")
        elif not self._db.log_is_clean:
            found.append("removed pages stay in the log until no process reads the log")
        return found

    def copy_to(self, path: Path) -> None:
        """Write all stored data, as of one moment, to a new file.

        The file holds no pages of deleted data.
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

    def _lost(self, chunk_ids: Sequence[int]) -> set[str]:
        """Record the documents of damaged chunks as damaged, and return them."""
        found = self._chunks.documents_of(chunk_ids)
        self._revisions.note(found)
        return found

    def _check_settings(self, settings: Mapping[str, str]) -> None:
        for key, value in settings.items():
            if key not in _EITHER_WAY and self._build.settings.get(key) != value:
                raise StoreMismatch(
                    f"the data folder {self._path.parent} was made with"
                    f" {key} = {self._build.settings.get(key)}, now it is {value}; set it back,"
                    " or rebuild its chunks with `citespan reindex`"
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
    def _change(self, *, removing: bool = False) -> Generator[tuple[Any, int]]:
        """Open a transaction that is a new generation; yield the connection and the generation."""
        with self._transaction(removing=removing) as db:
            db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            yield db, self.generation

    def _forget(self, db: Any, generation: int, document_id: str) -> None:
        """Remove a document's chunks from all builds."""
        for build in self.builds():
            ChunkTable(self._db, build.id).forget(db, generation, document_id)

    @contextmanager
    def _transaction(self, *, removing: bool = False) -> Generator[Any]:
        """Open a transaction; afterwards empty the log, unless another process reads it."""
        with self._db.transaction(removing=removing) as db:
            yield db
        if not self._db.log_is_clean:
            self._empty_log()

    def _empty_log(self) -> bool:
        """Empty the log, and return whether that worked; otherwise the next change tries again."""
        try:
            return self._db.empty_log()
        except StoreUnavailable as error:  # the change itself is committed and durable
            _log.warning("write-ahead log not emptied: %s", error)
            return False


def _findings(part: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the findings of a check; if damage stops the check, yield that, too."""
    try:
        yield from part()
    except StoreCorrupt as error:
        yield str(error)
