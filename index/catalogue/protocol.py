"""The contract between `Corpus` and the engine that keeps the source of truth."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.parts import SourceStore, TrackingStore
from citespan.index.catalogue.types import Changes, IndexedText, Make
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


class DocumentStore(Protocol):
    """Documents with their revisions; storing one stores its chunks with it."""

    @property
    def generation(self) -> int:
        """A number that grows with every change; BuildReplaced if the build was the current one."""
        ...

    @property
    def sources(self) -> SourceStore:
        """The files of revisions that readers made the texts of."""
        ...

    @property
    def tracking(self) -> TrackingStore:
        """What became of the entries of sources."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Return a context inside which all reads see one state, despite concurrent writes."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context inside which no other process stores documents or switches builds."""
        ...

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
        """Store `document` as the current revision with these chunks; durable on return.

        Args:
            document: the new revision.
            chunks: the chunks of the new revision.
            vectors: (len(chunks), dim) float32.
            past: lower revisions to store with it.
            keep: how many of the newest past revisions are kept; None keeps all.
            sources: the files of the stored revisions that readers made, by their numbers.
            tracked: the entry of a source that the document is of; recorded with it.

        Returns:
            How many past revisions were removed.
        """
        ...

    def delete(self, document_id: str) -> None:
        """Delete a document with all its revisions, chunks and vectors.

        Raises:
            DocumentNotFound: there is no such document.
        """
        ...

    def document(self, document_id: str, revision: int | None = None) -> Document:
        """Return the current revision, or the requested one; its text is checked by its SHA-256.

        Raises:
            DocumentNotFound: there is no such document or revision.
            DocumentDamaged: the revision is not what was stored.
        """
        ...

    def find(self, document_id: str) -> DocumentInfo | None:
        """Return the metadata of the current revision, without its text."""
        ...

    def with_text(self, sha256: str) -> DocumentInfo | None:
        """Return the first document by id whose current text has this SHA-256, or None."""
        ...

    def last_revision(self, document_id: str) -> int:
        """Return the highest revision ever stored, deleted ones included; 0 if there was none.

        A number is never used again, so that an old citation never resolves to another text.
        """
        ...

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """Return the metadata of all kept revisions, oldest first; empty if there are none."""
        ...

    def purge(self, document_id: str | None, keep: int) -> int:
        """Remove past revisions of one document or all, except the newest `keep` of each.

        Returns:
            How many revisions were removed.
        """
        ...

    def purge_revision(self, document_id: str, revision: int) -> None:
        """Remove one past revision.

        Raises:
            DocumentNotFound: there is no such document or revision.
            CurrentRevision: the revision is the current one.
        """
        ...

    def retire(self, document_id: str, revision: int) -> None:
        """Record that revisions of an id up to this one are never used; durable on return."""
        ...

    def retired(self, after: str | None, limit: int) -> list[Retired]:
        """Return up to `limit` of the documents ever deleted, in id order after an id."""
        ...

    def page(self, after: str | None, limit: int, filters: Filter | None = None) -> DocumentPage:
        """Return up to `limit` documents that match, in id order after an id."""
        ...

    def counts(self, filters: Filter | None = None) -> tuple[int, int]:
        """Return how many documents match, and how many chunks they have."""
        ...


class ChunkStore(Protocol):
    """The chunks and vectors of one build.

    Damaged ones are left out, and `damaged` lists their documents.
    """

    def chunk_ids(self) -> set[int]:
        """Return the ids of all chunks of current revisions."""
        ...

    def changes(self, since: int) -> Changes | None:
        """Return the changes of chunks since a generation; None if that is too long ago."""
        ...

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        """Return (n,) ids, ascending, of chunks of current revisions that match a filter."""
        ...

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """Return chunks by id, without ids that are not stored.

        Raises:
            DocumentDamaged: a chunk is stored, but cannot be read.
        """
        ...

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Return the stored ones of the ids, in the given order, and their (n, dim) float32.

        Damaged vectors are omitted; `damaged` then lists their documents.
        """
        ...

    def indexed_texts(self, ids: Collection[int]) -> Iterable[IndexedText]:
        """Return chunks with title and text, without ids that are not stored.

        Damaged chunks are omitted; `damaged` then lists their documents.
        """
        ...

    def damaged(self) -> list[str]:
        """Return the ids of documents found damaged since opening."""
        ...


class BuildStore(Protocol):
    """The builds: chunks and vectors of the same documents, made with different settings.

    A stored document gets chunks only in the build of this catalogue; the other builds have none of
    it until they are filled.
    """

    @property
    def build(self) -> Build:
        """The build of this catalogue's chunks."""
        ...

    def current(self) -> int:
        """Return the id of the build that callers see when they open the catalogue."""
        ...

    def builds(self) -> tuple[Build, ...]:
        """Return all builds, oldest first."""
        ...

    def with_build(self, settings: Mapping[str, str]) -> "Catalogue":
        """Return the same catalogue with the build of these settings; if missing, add the build."""
        ...

    def at_current(self) -> "Catalogue":
        """Return the same catalogue with the current build."""
        ...

    def missing(self, after: str, limit: int) -> list[str]:
        """Return up to `limit` ids, in order after an id, of documents without chunks here."""
        ...

    def filled(self) -> int:
        """Return how many documents have chunks in this build."""
        ...

    def fill(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> bool:
        """Store a document's chunks in this build; return False if the revision is not current."""
        ...

    def switch(self, own: Sections | None = None) -> None:
        """Make this build the current one, and record settings with it in place of earlier ones.

        Raises:
            BuildIncomplete: some documents have no chunks in this build.
        """
        ...

    def previous(self) -> int | None:
        """Return the id of the build that was current before the last switch, if it is kept."""
        ...

    def drop(self, build_id: int) -> None:
        """Delete a build; do nothing if there is no such build.

        Raises:
            StoreMismatch: the build is the current one.
        """
        ...


class Derived(Protocol):
    """The recorded states of the indexes that are derived from this build."""

    def derived(self, name: str) -> Mapping[str, str]:
        """Return the recorded state of a derived index; empty if none was recorded."""
        ...

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        """Record the state of a derived index; durable on return."""
        ...


class Upkeep(Protocol):
    """Checks and repairs of the stored data.

    An engine whose server checks and repairs its own data returns empty lists.
    """

    def check(self) -> list[str]:
        """Return all problems of the stored data; empty if there are none."""
        ...

    def repair(self, make: Make) -> list[str]:
        """Rebuild damaged chunks and vectors, if only these are damaged; return their documents."""
        ...

    def leftovers(self) -> list[str]:
        """Return all data found of removed documents; empty if none is left."""
        ...

    def fault(self) -> str | None:
        """Return why a server could not be used when last asked, without waiting; None if fine."""
        ...


class Catalogue(DocumentStore, ChunkStore, BuildStore, Derived, Upkeep, Protocol):
    """The source of truth: documents, with the chunks and vectors of one build.

    Safe for many threads.
    """

    def close(self) -> None: ...
