"""Making the chunks and vectors of a collection anew, with another embedder or chunk size."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from citespan.index import Corpus
from citespan.index.corpus import CUTTING, FIRST_CUTTING, OnChunks, build_settings, quiet, summary
from citespan.index.errors import ModelUnavailable, StoreMismatch
from citespan.index.types import Build
from citespan.qa.composition import Say, build_embedder, open_corpus
from citespan.qa.errors import NoEarlierChunks
from citespan.qa.settings.overrides import Overrides, embedding_of, with_own
from citespan.qa.settings.sections import Settings


class Reindexing:
    """New chunks beside those that are searched: made, compared, switched to.

    Args:
        corpus: the collection's; it answers meanwhile, and can be stored to.
        settings: what holds where `own` says nothing.
        own: settings of the sections `embedding` and `chunking`, kept with the new chunks; without
            any, they follow `settings`.
        say: told, in words, about work that takes a while.
        cutting: as for `Builds.fill`.

    Raises:
        InvalidCollection: a setting cannot be used.
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
        """Make what is missing; how many documents are done, and how many there are.

        Stopped, it goes on from there when it is begun again.

        Raises:
            BuildInUse: there is nothing to change.
        """
        yield from self._corpus.builds.fill(
            self._embedder,
            chunk_tokens=self._chunk_tokens,
            cutting=self._cutting,
            on_chunks=on_chunks,
        )

    def beside(self) -> Corpus:
        """The new chunks, to be searched; not to be changed or closed."""
        return self._corpus.beside()

    def switch(self) -> None:
        """Answer from the new chunks from now on."""
        self._corpus.builds.switch(msgspec.json.encode(self._own).decode() if self._own else "")


def open_to_reindex(folder: Path, settings: Settings, say: Say = lambda _: None) -> Corpus:
    """A collection to be reindexed, with the embedder of its chunks if that is still to be had."""
    found = summary(folder)
    stored = with_own(settings, _made_with(found.build)) if found else settings
    try:
        return open_corpus(folder, stored, say=say)
    except StoreMismatch:
        return open_corpus(folder, settings, remake=True, say=say)


def going_back(corpus: Corpus, settings: Settings, say: Say = lambda _: None) -> Reindexing:
    """The chunks that were searched before the last switch, to be completed and switched to.

    Raises:
        NoEarlierChunks: there are none.
        ModelUnavailable: their embedder is gone, or is another one now.
    """
    build = corpus.builds.previous()
    if build is None:
        raise NoEarlierChunks
    cutting = build.settings.get("cutting", FIRST_CUTTING)
    made = Reindexing(corpus, settings, _made_with(build), say, cutting)
    if made.settings != build.settings:
        raise ModelUnavailable(f"the embedder {build.settings['embedder']} is not there any more")
    return made


def _made_with(build: Build) -> Overrides:
    return {
        "embedding": embedding_of(build.settings["embedder"]),
        "chunking": {"max_tokens": int(build.settings["chunk_tokens"])},
    }
