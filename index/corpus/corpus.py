"""The façade: documents in, scored passages out."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from filelock import FileLock

from citespan.index.catalogue import Filter, History, SqliteCatalogue, is_held
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.builds import Builds
from citespan.index.corpus.contents import summary
from citespan.index.corpus.health import Health
from citespan.index.corpus.searcher import OnChunks, Searcher, build_settings, quiet
from citespan.index.corpus.writer import DocumentWriter
from citespan.index.disk.folder import (
    CATALOGUE,
    build_folder,
    check_catalogue,
    clear_builds,
    lock_for_writing,
)
from citespan.index.disk.reserve import Reserve
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import DocumentNotFound
from citespan.index.search import LocalSearchIndex
from citespan.index.search.protocol import SearchIndex
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
_MOST_REVISIONS = 2**53


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
        live: Searcher,
        index_of: Callable[[Catalogue, int], SearchIndex],
        lock: FileLock | None = None,
        keep_revisions: int | None = None,
    ) -> None:
        self._storing = DocumentWriter(live, keep_revisions)
        self.builds = Builds(self._storing, index_of)
        self._index_of = index_of
        self._lock = lock

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
        reserve_in: Path | None = None,
    ) -> Self:
        """The corpus in a data folder; an empty one is made there if there is none.

        Args:
            folder: one corpus lives here.
            embedder: the one the corpus was, or will be, made with.
            chunk_tokens: most tokens of a chunk, by the embedder's count.
            read_only: open beside a process that writes; its changes are seen.
            remake: the chunks may be made with anything, as they are only to be made anew, by
                `builds.fill` and `builds.switch`.
            keep_revisions: how many past revisions of a document stay when it is replaced, at
                least 0; None keeps all.
            exact_most: of more chunks, the nearest vectors are found approximately.
            reserve_in: a folder on the same disk where room is kept for deletions on a full disk.

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
            if remake and summary(folder):
                settings = {}
            reserve = Reserve(reserve_in) if reserve_in and lock else None
            catalogue = SqliteCatalogue(
                folder / CATALOGUE, settings, read_only=read_only, reserve=reserve
            )
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
        live = Searcher(catalogue, index, embedder, chunk_tokens)
        return cls(live, index_of, lock, keep_revisions)

    @property
    def _live(self) -> Searcher:
        return self._storing.live

    @property
    def health(self) -> Health:
        """Whether what is stored is sound, and making it so."""
        return Health(self._live)

    def add(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a new document; the same one again changes nothing.

        Args:
            draft: the document.
            on_chunks: as for `put_many`, on this thread.

        Raises:
            DuplicateDocument: its id is taken by other content.
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._storing.put(draft, on_chunks, replace=False)

    def put(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a document, as a new revision if its id is taken by other content.

        Args:
            draft: the document.
            on_chunks: as for `put_many`, on this thread.

        Raises:
            DocumentRejected: the draft cannot be stored; the message says why.
        """
        return self._storing.put(draft, on_chunks, replace=True)

    def put_many(
        self, drafts: Iterable[Draft], on_chunks: OnChunks = quiet
    ) -> Generator[StoreResult]:
        """`put` each draft, durable when it is yielded, and make them searchable in batches.

        Args:
            drafts: drawn a few ahead of what is yielded.
            on_chunks: told on other threads a document's id, how many of its chunks are embedded,
                first 0, and how many there are. If it raises, nothing of that document is stored.
        """
        yield from self._storing.put_many(drafts, on_chunks)

    def adopt(self, documents: Iterable[History]) -> Iterator[StoreResult]:
        """Store documents as another store had them, with their past, revisions and times.

        Each is durable when it is yielded; what is stored already is left as it is.

        Raises:
            ExportInvalid: another document is, or was, stored under an id.
        """
        yield from self._storing.adopt(documents)

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
        context: Context | None = None,
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
            context: of the query; what is found for it is fused with what is found for the query,
                whose scores alone are told by side.
        """
        live = self._live
        if not self._storing.in_batches:
            live.index.refresh(wait=False)
        return live.search(
            query,
            k=k,
            candidates=candidates,
            vector=vector,
            sides=sides,
            filters=filters,
            context=context,
        )

    def beside(self) -> "Corpus":
        """What `builds.fill` has made, to be searched; not to be changed or closed.

        Raises:
            StoreMismatch: nothing was made.
        """
        return Corpus(self.builds.made(), self._index_of)

    def build(self) -> Build:
        """The chunks that are searched."""
        return self._live.catalogue.build

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

    def close(self) -> None:
        """Save what makes the next start fast, and let others write."""
        self._storing.end()
        with ExitStack() as closing:  # the rest also if one of them fails
            if self._lock:
                closing.callback(self._lock.release)
            closing.callback(self._live.catalogue.close)
            closing.callback(self._live.index.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
