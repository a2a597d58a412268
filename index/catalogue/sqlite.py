"""The catalogue in SQLite: the source of truth, durable when a call returns."""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.builds import BuildTable, DerivedTable, add_build, drop_build
from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.readable import ReadableChunks
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.schema import open_schema
from citespan.index.catalogue.sources import SourceTable
from citespan.index.catalogue.tracking import TrackingTable
from citespan.index.catalogue.types import Changes, IndexedText, Make
from citespan.index.catalogue.upkeep import FileUpkeep
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.database import Database
from citespan.index.disk.folder import identity
from citespan.index.disk.reserve import Reserve
from citespan.index.errors import (
    BuildIncomplete,
    CurrentRevision,
    DocumentNotFound,
    StoreLocked,
    StoreMismatch,
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
    Tracked,
    Vectors,
)


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
        db = self._db = Database(path, read_only=read_only, reserve=reserve)
        self._revisions = RevisionTable(self._db)
        self.sources = SourceTable(self._db)
        self.tracking = TrackingTable(self._db)
        self._builds = BuildTable(self._db, path)
        self._upkeep = FileUpkeep(path, db, self._revisions, self.sources, read_only=read_only)
        try:
            open_schema(self._db, path, settings, read_only=read_only)
            self._see(self.current())
            self._builds.check_settings(self._build, settings)
            if not read_only:
                self._upkeep.empty_log()  # left by a killed process
            elif not opened or opened != identity(path):
                raise StoreLocked(f"{path} was replaced while it was opened; try again")
        except BaseException:
            self._db.close()
            raise

    @property
    def generation(self) -> int:
        return self._builds.number("generation")

    @property
    def build(self) -> Build:
        return self._build

    def current(self) -> int:
        return self._builds.current()

    def builds(self) -> tuple[Build, ...]:
        return self._builds.all()

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
            self._builds.switch(db, self._build, own or {})
        self._see(self._build.id)
        reached("build.switched")

    def previous(self) -> int | None:
        return self._builds.previous()

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
        tracked: Tracked | None = None,
    ) -> int:
        with self._change() as (db, generation):
            self._forget(db, generation, document.id)
            self._revisions.add(db, generation, [*past, document])
            self.sources.add(db, document.id, sources)
            reached("catalogue.half-stored")
            self._chunks.insert(db, chunks, vectors)
            self.tracking.add(db, tracked, document.id)
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

    def page(self, after: str | None, limit: int, filters: Filter | None = None) -> DocumentPage:
        return self._revisions.page(after, limit, filters)

    def counts(self, filters: Filter | None = None) -> tuple[int, int]:
        return self._revisions.count(filters), self._chunks.count(filters)

    def chunk_ids(self) -> set[int]:
        return self._chunks.ids()

    def changes(self, since: int) -> Changes | None:
        return self._chunks.changes(since, self.generation)

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        return self._chunks.matching(filters)

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        return self._readable.chunks(ids)

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        return self._readable.vectors(ids)

    def indexed_texts(self, ids: Collection[int]) -> Iterator[IndexedText]:
        return self._readable.indexed_texts(ids)

    def damaged(self) -> list[str]:
        return sorted(self._revisions.damaged)

    def repair(self, make: Make) -> list[str]:
        return self._upkeep.repair(self._build, self._chunks, make)

    def derived(self, name: str) -> Mapping[str, str]:
        return self._derived.get(name)

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        with self._transaction() as db:
            self._derived.record(db, name, record)

    def check(self) -> list[str]:
        return self._upkeep.check(self._chunks)

    def leftovers(self) -> list[str]:
        return [*self._upkeep.leftovers(self.builds()), *self.tracking.leftovers()]

    def copy_to(self, path: Path) -> None:
        """Write all stored data, as of one moment and without deleted pages, to a new file."""
        self._db.copy_to(path)

    def close(self) -> None:
        if not self._read_only:
            self._upkeep.empty_log()
        self._db.close()

    def _see(self, build_id: int) -> None:
        self._build = self._builds.get(build_id)
        self._chunks = ChunkTable(self._db, build_id)
        self._readable = ReadableChunks(self._chunks, self._revisions)
        self._derived = DerivedTable(self._db, build_id)

    def _seen_with(self, build_id: int) -> "SqliteCatalogue":
        other = copy(self)
        other._see(build_id)
        return other

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
            self._upkeep.empty_log()
