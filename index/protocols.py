"""The seam between `Corpus` and the engines behind it: one truth, and an index derived from it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.filters import Filter
from index.types import Chunk, Document, DocumentInfo, DocumentPage, Scored


class IndexedText(NamedTuple):
    """A chunk with what is searched of it."""

    chunk: Chunk
    title: str
    text: str


class Catalogue(Protocol):
    """The only truth: documents, their revisions, chunks and vectors. Safe for many threads."""

    @property
    def generation(self) -> int:
        """Grows with every change of what should be found."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads inside see one state, whatever is written meanwhile."""
        ...

    def store(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Make `document` the current revision with these chunks; durable on return."""
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

    def page(self, after: str | None, limit: int) -> DocumentPage:
        """Up to `limit` documents in id order, beginning after an id."""
        ...

    def counts(self) -> tuple[int, int]:
        """How many documents and chunks there are."""
        ...

    def chunk_ids(self) -> set[int]:
        """Ids of all chunks of current revisions."""
        ...

    def matching(self, filters: Filter) -> NDArray[np.int64]:
        """(n,) ids of the chunks of current revisions for which a filter holds, ascending."""
        ...

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """These chunks by id; ids that are not stored are left out."""
        ...

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """(len(ids), dim) float32, a row for each stored id in the order given."""
        ...

    def indexed_texts(self, ids: Iterable[int]) -> Iterable[IndexedText]:
        """These chunks with title and text; ids that are not stored are left out."""
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

    def close(self) -> None: ...


class SearchIndex(Protocol):
    """Candidates by meaning and by words. Safe for many threads."""

    def refresh(self) -> None:
        """Hold exactly the chunks that the catalogue holds now."""
        ...

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        """Nearest chunks to a unit vector by cosine, best first.

        With a filter: exactly the best of those for which it holds, however few they are.
        """
        ...

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        """Best chunks for the words of a query by BM25, best first; filtered as for `dense`."""
        ...

    def problems(self) -> list[str]:
        """What was found damaged or behind and has been rebuilt since opening."""
        ...

    def close(self) -> None:
        """Save what makes the next start fast."""
        ...
