"""The rebuild of a collection's chunks and vectors, with another embedder or chunk size."""

from collections.abc import Iterator
from pathlib import Path

from citespan.index import Corpus
from citespan.index.corpus import (
    CUTTING,
    FIRST_CUTTING,
    OnChunks,
    Searcher,
    build_settings,
    quiet,
    summary,
)
from citespan.index.errors import ModelUnavailable, StoreMismatch
from citespan.index.types import Build
from citespan.qa.composition import Say, build_embedder, open_corpus
from citespan.qa.errors import NoEarlierChunks
from citespan.qa.settings.overrides import Overrides, embedding_of, with_own
from citespan.qa.settings.sections import Settings


class Reindexing:
    """A new build of chunks next to the live one: to be filled, compared and switched to.

    Args:
        corpus: the corpus of the collection; it answers and stores documents meanwhile.
        settings: the settings that `own` overrides.
        own: settings of the sections `embedding` and `chunking`, recorded with the new chunks. If
            empty, the new chunks follow `settings`.
        say: called with a message about work that takes a while.
        cutting: as for `Builds.fill`.

    Raises:
        InvalidCollection: a setting is invalid.
        ModelUnavailable: the embedder cannot be loaded.
        StoreMismatch: the chunks would not fit the embedder.
    """

    def __init__(
        self,
        corpus: Corpus,
        settings: Settings,
        own: Overrides,
        say: Say = lambda _: None,
        cutting: str = CUTTING,
    ) -> None:
        target = with_own(settings, own)
        self._corpus = corpus
        self._own = own
        self._chunk_tokens = target.chunking.max_tokens
        self._embedder = build_embedder(target, say)
        self._cutting = cutting
        self.settings = build_settings(self._embedder, self._chunk_tokens, cutting)

    def fill(self, on_chunks: OnChunks = quiet) -> Iterator[tuple[int, int]]:
        """Build the missing chunks; yield how many documents are done, and how many there are.

        If the fill is stopped, the next fill continues from there.

        Raises:
            BuildInUse: the live chunks already have these settings.
        """
        yield from self._corpus.builds.fill(
            self._embedder,
            chunk_tokens=self._chunk_tokens,
            cutting=self._cutting,
            on_chunks=on_chunks,
        )

    def searcher(self) -> Searcher:
        """Return a searcher over the new chunks."""
        return self._corpus.builds.made()

    def switch(self) -> None:
        """Switch to the new chunks for all later searches."""
        self._corpus.builds.switch(self._own)


def open_to_reindex(folder: Path, settings: Settings, say: Say = lambda _: None) -> Corpus:
    """Open a collection to be reindexed, with the embedder of its chunks if it is available."""
    found = summary(folder, settings.server())
    stored = with_own(settings, _made_with(found.build)) if found else settings
    try:
        return open_corpus(folder, stored, say=say)
    except StoreMismatch:
        return open_corpus(folder, settings, for_reindex=True, say=say)


def going_back(corpus: Corpus, settings: Settings, say: Say = lambda _: None) -> Reindexing:
    """Return the build before the last switch, to be completed and switched to.

    Raises:
        NoEarlierChunks: there is no earlier build.
        ModelUnavailable: the embedder of the build is missing, or has changed.
    """
    build = corpus.builds.previous()
    if build is None:
        raise NoEarlierChunks
    cutting = build.settings.get("cutting", FIRST_CUTTING)
    made = Reindexing(corpus, settings, _made_with(build), say, cutting)
    if made.settings != build.settings:
        raise ModelUnavailable(f"the embedder {build.settings['embedder']} is no longer available")
    return made


def _made_with(build: Build) -> Overrides:
    return {
        "embedding": embedding_of(build.settings["embedder"]),
        "chunking": {"max_tokens": int(build.settings["chunk_tokens"])},
    }
