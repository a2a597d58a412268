"""The façade: documents in, scored passages out."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from citespan.index.catalogue import CatalogueServer, Filter, History, is_held
from citespan.index.corpus.builds import Builds
from citespan.index.corpus.health import Health
from citespan.index.corpus.live import Live
from citespan.index.corpus.making import ChunkMaker, OnChunks, quiet
from citespan.index.corpus.opening import Parts, open_parts
from citespan.index.corpus.places import Places
from citespan.index.corpus.searcher import Searcher
from citespan.index.corpus.writer import DocumentWriter
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import BuildReplaced, DocumentNotFound, ModelUnavailable
from citespan.index.search import SearchServer
from citespan.index.search.vectors.protocol import EXACT_MOST
from citespan.index.types import (
    Build,
    Context,
    Document,
    DocumentInfo,
    DocumentPage,
    Draft,
    Passage,
    Side,
    StoreResult,
    Vectors,
)

DEFAULT_CHUNK_TOKENS = 150


class Corpus:
    """Searchable documents. Open it with `Corpus.open`; close it, or use a `with` block.

    Args:
        parts: what it is made of.
        keep_revisions: as for `open`.
    """

    def __init__(self, parts: Parts, keep_revisions: int | None = None) -> None:
        self._live = Live(parts.searcher, parts.searcher_over)
        self._writer = DocumentWriter(self._live, keep_revisions)
        self.builds = Builds(self._live, parts.index_of, self._writer.until_the_end)
        self.places = Places(parts.searcher.catalogue)
        self.tracking = parts.searcher.catalogue.tracking
        self._lock, self._shared = parts.lock, parts.shared

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        *,
        chunk_tokens: int = DEFAULT_CHUNK_TOKENS,
        read_only: bool = False,
        for_reindex: bool = False,
        keep_revisions: int | None = None,
        exact_most: int = EXACT_MOST,
        reserve_in: Path | None = None,
        server: CatalogueServer | None = None,
        search: SearchServer | None = None,
        embedder_of: Callable[[Build], Embedder] | None = None,
        maker: ChunkMaker | None = None,
    ) -> Self:
        """Open the corpus in a data folder; if there is none, make an empty one.

        Args:
            folder: the data folder of one corpus.
            embedder: the embedder that made, or will make, the vectors of the corpus.
            chunk_tokens: the most tokens of a chunk, by the embedder's count.
            read_only: do not write; another process may write, and this one sees its changes.
            for_reindex: do not check that embedder and chunk size match; the caller will reindex.
            keep_revisions: how many past revisions of a replaced document are kept; None is all.
            exact_most: with more chunks than this, the nearest vectors are found approximately.
            reserve_in: a folder on the same disk that reserves room for deletions on a full disk.
            server: what holds the catalogue in place of the folder.
            search: what searches in place of this process.
            embedder_of: returns the embedder of chunks that another process made.
            maker: makes chunks and vectors elsewhere; by default this process makes them.

        Raises:
            StoreLocked: another process has the folder open for writing.
            StoreMismatch: embedder or chunk size differ, or the chunks would not fit the embedder.
            StoreUnavailable: the folder or the server cannot be used.
            StoreCorrupt: the catalogue is damaged.
        """
        made = open_parts(
            folder, embedder, chunk_tokens=chunk_tokens, read_only=read_only, server=server,
            search=search, for_reindex=for_reindex, exact_most=exact_most, reserve_in=reserve_in,
            embedder_of=embedder_of, maker=maker,
        )  # fmt: skip
        return cls(made, keep_revisions)

    @property
    def _searcher(self) -> Searcher:
        return self._live.searcher

    @property
    def health(self) -> Health:
        """Checks and repairs of the stored data."""
        return Health(self._searcher)

    def add(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a new document as by `put`; storing the same document again changes nothing.

        Raises:
            DuplicateDocument: the id is taken by other content.
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._writer.put(draft, on_chunks, replace=False)

    def put(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a document; if its id is taken by other content, store a new revision.

        `on_chunks` is called as by `put_many`, but on this thread.

        Raises:
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._writer.put(draft, on_chunks, replace=True)

    def put_many(
        self, drafts: Iterable[Draft], on_chunks: OnChunks = quiet, maker: ChunkMaker | None = None
    ) -> Generator[StoreResult]:
        """Store each draft as by `put`, and make them searchable in batches.

        A document is durable when its result is yielded.

        Args:
            drafts: taken a few ahead of the yielded results.
            on_chunks: called on other threads with a document's id, how many of its chunks are
                embedded, first 0, and how many there are. If it raises, the document is not stored.
            maker: as for `open`, for these documents.
        """
        yield from self._writer.put_many(drafts, on_chunks, maker)

    def adopt(self, documents: Iterable[History]) -> Iterator[StoreResult]:
        """Store documents of another store with their past revisions, numbers and times.

        A document is durable when its result is yielded. Stored documents are not changed.

        Raises:
            ExportInvalid: another document is, or was, stored under an id.
        """
        yield from self._writer.adopt(documents)

    def holds(self, history: History) -> bool:
        """Return whether `adopt` would store nothing.

        Raises:
            ExportInvalid: `adopt` would refuse the history.
        """
        return is_held(self._searcher.catalogue, history)

    def delete(self, document_id: str) -> None:
        """Delete a document with all its revisions.

        Raises:
            DocumentNotFound: there is no such document.
        """
        self._searcher.catalogue.delete(document_id)
        with suppress(BuildReplaced, ModelUnavailable):  # it is deleted in any case
            self.refresh()

    def get(self, document_id: str, revision: int | None = None) -> Document:
        """Return the current revision of a document, or the requested one.

        Raises:
            DocumentNotFound: there is no such document or revision.
        """
        return self._searcher.get(document_id, revision)

    def info(self, document_id: str) -> DocumentInfo:
        """Return the metadata of a document, without its text; errors as `get`."""
        if (found := self._searcher.catalogue.find(document_id)) is None:
            raise DocumentNotFound(document_id)
        return found

    def with_text(self, sha256: str) -> DocumentInfo | None:
        """Return a document whose current text has this SHA-256, if there is one."""
        return self._searcher.catalogue.with_text(sha256)

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """Return the metadata of each kept revision of a document; the last one is current.

        Raises:
            DocumentNotFound: there is no such document.
        """
        if not (found := self._searcher.catalogue.revisions(document_id)):
            raise DocumentNotFound(document_id)
        return found

    def purge(self, document_id: str | None = None, keep: int = 0) -> int:
        """Remove past revisions of one document, or of all documents if the id is None.

        The newest `keep` of each document, 0 or more, are kept. Citations of removed revisions no
        longer resolve. Return how many were removed.

        Raises:
            DocumentNotFound: there is no such document.
        """
        if keep < 0:
            raise ValueError(f"cannot keep {keep} revisions; give 0 or more")
        removed = self._searcher.catalogue.purge(document_id, min(keep, 2**53))
        self._searcher.index.compact()
        return removed

    def purge_revision(self, document_id: str, revision: int) -> None:
        """Remove one past revision.

        Raises:
            DocumentNotFound: there is no such document or revision.
            CurrentRevision: the revision is the current one.
        """
        self._searcher.catalogue.purge_revision(document_id, revision)

    def documents(self, *, cursor: str | None = None, limit: int = 100) -> DocumentPage:
        """Return a page of the documents in id order, from the start or after a cursor."""
        return self._searcher.catalogue.page(cursor, limit)

    def embed(self, query: str) -> Vectors:
        """Return the vector of a query for `search`, (dim,) float32 of unit norm."""
        return self._searcher.embed(query)

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        candidates: int = 50,
        vector: Vectors | None = None,
        sides: Collection[Side] = tuple(Side),
        filters: Filter | None = None,
        context: Context | None = None,
    ) -> list[Passage]:
        """Return the best passages for a query by meaning and words, best first.

        Args:
            query: the text to search for.
            k: the most passages returned.
            candidates: how many candidates of each side are fused.
            vector: `embed(query)`, if the caller already has it.
            sides: by meaning, by words, or both.
            filters: search only documents that match the filter, and return as many passages as
                if there were no other documents.
            context: a second query; its results are fused with the query's. Scores by side are
                only those of the query.
        """
        made_by = self.embedder

        def found(live: Searcher) -> list[Passage]:
            if self._shared or not self._writer.in_batches:  # another may have stored a document
                live.index.refresh(wait=self._shared)
            return live.search(
                query, k=k, candidates=candidates, sides=sides, filters=filters, context=context,
                vector=vector if live.embedder.name == made_by else None,
            )  # fmt: skip

        return self._live.use(found)

    def refresh(self) -> None:
        """Take up what other processes have stored, deleted and rebuilt."""
        self._live.refresh()

    def build(self) -> Build:
        """Return the live build."""
        self._live.use(lambda live: live.generation)
        return self._searcher.catalogue.build

    @property
    def generation(self) -> int:
        """A number that grows with every change of the documents."""
        return self._live.use(lambda live: live.generation)

    @property
    def embedder(self) -> str:
        """The name of the embedder; equal names give equal vectors."""
        return self._searcher.embedder.name

    def counts(self, filters: Filter | None = None) -> tuple[int, int]:
        """Return how many documents there are, or match, and how many chunks they have."""
        return self._live.use(lambda live: self._live.tally.counts(live, filters))

    def close(self) -> None:
        """Save the indexes for a fast next start, and release the lock."""
        self._writer.end()
        with ExitStack() as closing:  # if one callback fails, the others still run
            if self._lock:
                closing.callback(self._lock.release)
            closing.callback(self._searcher.catalogue.close)
            closing.callback(self._searcher.index.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
