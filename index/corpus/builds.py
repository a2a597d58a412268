"""The builds of a corpus: the chunks of all documents, made with different settings."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.live import Live
from citespan.index.corpus.making import OnChunks, quiet
from citespan.index.corpus.places import layout_in
from citespan.index.corpus.searcher import CUTTING, Searcher, build_settings
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import BuildInUse, DocumentNotFound, StoreMismatch
from citespan.index.search.protocol import SearchIndex
from citespan.index.types import Build, Sections

_PAGE = 100  # documents looked up at a time


class Builds:
    """The builds of a corpus: a new one is filled while the live one is searched.

    Args:
        live: the live build.
        until_the_end: returns a callback that raises once the corpus is being closed.
        index_of: makes the search index of another build, for vectors of the given length.
    """

    def __init__(
        self,
        live: Live,
        index_of: Callable[[Catalogue, int], SearchIndex],
        until_the_end: Callable[[OnChunks], OnChunks],
    ) -> None:
        self._live = live
        self._until_the_end = until_the_end
        self._index_of = index_of
        self._new: Searcher | None = None

    def fill(
        self,
        embedder: Embedder,
        *,
        chunk_tokens: int,
        cutting: str = CUTTING,
        on_chunks: OnChunks = quiet,
    ) -> Iterator[tuple[int, int]]:
        """Make new chunks and vectors of all documents, while the live ones are searched.

        Work that an earlier call with the same settings has done is kept. Other threads can store
        and search documents concurrently.

        Args:
            embedder: the embedder of the new chunks.
            chunk_tokens: the most tokens of a new chunk.
            cutting: the rules of an earlier build, to roll back to it; chunks that this build
                lacks are made by today's rules.
            on_chunks: as for `Corpus.put_many`; if it raises, the call ends and can be repeated.

        Yields:
            How many documents are done, those of earlier calls included, and how many there are.

        Raises:
            StoreMismatch: the chunks would not fit the embedder.
            BuildInUse: the live chunks already have these settings.
        """
        settings = build_settings(embedder, chunk_tokens, cutting)
        self._live.refresh()
        if settings == self._catalogue.build.settings:
            raise BuildInUse
        catalogue = self._catalogue.with_build(settings)
        index = self._index_of(catalogue, embedder.dim)
        maker = self._live.searcher.maker
        new = Searcher(catalogue, index, embedder, chunk_tokens, maker)
        yield from self._filled(new, on_chunks)
        index.refresh()
        self._new = new

    def made(self) -> Searcher:
        """Return a searcher over the build that `fill` has made; the corpus closes it.

        Raises:
            StoreMismatch: `fill` has made nothing.
        """
        if self._new is None:
            raise StoreMismatch("there is no new build to search; call `fill` first")
        return self._new

    def switch(self, own: Sections | None = None) -> None:
        """Make the build of `fill` the live one; the former build is kept unchanged.

        Args:
            own: settings to record with the build; later callers read them as `Build.own`.

        Raises:
            StoreMismatch: `fill` has made nothing.
        """
        with self._live.storing():
            new = self.made()
            for _ in self._filled(new, quiet):  # documents stored since `fill`
                pass
            new.index.refresh()
            new.catalogue.switch(own)
            former, self._new = self._live.replace(new), None
        kept = {former.catalogue.build.id, new.catalogue.build.id}
        for build in new.catalogue.builds():
            if build.id not in kept:
                new.catalogue.drop(build.id)

    def drop_unfinished(self) -> None:
        """Delete builds that were never switched to; not to be called while `fill` runs."""
        self._new = None
        catalogue = self._catalogue
        kept = {catalogue.build.id, catalogue.previous()}
        for build in self.all():
            if build.id not in kept:
                catalogue.drop(build.id)

    def previous(self) -> Build | None:
        """Return the build that was live before the last switch, if there was one."""
        previous = self._catalogue.previous()
        return next((build for build in self.all() if build.id == previous), None)

    def all(self) -> tuple[Build, ...]:
        """Return all builds, oldest first."""
        return self._catalogue.builds()

    @property
    def _catalogue(self) -> Catalogue:
        return self._live.searcher.catalogue

    def _filled(self, new: Searcher, on_chunks: OnChunks) -> Iterator[tuple[int, int]]:
        catalogue = new.catalogue
        last, done = "", catalogue.filled()
        while lacking := catalogue.missing(last, _PAGE):
            for last in lacking:
                with suppress(DocumentNotFound):  # deleted since
                    document = catalogue.document(last)
                    layout = layout_in(catalogue, document)
                    made = new.chunked(document, self._until_the_end(on_chunks), layout)
                    catalogue.fill(document, *made)
                done += 1
                documents, _ = catalogue.counts()
                yield min(done, documents), documents  # some may have been replaced or deleted
