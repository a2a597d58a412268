"""Facts about collections, for lists and for the operator of the service."""

from dataclasses import dataclass

from citespan.index.corpus import RESTRICTED, summary
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
    """Facts about a collection; `settings` are those that differ from the service's."""

    name: str
    documents: int
    chunks: int
    embedder: str
    chunk_tokens: int
    settings: Overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Facts about a collection that is, or was, open.

    restricted: how many documents not every reader of the collection may see.
    rebuilt: how many derived files were found damaged and rebuilt since it was opened.
    damaged: how many documents were found damaged since it was opened.
    """

    collection: Collection
    modes: tuple[Mode, ...]
    restricted: int
    vectors: Facts
    rebuilt: int
    damaged: int

    @property
    def name(self) -> str:
        """The name of the collection."""
        return self.collection.name


def figures_of(service: Service, name: str, own: Overrides) -> Figures:
    """Return the figures of an open collection with the overrides `own`.

    Raises:
        StoreError: the collection cannot be read.
    """
    corpus = service.corpus
    documents, chunks = corpus.counts()
    return Figures(
        collection=_described(name, documents, chunks, corpus.build(), own),
        modes=tuple(service.modes()),
        restricted=corpus.counts(RESTRICTED)[0],
        vectors=corpus.health.vector_facts(),
        rebuilt=len(corpus.health.repaired()),
        damaged=len(corpus.health.damaged()),
    )


def known(settings: Settings, say: Say = lambda _: None) -> list[Collection]:
    """Return the collections of a data folder, which another process may have open.

    Collections that cannot be read are skipped; `say` is called with the reason.
    """
    found: list[Collection] = []
    for name in [DEFAULT, *stored_names(settings.data_path() / COLLECTIONS)]:
        try:
            here = collection_settings(settings, name)
            contents = summary(here.collection_path(), here.server())
            own = own_settings(here.collection_path(), here.server())
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
