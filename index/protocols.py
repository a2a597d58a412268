"""The seam between `Corpus` and the engines behind it: one truth, and an index derived from it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.dense import Facts
from index.embedding import Vectors
from index.filters import Filter
from index.types import Build, Chunk, Document, DocumentInfo, DocumentPage, Retired, Scored

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


class SearchIndex(Protocol):
    """Candidates by meaning and by words. Safe for many threads."""

    def refresh(self, *, wait: bool = True) -> None:
        """Hold exactly the chunks that the catalogue holds now.

        Args:
            wait: for another thread that does the same; otherwise leave it to that one.
        """
        ...

    def steady(self) -> AbstractContextManager[None]:
        """Inside, index and catalogue hold one state, whatever is written meanwhile."""
        ...

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        """Nearest chunks to a unit vector by cosine, best first.

        With a filter: exactly the best of those for which it holds, however few they are.
        """
        ...

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        """Best chunks for the words of a query by BM25, best first; filtered as for `dense`."""
        ...

    def compact(self) -> int:
        """Write anew what still holds words or vectors of chunks that are not stored any more.

        Returns:
            How many chunks they were of.
        """
        ...

    def uncompacted(self) -> int:
        """Of how many chunks that are not stored any more something is left in files."""
        ...

    def leftovers(self) -> list[str]:
        """Every difference between the chunks held and those stored; empty if there is none."""
        ...

    def facts(self) -> Facts:
        """How vectors are found, and how well when that was last measured."""
        ...

    def measure(self) -> Facts:
        """The same, measured now, once nothing is being built; reads all vectors."""
        ...

    def problems(self) -> list[str]:
        """What was found damaged or behind and has been rebuilt since opening."""
        ...

    def close(self) -> None:
        """Save what makes the next start fast."""
        ...
