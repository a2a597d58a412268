"""The façade: documents in, scored passages out."""

import dataclasses
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from filelock import FileLock

from index.catalog import SqliteCatalogue
from index.chunking import chunk_spans
from index.drafts import content_of, document_of
from index.embedding import Embedder, Vectors
from index.errors import (
    DocumentNotFound,
    DuplicateDocument,
    StoreMismatch,
    StoreUnavailable,
)
from index.filters import Filter
from index.folder import CATALOGUE, check_catalogue, lock_for_writing
from index.fusion import reciprocal_rank_fusion
from index.local import LocalSearchIndex
from index.passages import TITLE_TOKENS, chunk_of, embedded_texts, passages_of
from index.protocols import Catalogue, SearchIndex
from index.types import (
    Document,
    DocumentInfo,
    DocumentPage,
    Draft,
    Outcome,
    Passage,
    Side,
    Stored,
)

DEFAULT_CHUNK_TOKENS = 150
_REFRESH_CHUNKS = 500  # stored by a batch before they are made searchable
_EMBED_BATCH = 64  # texts between two looks at whether to stop


class Corpus:
    """Documents that can be searched. Use `Corpus.open`; close it, or use it in a `with`."""

    def __init__(
        self,
        catalogue: Catalogue,
        search_index: SearchIndex,
        embedder: Embedder,
        chunk_tokens: int,
        lock: FileLock | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._index = search_index
        self._embedder = embedder
        self._chunk_tokens = chunk_tokens
        self._lock = lock
        self._writing = threading.Lock()
        self._closing = threading.Event()

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        *,
        chunk_tokens: int = DEFAULT_CHUNK_TOKENS,
        read_only: bool = False,
    ) -> Self:
        """The corpus in a data folder; an empty one is made there if there is none.

        Args:
            folder: one corpus lives here.
            embedder: the one the corpus was, or will be, made with.
            chunk_tokens: most tokens of a chunk, by the embedder's count.
            read_only: open beside a process that writes; its changes are seen.

        Raises:
            StoreLocked: another process has it open for writing.
            StoreMismatch: it was made with another embedder or chunk size, or the chunks would
                not fit the embedder.
            StoreUnavailable: the folder cannot be opened, or not be written.
            StoreCorrupt: the catalogue is damaged.
        """
        room = embedder.max_tokens - TITLE_TOKENS - 1
        if not 1 <= chunk_tokens <= room:
            raise StoreMismatch(f"chunks of {chunk_tokens} tokens; this embedder takes 1 to {room}")
        settings = {"embedder": embedder.name, "chunk_tokens": str(chunk_tokens)}
        with ExitStack() as opened:
            lock = None if read_only else lock_for_writing(folder)
            check_catalogue(folder)
            if lock:
                opened.callback(lock.release)
            catalogue = SqliteCatalogue(folder / CATALOGUE, settings, read_only=read_only)
            opened.callback(catalogue.close)
            index = LocalSearchIndex(folder, catalogue, embedder.dim, read_only=read_only)
            opened.pop_all()
        return cls(catalogue, index, embedder, chunk_tokens, lock)

    def add(self, draft: Draft) -> Stored:
        """Store a new document; the same one again changes nothing.

        Raises:
            DuplicateDocument: its id is taken by other content.
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._store(draft, replace=False)

    def put(self, draft: Draft) -> Stored:
        """Store a document, as a new revision if its id is taken by other content.

        Raises:
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._store(draft, replace=True)

    def put_many(self, drafts: Iterable[Draft]) -> Iterator[Stored]:
        """`put` each draft, durable when it is yielded, and make them searchable in batches."""
        behind = 0
        try:
            for draft in drafts:
                stored, chunks = self._write(draft, replace=True)
                behind += chunks
                if behind >= _REFRESH_CHUNKS:
                    self._index.refresh()
                    behind = 0
                yield stored
        finally:
            self._index.refresh()

    def delete(self, document_id: str) -> None:
        """Remove a document with all its revisions.

        Raises:
            DocumentNotFound: there is none.
        """
        self._catalogue.delete(document_id)
        self._index.refresh()

    def get(self, document_id: str, revision: int | None = None) -> Document:
        """The current revision of a document, or the one asked for.

        Raises:
            DocumentNotFound: there is no such document or revision.
        """
        return self._catalogue.document(document_id, revision)

    def info(self, document_id: str) -> DocumentInfo:
        """What is known of a document, without its text.

        Raises:
            DocumentNotFound: there is none.
        """
        found = self._catalogue.find(document_id)
        if found is None:
            raise DocumentNotFound(document_id)
        return found

    def documents(self, *, cursor: str | None = None, limit: int = 100) -> DocumentPage:
        """A page of the documents in id order, from the beginning or after a page's cursor."""
        return self._catalogue.page(cursor, limit)

    def embed(self, query: str) -> Vectors:
        """The vector of a query, (dim,) float32 of unit norm, for `search`."""
        return self._embedder.embed_query(query)

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        candidates: int = 50,
        vector: Vectors | None = None,
        sides: Collection[Side] = tuple(Side),
        filters: Filter | None = None,
    ) -> list[Passage]:
        """Best passages for a query by meaning and words, best first.

        Args:
            query: what is asked.
            k: most passages returned.
            candidates: how many of each side are fused.
            vector: `embed(query)`, where the caller has it already.
            sides: by meaning, by words, or both.
            filters: find passages of those documents alone for which it holds, and as many of
                them as if there were no others.
        """
        self._index.refresh()
        dense = lexical = []
        if Side.DENSE in sides:
            vector = self.embed(query) if vector is None else vector
            dense = self._index.dense(vector, candidates, filters)
        if Side.LEXICAL in sides:
            lexical = self._index.lexical(query, candidates, filters)
        fused = reciprocal_rank_fusion([dense, lexical])[:k]
        return passages_of(self._catalogue, fused, dense, lexical)

    @property
    def generation(self) -> int:
        """Grows with every change of the documents."""
        return self._catalogue.generation

    @property
    def embedder(self) -> str:
        """The name of the embedder; equal names give equal vectors."""
        return self._embedder.name

    def counts(self) -> tuple[int, int]:
        """How many documents and chunks there are."""
        return self._catalogue.counts()

    def check(self) -> list[str]:
        """Everything wrong with the stored data; empty if nothing is."""
        return self._catalogue.check()

    def repaired(self) -> list[str]:
        """What was found damaged in derived files and was made again since opening."""
        return self._index.problems()

    def close(self) -> None:
        """Save what makes the next start fast, and let others write."""
        self._closing.set()
        self._index.close()
        self._catalogue.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _store(self, draft: Draft, *, replace: bool) -> Stored:
        stored, _ = self._write(draft, replace=replace)
        self._index.refresh()
        return stored

    def _write(self, draft: Draft, *, replace: bool) -> tuple[Stored, int]:
        document = document_of(draft)
        if unchanged := self._unchanged(document, replace=replace):
            return unchanged, 0
        count = self._embedder.count_tokens
        spans = chunk_spans(document.text, self._chunk_tokens, count)
        vectors = self._embed_all(embedded_texts(document, spans, count))
        with self._writing:  # embedding took its time: another thread may have stored the same
            if unchanged := self._unchanged(document, replace=replace):
                return unchanged, 0
            present = self._catalogue.find(document.id)
            revision = self._catalogue.last_revision(document.id) + 1
            document = dataclasses.replace(document, revision=revision)
            chunks = [chunk_of(document, span, count(span.of(document.text))) for span in spans]
            self._catalogue.store(document, chunks, vectors)
        outcome = Outcome.REPLACED if present else Outcome.ADDED
        return Stored(document=document.info(), outcome=outcome), len(chunks)

    def _embed_all(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dim); given up between batches when the corpus is being closed."""
        batches: list[Vectors] = []
        for at in range(0, len(texts), _EMBED_BATCH):
            if self._closing.is_set():
                raise StoreUnavailable("the corpus is being closed; nothing was stored")
            batches.append(self._embedder.embed_documents(texts[at : at + _EMBED_BATCH]))
        return np.concatenate(batches)

    def _unchanged(self, document: Document, *, replace: bool) -> Stored | None:
        """What is stored, if storing the document would change nothing.

        Raises:
            DuplicateDocument: it would, and the id is taken.
        """
        present = self._catalogue.find(document.id)
        if present is None:
            return None
        if content_of(present) == content_of(document):
            return Stored(document=present, outcome=Outcome.UNCHANGED)
        if not replace:
            raise DuplicateDocument(document.id)
        return None
