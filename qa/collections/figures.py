"""What is known of collections, for lists and for those who run the service."""

from dataclasses import dataclass

from citespan.index.corpus import summary
from citespan.index.errors import StoreError
from citespan.index.search.vectors.protocol import Facts
from citespan.index.types import Build
from citespan.qa.collections.folders import stored_names
from citespan.qa.composition import Say
from citespan.qa.errors import QAError
from citespan.qa.service import Service
from citespan.qa.settings.overrides import Overrides, collection_settings, own_settings
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings
from citespan.qa.types import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is known of a collection; `settings` are those that differ from the service's."""

    name: str
    documents: int
    chunks: int
    embedder: str
    chunk_tokens: int
    settings: Overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is known of a collection that is, or was, open.

    rebuilt: derived files that were found damaged and made again, since it was opened.
    damaged: documents that were found damaged, since it was opened.
    """

    collection: Collection
    modes: tuple[Mode, ...]
    vectors: Facts
    rebuilt: int
    damaged: int

    @property
    def name(self) -> str:
        """What the collection is called."""
        return self.collection.name


def figures_of(service: Service, name: str, own: Overrides) -> Figures:
    """The figures of an open collection, whose own settings are given.

    Raises:
        StoreError: it cannot be read.
    """
    corpus = service.corpus
    documents, chunks = corpus.counts()
    return Figures(
        collection=_described(name, documents, chunks, corpus.build(), own),
        modes=tuple(service.modes()),
        vectors=corpus.health.vector_facts(),
        rebuilt=len(corpus.health.repaired()),
        damaged=len(corpus.health.damaged()),
    )


def known(settings: Settings, say: Say = lambda _: None) -> list[Collection]:
    """The collections of a data folder, read beside whoever has them open.

    Those that cannot be read are left out, and said.
    """
    found: list[Collection] = []
    for name in [DEFAULT, *stored_names(settings.data_path() / COLLECTIONS)]:
        try:
            here = collection_settings(settings, name)
            contents = summary(here.collection_path())
            own = own_settings(here.collection_path())
        except (StoreError, QAError) as error:
            say(f"The collection {name} cannot be read: {error}")
            continue
        if contents:
            found.append(_described(name, contents.documents, contents.chunks, contents.build, own))
    return found


def _described(name: str, documents: int, chunks: int, build: Build, own: Overrides) -> Collection:
    return Collection(
        name=name,
        documents=documents,
        chunks=chunks,
        embedder=build.settings["embedder"],
        chunk_tokens=int(build.settings["chunk_tokens"]),
        settings=own,
    )
