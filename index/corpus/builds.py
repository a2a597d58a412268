"""The builds of a corpus: the chunks of all documents, made in one way or another."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.searcher import CUTTING, OnChunks, Searcher, build_settings, quiet
from citespan.index.corpus.writer import DocumentWriter
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import BuildInUse, DocumentNotFound, StoreMismatch
from citespan.index.search.protocol import SearchIndex
from citespan.index.types import Build

_PAGE = 100  # documents looked up at a time


class Builds:
    """Makes chunks beside those that are searched, and switches to them.

    Args:
        storing: has what is searched, and stores to it.
        index_of: makes the search index of another build, for vectors of that length.
    """

    def __init__(
        self, storing: DocumentWriter, index_of: Callable[[Catalogue, int], SearchIndex]
    ) -> None:
        self._storing = storing
        self._index_of = index_of
        self._beside: Searcher | None = None

    def fill(
        self,
        embedder: Embedder,
        *,
        chunk_tokens: int,
        cutting: str = CUTTING,
        on_chunks: OnChunks = quiet,
    ) -> Iterator[tuple[int, int]]:
        """Make chunks and vectors of all documents anew, beside those that are searched.

        What an earlier call with the same settings has done stays done. Documents can be stored
        and searched meanwhile.

        Args:
            embedder: of the new chunks.
            chunk_tokens: of the new chunks, at most.
            cutting: the rules that a build to go back to was made by; what it lacks is made by
                today's.
            on_chunks: as for `Corpus.put_many`; if it raises, this ends, and can be begun again.

        Yields:
            How many documents are done, by earlier calls too, and how many there are.

        Raises:
            StoreMismatch: the chunks would not fit the embedder.
            BuildInUse: the chunks that are searched are made so.
        """
        settings = build_settings(embedder, chunk_tokens, cutting)
        if settings == self._catalogue.build.settings:
            raise BuildInUse
        catalogue = self._catalogue.beside(settings)
        index = self._index_of(catalogue, embedder.dim)
        beside = Searcher(catalogue, index, embedder, chunk_tokens)
        yield from self._filled(beside, on_chunks)
        index.refresh()
        self._beside = beside

    def made(self) -> Searcher:
        """What `fill` has made.

        Raises:
            StoreMismatch: nothing was made.
        """
        if self._beside is None:
            raise StoreMismatch("there are no other chunks to search; make them first")
        return self._beside

    def switch(self, note: str = "") -> None:
        """Search and store to what `fill` has made; the present chunks stay as they are.

        Args:
            note: kept until the next switch, for whoever opens the corpus later: `glance`.

        Raises:
            StoreMismatch: nothing was made.
        """
        with self._storing.alone():
            beside = self.made()
            for _ in self._filled(beside, quiet):  # stored since
                pass
            beside.index.refresh()
            beside.catalogue.switch(note)
            left, self._storing.live, self._beside = self._storing.live, beside, None
        kept = {left.catalogue.build.id, beside.catalogue.build.id}
        for build in beside.catalogue.builds():
            if build.id not in kept:
                beside.catalogue.drop(build.id)

    def drop_unfinished(self) -> None:
        """Forget what `fill` has made and nothing was switched to; not while it runs."""
        self._beside = None
        catalogue = self._catalogue
        kept = {catalogue.build.id, catalogue.previous()}
        for build in self.all():
            if build.id not in kept:
                catalogue.drop(build.id)

    def previous(self) -> Build | None:
        """The chunks that were searched before the last switch, if there was one."""
        previous = self._catalogue.previous()
        return next((build for build in self.all() if build.id == previous), None)

    def all(self) -> tuple[Build, ...]:
        """All chunks that there are, oldest first."""
        return self._catalogue.builds()

    @property
    def _catalogue(self) -> Catalogue:
        return self._storing.live.catalogue

    def _filled(self, beside: Searcher, on_chunks: OnChunks) -> Iterator[tuple[int, int]]:
        catalogue = beside.catalogue
        last, done = "", catalogue.filled()
        while lacking := catalogue.missing(last, _PAGE):
            for last in lacking:
                with suppress(DocumentNotFound):  # deleted since
                    document = catalogue.document(last)
                    made = beside.chunked(document, self._storing.until_the_end(on_chunks))
                    catalogue.fill(document, *made)
                done += 1
                documents, _ = catalogue.counts()
                yield min(done, documents), documents  # some may have been replaced or deleted
