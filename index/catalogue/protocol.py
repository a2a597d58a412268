"""The seam between `Corpus` and the engine behind it that keeps the one truth."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.filters import Filter
from citespan.index.types import (
    Build,
    Chunk,
    Document,
    DocumentInfo,
    DocumentPage,
    Retired,
    Vectors,
)

# The chunks of a document and their (n, dim) vectors.
Make: TypeAlias = Callable[[Document], tuple[Sequence[Chunk], Vectors]]


class IndexedText(NamedTuple):
    """A chunk with what is searched of it."""

    chunk: Chunk
    title: str
    text: str


class Changes(NamedTuple):
    """Ids of chunks that came, or may have, and of those that went."""

    added: set[int]
    removed: set[int]


class Catalogue(Protocol):
    """The only truth: documents, their revisions, chunks and vectors. Safe for many threads.

    Chunks and vectors are those of one build; others may stand beside it, made of the same
    documents with other settings. A document that is stored gets chunks in the build it is stored
    through, and has none in the others until they are filled.
    """

    @property
    def generation(self) -> int:
        """Grows with every change of documents or chunks."""
        ...

    @property
    def build(self) -> Build:
        """The build that this catalogue is seen with."""
        ...

    def current(self) -> int:
        """The build that whoever opens the catalogue sees."""
        ...

    def builds(self) -> tuple[Build, ...]:
        """All builds, oldest first."""
        ...

    def beside(self, settings: Mapping[str, str]) -> "Catalogue":
        """The same catalogue seen with the build of these settings; a new one if there is none."""
        ...

    def missing(self, after: str, limit: int) -> list[str]:
        """Up to `limit` ids, after an id in their order, of documents without chunks here."""
        ...

    def filled(self) -> int:
        """How many documents have chunks in this build."""
        ...

    def fill(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> bool:
        """Give a document its chunks in this build; False if that revision is not current."""
        ...

    def switch(self, note: str = "") -> None:
        """Make this build the current one, and keep a note of it.

        Raises:
            BuildIncomplete: documents have no chunks in it.
        """
        ...

    def previous(self) -> int | None:
        """The build that was the current one before the last switch, if it is still there."""
        ...

    def note(self) -> str:
        """That of the last switch; empty if there was none."""
        ...

    def drop(self, build_id: int) -> None:
        """Forget a build that is not the current one; nothing happens if there is none.

        Raises:
            StoreMismatch: it is the current one.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads inside see one state, whatever is written meanwhile."""
        ...

    def store(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        vectors: Vectors,
        *,
        past: Sequence[Document] = (),
        keep: int | None = None,
    ) -> int:
        """Make `document` the current revision with these chunks; durable on return.

        Args:
            document: the new revision.
            chunks: of it.
            vectors: (len(chunks), dim) float32.
            past: lower revisions to be stored with it.
            keep: how many past revisions stay, the newest ones; None keeps all.

        Returns:
            How many past revisions were removed.
        """
        ...

    def delete(self, document_id: str) -> None:
        """Remove a document with all its revisions, chunks and vectors.

        Raises:
            DocumentNotFound: there is none.
        """
        ...

    def document(self, document_id: str, revision: int | None = None) -> Document:
        """The current revision, or the one asked for, its text checked against its SHA-256.

        Raises:
            DocumentNotFound: there is no such document or revision.
            DocumentDamaged: it is not what was stored.
        """
        ...

    def find(self, document_id: str) -> DocumentInfo | None:
        """The current revision without its text."""
        ...

    def last_revision(self, document_id: str) -> int:
        """The highest revision that ever was, deleted ones too; 0 if there was none.

        A number is never used again, so an old pointer never resolves to another text.
        """
        ...

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """What is kept of a document, oldest first; empty if there is no such document."""
        ...

    def purge(self, document_id: str | None, keep: int) -> int:
        """Remove past revisions, of one document or all, but for the newest `keep` of each.

        Returns:
            How many were removed.
        """
        ...

    def purge_revision(self, document_id: str, revision: int) -> None:
        """Remove one past revision.

        Raises:
            DocumentNotFound: there is no such document or revision.
            CurrentRevision: it is not a past one.
        """
        ...

    def retire(self, document_id: str, revision: int) -> None:
        """Never use the revisions of this id up to this one; durable on return."""
        ...

    def retired(self, after: str | None, limit: int) -> list[Retired]:
        """Up to `limit` of the documents ever deleted, in id order, beginning after an id."""
        ...

    def page(self, after: str | None, limit: int) -> DocumentPage:
        """Up to `limit` documents in id order, beginning after an id."""
        ...

    def counts(self) -> tuple[int, int]:
        """How many documents and chunks there are."""
        ...

    def chunk_ids(self) -> set[int]:
        """Ids of all chunks of current revisions."""
        ...

    def changes(self, since: int) -> Changes | None:
        """What became of the chunks after a generation; None if that is too long ago to tell."""
        ...

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        """(n,) ids of the chunks of current revisions for which a filter holds, ascending."""
        ...

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """These chunks by id; ids that are not stored are left out.

        Raises:
            DocumentDamaged: one of them is stored, but cannot be read.
        """
        ...

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of the ids that are stored, in the order given, and their (n, dim) float32.

        What is damaged is left out, and its document told by `damaged`.
        """
        ...

    def indexed_texts(self, ids: Collection[int]) -> Iterable[IndexedText]:
        """These chunks with title and text; ids that are not stored are left out.

        So is what is damaged, and its document told by `damaged`.
        """
        ...

    def damaged(self) -> list[str]:
        """The documents that were found damaged since opening, by id."""
        ...

    def mend(self, make: Make) -> list[str]:
        """Make damaged chunks and vectors again, if nothing else is damaged; of which documents."""
        ...

    def derived(self, name: str) -> Mapping[str, str]:
        """What was recorded of a derived index; empty if nothing was."""
        ...

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        """Record the state of a derived index; durable on return."""
        ...

    def check(self) -> list[str]:
        """Everything found wrong with the truth itself; empty if nothing is."""
        ...

    def leftovers(self) -> list[str]:
        """Everything found of what was removed; empty if nothing is left of it."""
        ...

    def close(self) -> None: ...
