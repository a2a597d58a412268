"""Storing documents in the live build; many threads make their chunks concurrently."""

import dataclasses
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple

from citespan.index.catalogue import History, content_of, is_held
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.live import Live
from citespan.index.corpus.making import ChunkMaker, OnChunks, quiet
from citespan.index.corpus.searcher import Searcher
from citespan.index.errors import DocumentNotFound, DuplicateDocument, StoreUnavailable
from citespan.index.layout import Layout
from citespan.index.parse import document_of
from citespan.index.runtime import map_ahead
from citespan.index.types import (
    Chunk,
    Document,
    Draft,
    Outcome,
    SourceFile,
    StoreResult,
    Tracked,
    Vectors,
)

_REFRESH_CHUNKS = 500  # that a batch stores before it makes them searchable
_AHEAD = 2  # documents that are embedded here while an earlier one is stored


class _Made(NamedTuple):
    """The chunks and vectors of a document, and the searcher that they were made for."""

    live: Searcher
    chunks: Sequence[Chunk]
    vectors: Vectors


class _Drafted(NamedTuple):
    """A document to be stored, the file that it was read from, and the entry that it is of."""

    document: Document
    source: SourceFile | None
    tracked: Tracked | None


def _drafted(draft: Draft) -> _Drafted:
    return _Drafted(document_of(draft), draft.parsed, draft.tracked)


