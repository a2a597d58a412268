"""The façade: documents in, scored passages out."""

import dataclasses
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

from filelock import FileLock

from index.ahead import map_ahead
from index.catalog import SqliteCatalogue, glance
from index.dense import EXACT_MOST, Facts
from index.drafts import content_of, document_of
from index.embedding import Embedder, Vectors
from index.errors import (
    BuildInUse,
    DocumentNotFound,
    DuplicateDocument,
    StoreMismatch,
    StoreUnavailable,
)
from index.filters import Filter
from index.folder import (
    CATALOGUE,
    build_folder,
    check_catalogue,
    clear_builds,
    lock_for_writing,
)
from index.histories import History, each_retired, is_held
from index.local import LocalSearchIndex
from index.protocols import Catalogue, SearchIndex
from index.searchable import OnChunks, Searchable, build_settings, quiet
from index.types import (
    Build,
    Chunk,
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
_AHEAD = 2  # documents that are embedded while the one before them is stored
_MOST_REVISIONS = 2**53
_PAGE = 100  # documents looked up at a time


class _Made(NamedTuple):
    """What a document is stored with, and what it was made for."""

    live: Searchable
    chunks: Sequence[Chunk]
    vectors: Vectors


class Corpus:
    """Documents that can be searched. Use `Corpus.open`; close it, or use it in a `with`.

    Args:
        live: what is searched and stored to.
        index_of: makes the search index of another build, for vectors of that length.
        lock: let go when the corpus is closed.
        keep_revisions: as for `open`.
    """

    def __init__(
        self,
        live: Searchable,
        index_of: Callable[[Catalogue, int], SearchIndex],
        lock: FileLock | None = None,
        keep_revisions: int | None = None,
    ) -> None:
        self._live = live
        self._beside: Searchable | None = None
        self._index_of = index_of
        self._lock = lock
        self._keep_revisions = keep_revisions
        self._writing = threading.Lock()
        self._batches = 0  # that make searchable what they store themselves
        self._closing = threading.Event()

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        *,
        chunk_tokens: int = DEFAULT_CHUNK_TOKENS,
        read_only: bool = False,
        remake: bool = False,
        keep_revisions: int | None = None,
        exact_most: int = EXACT_MOST,
    ) -> Self:
        """The corpus in a data folder; an empty one is made there if there is none.

        Args:
            folder: one corpus lives here.
            embedder: the one the corpus was, or will be, made with.
            chunk_tokens: most tokens of a chunk, by the embedder's count.
            read_only: open beside a process that writes; its changes are seen.
            remake: the chunks may be made with anything, as they are only to be made anew, by
                `fill_beside` and `switch`.
            keep_revisions: how many past revisions of a document stay when it is replaced, at
                least 0; None keeps all.
            exact_most: of more chunks, the nearest vectors are found approximately.

        Raises:
            StoreLocked: another process has it open for writing.
            StoreMismatch: it was made with another embedder or chunk size, or the chunks would
                not fit the embedder.
            StoreUnavailable: the folder cannot be opened, or not be written.
            StoreCorrupt: the catalogue is damaged.
        """
        settings = build_settings(embedder, chunk_tokens)
        with ExitStack() as opened:
            lock = None if read_only else lock_for_writing(folder)
            if lock:
                opened.callback(lock.release)
            check_catalogue(folder)
            if remake and glance(folder):
                settings = {}
            catalogue = SqliteCatalogue(folder / CATALOGUE, settings, read_only=read_only)
            opened.callback(catalogue.close)
            if lock:
                # Of other builds too: their files would keep words of what is deleted from now on.
                clear_builds(folder, [catalogue.build.id])

            def index_of(seen: Catalogue, dim: int) -> SearchIndex:
                files = build_folder(folder, seen.build.id)
                return LocalSearchIndex(
                    files, seen, dim, read_only=read_only, exact_most=exact_most
                )

            index = index_of(catalogue, embedder.dim)
            opened.pop_all()
        live = Searchable(catalogue, index, embedder, chunk_tokens)
        return cls(live, index_of, lock, keep_revisions)

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

    def put_many(self, drafts: Iterable[Draft], on_chunks: OnChunks = quiet) -> Generator[Stored]:
        """`put` each draft, durable when it is yielded, and make them searchable in batches.

        Args:
            drafts: drawn a few ahead of what is yielded.
            on_chunks: told on other threads a document's id, how many of its chunks are embedded,
                first 0, and how many there are. If it raises, nothing of that document is stored.
        """
        behind = 0
        self._batches += 1
        try:
            with self._made_ahead(drafts, on_chunks) as documents:
                for document, made in documents:
                    stored, chunks = self._write(document, made, replace=True)
                    behind += chunks
                    if behind >= _REFRESH_CHUNKS:
                        self._live.index.refresh()
                        behind = 0
                    yield stored
        finally:
            self._batches -= 1
            self._live.index.refresh()

    def adopt(self, documents: Iterable[History]) -> Iterator[Stored]:
        """Store documents as another store had them, with their past, revisions and times.

        Each is durable when it is yielded; what is stored already is left as it is.

        Raises:
            ExportInvalid: another document is, or was, stored under an id.
        """
        behind = 0
        self._batches += 1
        try:
            for history in documents:
                stored, chunks = self._adopt(history)
                behind += chunks
                if behind >= _REFRESH_CHUNKS:
                    self._live.index.refresh()
                    behind = 0
                if stored:
                    yield stored
        finally:
            self._batches -= 1
            self._live.index.refresh()

    def holds(self, history: History) -> bool:
        """Whether `adopt` would store nothing.

        Raises:
            ExportInvalid: it would be refused.
        """
        return is_held(self._live.catalogue, history)

    def delete(self, document_id: str) -> None:
        """Remove a document with all its revisions.

        Raises:
            DocumentNotFound: there is none.
        """
        self._live.catalogue.delete(document_id)
        self._live.index.refresh()

    def get(self, document_id: str, revision: int | None = None) -> Document:
        """The current revision of a document, or the one asked for.

        Raises:
            DocumentNotFound: there is no such document or revision.
        """
        return self._live.catalogue.document(document_id, revision)

    def info(self, document_id: str) -> DocumentInfo:
        """What is known of a document, without its text.

        Raises:
            DocumentNotFound: there is none.
        """
        found = self._live.catalogue.find(document_id)
        if found is None:
            raise DocumentNotFound(document_id)
        return found

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """What is known of each revision that is kept of a document; the last is the current one.

        Raises:
            DocumentNotFound: there is no such document.
        """
        found = self._live.catalogue.revisions(document_id)
        if not found:
            raise DocumentNotFound(document_id)
        return found

    def purge(self, document_id: str | None = None, keep: int = 0) -> int:
        """Remove past revisions, of one document or of all; nothing resolves into them any more.

        Args:
            document_id: all documents without it.
            keep: how many past revisions of each stay, the newest ones; at least 0.

        Returns:
            How many revisions were removed.

        Raises:
            DocumentNotFound: there is no such document.
        """
        if keep < 0:
            raise ValueError(f"{keep} revisions cannot be kept")
        removed = self._live.catalogue.purge(document_id, min(keep, _MOST_REVISIONS))
        self._live.index.compact()
        return removed

    def purge_revision(self, document_id: str, revision: int) -> None:
        """Remove one past revision.

        Raises:
            DocumentNotFound: there is no such document or revision.
            CurrentRevision: it is the current one.
        """
        self._live.catalogue.purge_revision(document_id, revision)

    def documents(self, *, cursor: str | None = None, limit: int = 100) -> DocumentPage:
        """A page of the documents in id order, from the beginning or after a page's cursor."""
        return self._live.catalogue.page(cursor, limit)

    def embed(self, query: str) -> Vectors:
        """The vector of a query, (dim,) float32 of unit norm, for `search`."""
        return self._live.embedder.embed_query(query)

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
        live = self._live
        if not self._batches:
            live.index.refresh(wait=False)
        return live.search(
            query, k=k, candidates=candidates, vector=vector, sides=sides, filters=filters
        )

    def fill_beside(
        self, embedder: Embedder, *, chunk_tokens: int, on_chunks: OnChunks = quiet
    ) -> Iterator[tuple[int, int]]:
        """Make chunks and vectors of all documents anew, beside those that are searched.

        What an earlier call with the same settings has done stays done. Documents can be stored
        and searched meanwhile.

        Args:
            embedder: of the new chunks.
            chunk_tokens: of the new chunks, at most.
            on_chunks: as for `put_many`; if it raises, this ends, and can be begun again.

        Yields:
            How many documents are done, by earlier calls too, and how many there are.

        Raises:
            StoreMismatch: the chunks would not fit the embedder.
            BuildInUse: the chunks that are searched are made so.
        """
        settings = build_settings(embedder, chunk_tokens)
        if settings == self.build().settings:
            raise BuildInUse
        catalogue = self._live.catalogue.beside(settings)
        index = self._index_of(catalogue, embedder.dim)
        beside = Searchable(catalogue, index, embedder, chunk_tokens)
        yield from self._filled(beside, on_chunks)
        index.refresh()
        self._beside = beside

    def beside(self) -> "Corpus":
        """What `fill_beside` has made, to be searched; not to be changed or closed.

        Raises:
            StoreMismatch: nothing was made.
        """
        if self._beside is None:
            raise StoreMismatch("there are no other chunks to search; make them first")
        return Corpus(self._beside, self._index_of)

    def switch(self, note: str = "") -> None:
        """Search and store to what `fill_beside` has made; the present chunks stay as they are.

        Args:
            note: kept until the next switch, for whoever opens the corpus later: `glance`.

        Raises:
            StoreMismatch: nothing was made.
        """
        with self._writing:
            beside = self.beside()._live
            for _ in self._filled(beside, quiet):  # stored since
                pass
            beside.index.refresh()
            beside.catalogue.switch(note)
            left, self._live, self._beside = self._live, beside, None
        kept = {left.catalogue.build.id, beside.catalogue.build.id}
        for build in beside.catalogue.builds():
            if build.id not in kept:
                beside.catalogue.drop(build.id)

    def drop_unfinished(self) -> None:
        """Forget what `fill_beside` has made and nothing was switched to; not while it runs."""
        self._beside = None
        kept = {self.build().id, self._live.catalogue.previous()}
        for build in self.builds():
            if build.id not in kept:
                self._live.catalogue.drop(build.id)

    def build(self) -> Build:
        """The chunks that are searched."""
        return self._live.catalogue.build

    def previous(self) -> Build | None:
        """The chunks that were searched before the last switch, if there was one."""
        previous = self._live.catalogue.previous()
        return next((build for build in self.builds() if build.id == previous), None)

    def builds(self) -> tuple[Build, ...]:
        """All chunks that there are, oldest first."""
        return self._live.catalogue.builds()

    @property
    def generation(self) -> int:
        """Grows with every change of the documents."""
        return self._live.catalogue.generation

    @property
    def embedder(self) -> str:
        """The name of the embedder; equal names give equal vectors."""
        return self._live.embedder.name

    def counts(self) -> tuple[int, int]:
        """How many documents and chunks there are."""
        return self._live.catalogue.counts()

    def check(self) -> list[str]:
        """Everything wrong with the stored data; empty if nothing is."""
        return self._live.catalogue.check()

    def damaged(self) -> list[str]:
        """The documents that were found damaged since opening, by id; nothing is read of them."""
        return self._live.catalogue.damaged()

    def mend(self) -> list[str]:
        """Make damaged chunks and vectors again from their texts; the ids of their documents.

        Nothing is done if more than that is damaged: `check` tells.
        """
        live = self._live
        mended = live.catalogue.mend(lambda document: live.chunked(document, quiet))
        if mended:
            live.index.refresh()
        return mended

    def deleted(self) -> int:
        """How many documents were deleted and are not stored again."""
        return sum(
            self._live.catalogue.find(one.id) is None for one in each_retired(self._live.catalogue)
        )

    def compact(self) -> int:
        """Write anew the files of the index that hold words or vectors of chunks that are gone.

        It is done anyway when segments are merged, which small ones soon are, and when a corpus of
        up to 10,000 chunks is closed; and with the vectors when a tenth of them have changed.

        Returns:
            How many chunks they were of.
        """
        return self._live.index.compact()

    def uncompacted(self) -> int:
        """Of how many chunks that are gone something is left in files until `compact`."""
        return self._live.index.uncompacted()

    def leftovers(self) -> list[str]:
        """Everything found of what was deleted or purged; empty if nothing is left of it.

        Single words and rounded vectors may be left in files of the index, which tells nobody of
        them: `uncompacted`.
        """
        return self._live.catalogue.leftovers() + self._live.index.leftovers()

    def vector_facts(self) -> Facts:
        """How vectors are found, and how well when that was last measured."""
        return self._live.index.facts()

    def measure_vectors(self) -> Facts:
        """The same, measured now, once nothing is being built; reads all vectors."""
        return self._live.index.measure()

    def repaired(self) -> list[str]:
        """What was found damaged in derived files and was made again since opening."""
        return self._live.index.problems()

    def close(self) -> None:
        """Save what makes the next start fast, and let others write."""
        self._closing.set()
        self._live.index.close()
        self._live.catalogue.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _store(self, draft: Draft, *, replace: bool) -> Stored:
        stored, _ = self._write(document_of(draft), None, replace=replace)
        self._live.index.refresh()
        return stored

    def _write(
        self, document: Document, made: _Made | None, *, replace: bool
    ) -> tuple[Stored, int]:
        """Store what was made of a document; it is made here if it was not, or not for this."""
        while True:
            with self._writing:  # making took its time: another thread may have stored the same
                if unchanged := self._unchanged(document, replace=replace):
                    return unchanged, 0
                if made and made.live is self._live:
                    return self._stored(document, made.chunks, made.vectors)
            made = self._make(document, quiet)

    @contextmanager
    def _made_ahead(
        self, drafts: Iterable[Draft], on_chunks: OnChunks
    ) -> Generator[Generator[tuple[Document, _Made | None]]]:
        """The documents of drafts, with what they are stored with; given up on leaving."""
        left = threading.Event()

        def told(document_id: str, done: int, total: int) -> None:
            if left.is_set():
                raise StoreUnavailable("the ingest was left; nothing was stored")
            on_chunks(document_id, done, total)

        def made(draft: Draft) -> tuple[Document, _Made | None]:
            document = document_of(draft)
            if self._unchanged(document, replace=True):
                return document, None
            return document, self._make(document, told)

        with closing(map_ahead(made, drafts, _AHEAD)) as documents:
            try:
                yield documents
            finally:
                left.set()

    def _make(self, document: Document, on_chunks: OnChunks) -> _Made:
        live = self._live
        return _Made(live, *live.chunked(document, self._unless_closing(on_chunks)))

    def _stored(
        self, document: Document, chunks: Sequence[Chunk], vectors: Vectors
    ) -> tuple[Stored, int]:
        catalogue = self._live.catalogue
        present = catalogue.find(document.id)
        revision = catalogue.last_revision(document.id) + 1
        document = dataclasses.replace(document, revision=revision)
        chunks = [dataclasses.replace(chunk, revision=revision) for chunk in chunks]
        catalogue.store(document, chunks, vectors, keep=self._keep_revisions)
        outcome = Outcome.REPLACED if present else Outcome.ADDED
        return Stored(document=document.info(), outcome=outcome), len(chunks)

    def _adopt(self, history: History) -> tuple[Stored | None, int]:
        """What became of the current revision, if there is one, and how many chunks are new."""
        if not history.revisions:
            if not self.holds(history):
                self._live.catalogue.retire(history.id, history.retired)
            return None, 0
        *past, document = history.revisions
        while not self.holds(history):
            live = self._live
            chunks, vectors = live.chunked(document, self._unless_closing(quiet))
            with self._writing:
                if self._live is not live or self.holds(history):
                    continue  # made for other chunks, or stored meanwhile by another thread
                if history.retired:
                    live.catalogue.retire(history.id, history.retired)
                keep = self._keep_revisions
                live.catalogue.store(document, chunks, vectors, past=past, keep=keep)
                return Stored(document=document.info(), outcome=Outcome.ADDED), len(chunks)
        return Stored(document=self.info(document.id), outcome=Outcome.UNCHANGED), 0

    def _filled(self, beside: Searchable, on_chunks: OnChunks) -> Iterator[tuple[int, int]]:
        catalogue = beside.catalogue
        last, done = "", catalogue.filled()
        while lacking := catalogue.missing(last, _PAGE):
            for last in lacking:
                with suppress(DocumentNotFound):  # deleted since
                    document = catalogue.document(last)
                    made = beside.chunked(document, self._unless_closing(on_chunks))
                    catalogue.fill(document, *made)
                done += 1
                documents, _ = catalogue.counts()
                yield min(done, documents), documents  # some may have been replaced or deleted

    def _unless_closing(self, on_chunks: OnChunks) -> OnChunks:
        def tell(document_id: str, done: int, total: int) -> None:
            if self._closing.is_set():
                raise StoreUnavailable("the corpus is being closed; nothing was stored")
            on_chunks(document_id, done, total)

        return tell

    def _unchanged(self, document: Document, *, replace: bool) -> Stored | None:
        """What is stored, if storing the document would change nothing.

        Raises:
            DuplicateDocument: it would, and the id is taken.
        """
        present = self._live.catalogue.find(document.id)
        if present is None:
            return None
        if content_of(present) == content_of(document):
            return Stored(document=present, outcome=Outcome.UNCHANGED)
        if not replace:
            raise DuplicateDocument(document.id)
        return None
