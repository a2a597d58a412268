"""What catalogues in the tables of any database have in common."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.builds import BuildTable, add_build, drop_build
from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.database import Tables
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.readable import ReadableChunks
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.sources import SourceTable
from citespan.index.catalogue.tracking import TrackingTable
from citespan.index.catalogue.types import Changes, IndexedText
from citespan.index.disk.crashpoints import reached
from citespan.index.errors import (
    BuildIncomplete,
    CurrentRevision,
    DocumentNotFound,
    StoreCorrupt,
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

_NEXT = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'generation'"


class TableCatalogue:
    """A catalogue in tables, with the chunks of one build; methods are as those of `Catalogue`.

    A subclass opens the database, and says how it is checked, repaired and closed.

    Args:
        db: the database of the tables.
        revisions: its documents.
        tracking: the entries of sources.
        builds: its builds.
    """

    def __init__(
        self,
        db: Tables,
        revisions: RevisionTable,
        tracking: TrackingTable,
        builds: BuildTable,
    ) -> None:
        self._db = db
        self._revisions = revisions
        self.sources = SourceTable(db)
        self.tracking = tracking
        self._builds = builds

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

    def with_build(self, settings: Mapping[str, str]) -> Self:
        for build in self.builds():
            if build.settings == settings:
                return self._seen_with(build.id)
        with self._transaction() as db:
            build_id = self._add_build(db, settings)
        reached("build.made")
        return self._seen_with(build_id)

    def at_current(self) -> Self:
        with self.snapshot():
            return self._seen_with(self.current())

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
        with self._transaction(removing=True) as db:
            self._drop_build(db, build_id)
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

    def _see(self, build_id: int) -> None:
        self._build = self._builds.get(build_id)
        self._chunks = self._chunk_table(build_id)
        self._readable = ReadableChunks(self._chunks, self._revisions)

    def _seen_with(self, build_id: int) -> Self:
        other = copy(self)
        other._see(build_id)
        return other

    def _chunk_table(self, build_id: int) -> ChunkTable:
        return ChunkTable(self._db, build_id)

    def _add_build(self, db: Any, settings: Mapping[str, str]) -> int:
        return add_build(db, settings)

    def _drop_build(self, db: Any, build_id: int) -> None:
        drop_build(db, build_id)

    @contextmanager
    def _change(self, *, removing: bool = False) -> Generator[tuple[Any, int]]:
        """Open a transaction that is a new generation; yield the connection and the generation."""
        with self._transaction(removing=removing) as db:
            db.execute(_NEXT)
            yield db, self._builds.number("generation")

    def _forget(self, db: Any, generation: int, document_id: str) -> None:
        """Remove a document's chunks from all builds."""
        for build in self.builds():
            self._chunk_table(build.id).forget(db, generation, document_id)

    def _transaction(self, *, removing: bool = False) -> AbstractContextManager[Any]:
        return self._db.transaction(removing=removing)


def findings(part: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the findings of a check; if damage stops the check, yield that, too."""
    try:
        yield from part()
    except StoreCorrupt as error:
        yield str(error)