class DocumentWriter:
    """The writer of a corpus's documents. Safe for many threads.

    Args:
        live: the live build, to which documents are stored.
        keep_revisions: as for `Corpus.open`.
    """

    def __init__(self, live: Live, keep_revisions: int | None) -> None:
        self._live = live
        self._keep_revisions = keep_revisions
        self._batches = 0
        self._ended = threading.Event()

    @property
    def in_batches(self) -> bool:
        """Whether a running batch makes its documents searchable itself."""
        return self._batches > 0

    def end(self) -> None:
        """Cancel the chunks that are being made."""
        self._ended.set()

    def until_the_end(self, on_chunks: OnChunks) -> OnChunks:
        """Return a callback that calls `on_chunks`, but raises once the writer has ended."""

        def report(document_id: str, done: int, total: int) -> None:
            if self._ended.is_set():
                raise StoreUnavailable("the corpus is being closed; this document was not stored")
            on_chunks(document_id, done, total)

        return report

    def put(self, draft: Draft, on_chunks: OnChunks, *, replace: bool) -> StoreResult:
        """Store a document as `Corpus.put`, or without `replace` as `Corpus.add`."""
        stored, _ = self._write(_drafted(draft), None, on_chunks, replace=replace)
        self._live.refresh()
        return stored

    def put_many(
        self, drafts: Iterable[Draft], on_chunks: OnChunks, maker: ChunkMaker | None
    ) -> Generator[StoreResult]:
        """Store documents as `Corpus.put_many`."""
        with self._batch() as add, self._made_ahead(drafts, on_chunks, maker) as documents:
            for document, made in documents:
                stored, chunks = self._write(document, made, quiet, replace=True)
                add(chunks)
                yield stored

    def adopt(self, documents: Iterable[History]) -> Iterator[StoreResult]:
        """Store histories as `Corpus.adopt`."""
        with self._batch() as add:
            for history in documents:
                stored, chunks = self._adopt(history)
                add(chunks)
                if stored:
                    yield stored

    @contextmanager
    def _batch(self) -> Generator[Callable[[int], None]]:
        """Yield a counter of stored chunks; after every 500, and at the end, refresh the index."""
        behind = 0

        def add(chunks: int) -> None:
            nonlocal behind
            behind += chunks
            if behind >= _REFRESH_CHUNKS:
                self._live.refresh()
                behind = 0

        self._batches += 1
        try:
            yield add
        finally:
            self._batches -= 1
            self._live.refresh()

    def _write(
        self, drafted: _Drafted, made: _Made | None, on_chunks: OnChunks, *, replace: bool
    ) -> tuple[StoreResult, int]:
        """Store a document, embedding it first unless `made` belongs to the live build."""
        while True:
            with self._live.storing() as live:  # another thread may have stored the same meanwhile
                if unchanged := self._unchanged(drafted.document, replace=replace):
                    self._track(drafted)
                    return unchanged, 0
                if made and made.live is live:
                    return self._stored(drafted, made.chunks, made.vectors)
            made = self._make(drafted, on_chunks)

    @contextmanager
    def _made_ahead(
        self, drafts: Iterable[Draft], on_chunks: OnChunks, maker: ChunkMaker | None
    ) -> Generator[Generator[tuple[_Drafted, _Made | None]]]:
        """Yield the documents of drafts with their chunks; leaving the context cancels the rest."""
        cancelled = threading.Event()

        def report(document_id: str, done: int, total: int) -> None:
            if cancelled.is_set():
                raise StoreUnavailable("the ingest was cancelled; this document was not stored")
            on_chunks(document_id, done, total)

        def made(draft: Draft) -> tuple[_Drafted, _Made | None]:
            drafted = _drafted(draft)
            if self._unchanged(drafted.document, replace=True):
                return drafted, None
            return drafted, self._make(drafted, report, maker)

        ahead = maker.at_once if maker else _AHEAD
        with closing(map_ahead(made, drafts, ahead)) as documents:
            try:
                yield documents
            finally:
                cancelled.set()

    def _make(
        self, drafted: _Drafted, on_chunks: OnChunks, maker: ChunkMaker | None = None
    ) -> _Made:
        live = self._live.searcher
        layout = Layout(drafted.source.layout) if drafted.source else None
        report = self.until_the_end(on_chunks)
        made = live.chunked(drafted.document, report, layout, maker)
        return _Made(live, *made)

    def _stored(
        self, drafted: _Drafted, chunks: Sequence[Chunk], vectors: Vectors
    ) -> tuple[StoreResult, int]:
        document, source, tracked = drafted
        catalogue = self._catalogue
        present = catalogue.find(document.id)
        revision = catalogue.last_revision(document.id) + 1
        document = dataclasses.replace(document, revision=revision)
        chunks = [dataclasses.replace(chunk, revision=revision) for chunk in chunks]
        sources = {revision: source} if source else {}
        catalogue.store(
            document, chunks, vectors, keep=self._keep_revisions, sources=sources, tracked=tracked
        )
        outcome = Outcome.REPLACED if present else Outcome.ADDED
        return StoreResult(document=document.info(), outcome=outcome), len(chunks)

    def _track(self, drafted: _Drafted) -> None:
        """Record the entry of a document that is stored as it is."""
        if drafted.tracked:
            entry = dataclasses.replace(drafted.tracked, document_id=drafted.document.id)
            self._catalogue.tracking.record(entry)

    def _adopt(self, history: History) -> tuple[StoreResult | None, int]:
        """Store a history; return the current revision's result and how many chunks are new."""
        if not history.revisions:
            if not is_held(self._catalogue, history):
                self._catalogue.retire(history.id, history.retired)
            return None, 0
        *past, document = history.revisions
        while not is_held(self._catalogue, history):
            live = self._live.searcher
            source = history.sources.get(document.revision)
            layout = Layout(source.layout) if source else None
            chunks, vectors = live.chunked(document, self.until_the_end(quiet), layout)
            with self._live.storing() as now:
                if now is not live or is_held(live.catalogue, history):
                    continue  # the live build was replaced, or another thread stored the history
                if history.retired:
                    live.catalogue.retire(history.id, history.retired)
                keep = self._keep_revisions
                live.catalogue.store(
                    document, chunks, vectors, past=past, keep=keep, sources=history.sources
                )
                return StoreResult(document=document.info(), outcome=Outcome.ADDED), len(chunks)
        found = self._catalogue.find(document.id)
        if found is None:
            raise DocumentNotFound(document.id)
        return StoreResult(document=found, outcome=Outcome.UNCHANGED), 0

    @property
    def _catalogue(self) -> Catalogue:
        return self._live.searcher.catalogue

    def _unchanged(self, document: Document, *, replace: bool) -> StoreResult | None:
        """Return the stored document, if storing this one would change nothing.

        Raises:
            DuplicateDocument: without `replace`, the id is taken by other content.
        """
        present = self._catalogue.find(document.id)
        if present is None:
            return None
        if content_of(present) == content_of(document):
            return StoreResult(document=present, outcome=Outcome.UNCHANGED)
        if not replace:
            raise DuplicateDocument(document.id)
        return None
