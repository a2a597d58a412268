"""A corpus as some readers see it: nothing in it shows, or changes, what they may not see."""

from collections.abc import Collection, Generator, Iterable
from typing import Any

from citespan.index.catalogue import Every, Filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import SourceInfo
from citespan.index.corpus.audience import RESTRICTED, Audience
from citespan.index.corpus.corpus import Corpus
from citespan.index.corpus.making import ChunkMaker, OnChunks, quiet
from citespan.index.corpus.places import Places
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.layout import Grid, Outline, Where
from citespan.index.parse import document_of
from citespan.index.types import (
    ACCESS,
    Build,
    Context,
    Document,
    DocumentInfo,
    DocumentPage,
    Draft,
    Passage,
    Side,
    SourceFile,
    Span,
    StoreResult,
    Vectors,
)


class CorpusView(Corpus):
    """A corpus as an audience sees it; what it hides is as if it was not there.

    A revision is seen if its own `access` and that of the current revision let it be. What is not
    defined here is no part of a view, and fails. The owner of the corpus closes it.

    Args:
        corpus: the whole corpus, not a view.
        audience: the readers.
    """

    def __init__(self, corpus: Corpus, audience: Audience) -> None:
        self._corpus = corpus
        self._audience = audience
        self.places = _PlacesView(corpus.places, self)

    def check(self, document: Document) -> None:
        """Refuse a document that this audience may not store.

        Raises:
            DocumentRejected: its id is taken by one that they do not see, or its `access` names
                none of their groups, or it has no `access` where the stored one does.
        """
        present = self._catalogue.find(document.id)
        if present is not None and not self._audience.sees(present.metadata):
            raise DocumentRejected(f"the id {document.id!r} is taken; choose another one")
        if not self._audience.sees(document.metadata):
            raise DocumentRejected("`access` must name at least one of your own groups")
        if present and ACCESS in present.metadata and ACCESS not in document.metadata:
            raise DocumentRejected(
                "the stored document has `access`; send it again, or delete the document first"
            )

    def add(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a new document, as `Corpus.add`, if `check` allows it."""
        return self._stored(self._corpus.add(self._checked(draft), on_chunks))

    def put(self, draft: Draft, on_chunks: OnChunks = quiet) -> StoreResult:
        """Store a document, as `Corpus.put`, if `check` allows it."""
        return self._stored(self._corpus.put(self._checked(draft), on_chunks))

    def put_many(
        self, drafts: Iterable[Draft], on_chunks: OnChunks = quiet, maker: ChunkMaker | None = None
    ) -> Generator[StoreResult]:
        """Store documents, as `Corpus.put_many`; `check` must allow each of them."""
        yield from self._corpus.put_many(map(self._checked, drafts), on_chunks, maker)

    def delete(self, document_id: str) -> None:
        """Delete a document, as `Corpus.delete`."""
        self.info(document_id)
        self._corpus.delete(document_id)

    def get(self, document_id: str, revision: int | None = None) -> Document:
        """Return a document, as `Corpus.get`."""
        found = self._corpus.get(document_id, revision)
        current = found.metadata if revision is None else self._metadata(document_id)
        if not (self._audience.sees(found.metadata) and self._audience.sees(current)):
            raise DocumentNotFound(document_id, revision)
        return found

    def info(self, document_id: str) -> DocumentInfo:
        """Return the metadata of a document, as `Corpus.info`."""
        found = self._corpus.info(document_id)
        if not self._audience.sees(found.metadata):
            raise DocumentNotFound(document_id)
        return found

    def with_text(self, sha256: str) -> DocumentInfo | None:
        """Return a document that has this text, as `Corpus.with_text`."""
        found = self._corpus.with_text(sha256)
        return found if found and self._audience.sees(found.metadata) else None

    def revisions(self, document_id: str) -> tuple[DocumentInfo, ...]:
        """Return the revisions of a document that this audience sees, as `Corpus.revisions`."""
        self.info(document_id)
        found = self._corpus.revisions(document_id)
        return tuple(one for one in found if self._audience.sees(one.metadata))

    def purge_revision(self, document_id: str, revision: int) -> None:
        """Remove one past revision, as `Corpus.purge_revision`."""
        self.info(document_id)
        if revision not in {one.revision for one in self.revisions(document_id)}:
            raise DocumentNotFound(document_id, revision)
        self._corpus.purge_revision(document_id, revision)

    def documents(self, *, cursor: str | None = None, limit: int = 100) -> DocumentPage:
        """Return a page of documents, as `Corpus.documents`."""
        return self._catalogue.page(cursor, limit, self._filter(None))

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
        """Return the best passages, as `Corpus.search`."""

        def found(filters: Filter | None) -> list[Passage]:
            return self._corpus.search(
                query, k=k, candidates=candidates, vector=vector, sides=sides, filters=filters,
                context=context,
            )  # fmt: skip

        if self._audience.everything:
            return found(filters)
        before = self.generation
        if not self._corpus.counts(RESTRICTED)[0]:
            passages = found(filters)  # a filter that hides nothing would only take time
            if self.generation == before:
                return passages
        return found(self._filter(filters))

    def counts(self, filters: Filter | None = None) -> tuple[int, int]:
        """Return how many documents this audience sees, and how many chunks they have."""
        return self._corpus.counts(self._filter(filters))

    def close(self) -> None:
        """Do nothing: the owner of the whole corpus closes it."""

    def embed(self, query: str) -> Vectors:
        """Return the vector of a query, as `Corpus.embed`."""
        return self._corpus.embed(query)

    def build(self) -> Build:
        """Return the live build."""
        return self._corpus.build()

    @property
    def generation(self) -> int:
        """A number that grows with every change of the documents, also of hidden ones."""
        return self._corpus.generation

    @property
    def embedder(self) -> str:
        """The name of the embedder, as `Corpus.embedder`."""
        return self._corpus.embedder

    @property
    def _catalogue(self) -> Catalogue:
        return self._corpus._searcher.catalogue

    def _checked(self, draft: Draft) -> Draft:
        self.check(document_of(draft))
        return draft

    def _stored(self, result: StoreResult) -> StoreResult:
        if not self._audience.sees(result.document.metadata):  # another thread was between
            raise DocumentRejected(f"the id {result.document.id!r} is taken; choose another one")
        return result

    def _metadata(self, document_id: str) -> Any:
        found = self._catalogue.find(document_id)
        if found is None:
            raise DocumentNotFound(document_id)
        return found.metadata

    def _filter(self, filters: Filter | None) -> Filter | None:
        """Return a filter with the audience's own, which nothing in it can widen."""
        if self._audience.everything:
            return filters
        own = self._audience.filter
        return own if filters is None else Every((own, filters))


class _PlacesView(Places):
    """The places of documents that an audience sees."""

    def __init__(self, places: Places, view: CorpusView) -> None:
        self._places = places
        self._view = view

    def where(self, document: Document, span: Span, answer: Span | None = None) -> Where:
        """Return where a quote stands, as `Places.where`."""
        return self._places.where(document, span, answer)

    def outline(self, document: Document) -> Outline:
        """Return the headings and tables of a document, as `Places.outline`."""
        return self._places.outline(document)

    def grids(self, document: Document, within: Span) -> list[Grid]:
        """Return the tables that a span meets, as `Places.grids`."""
        return self._places.grids(document, within)

    def source(self, document_id: str, revision: int) -> SourceInfo | None:
        """Return the file of a revision without its bytes, as `Places.source`."""
        self._view.get(document_id, revision)
        return self._places.source(document_id, revision)

    def file(self, document_id: str, revision: int) -> SourceFile | None:
        """Return the file of a revision, as `Places.file`."""
        self._view.get(document_id, revision)
        return self._places.file(document_id, revision)
