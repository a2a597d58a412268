"""Collections: sets of documents apart from each other, each with settings of its own.

`default` lies in the data folder itself, the others in `collections/<name>` below it.
"""

import shutil
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from index import Corpus, glance
from index.errors import StoreError, StoreUnavailable
from index.jobs import Job
from index.jobstore import JobStore
from index.types import Build
from qa.build import Say, build_endpoint, open_service
from qa.collectionfolders import (
    check_deletable,
    clear_hidden,
    hide_folder,
    new_folder,
    stored_names,
)
from qa.endpoint import Endpoint
from qa.errors import (
    CollectionExists,
    CollectionNotFound,
    ConfigError,
    InvalidCollection,
    QAError,
)
from qa.jobs import INGEST, Jobs, Work, ingest_work
from qa.ownsettings import Own, check_name, collection_settings, own_settings, with_own
from qa.rebuilds import REINDEX, Rebuilding, Rebuilds
from qa.service import Service
from qa.settings import COLLECTIONS, DEFAULT, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is known of a collection; `settings` are those that differ from the service's."""

    name: str
    documents: int
    chunks: int
    embedder: str
    chunk_tokens: int
    settings: Own


class Collections:
    """All collections of a data folder, each open as a `Service`. Safe for many threads.

    Args:
        default: the default collection's service.
        folder: the data folder; without one there is only the default collection.
        settings: what holds where a collection has no setting of its own.
        say: told, in words, about work that takes a while, and of collections that cannot be
            opened: the others can be used all the same.
        endpoint: the language model of all collections, which is closed with them.
    """

    def __init__(
        self,
        default: Service,
        folder: Path | None = None,
        settings: Settings | None = None,
        say: Say = lambda _: None,
        endpoint: Endpoint | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._folder = folder
        self._settings = settings or Settings()
        self._say = say
        self._changing = threading.Lock()
        self._damaged: dict[str, Exception] = {}
        self._open = {DEFAULT: default}
        self._rebuilds = Rebuilds(self._corpus, self._settings_of, say)
        self._jobs = Jobs(JobStore(folder), self._works()) if folder else None
        for name in self._stored():
            try:
                self._open[name] = self._opened(name)
            except (StoreError, ConfigError) as error:
                say(f"The collection {name} cannot be opened: {error}")
                self._damaged[name] = error

    @classmethod
    def open(cls, settings: Settings, say: Say = lambda _: None) -> Self:
        """The collections of the data folder that the settings name.

        Raises:
            ConfigError, StoreError: the default collection cannot be opened.
        """
        folder = settings.data_path()
        endpoint = build_endpoint(settings.llm)
        with ExitStack() as opened:
            if endpoint:
                opened.callback(endpoint.close)
            default = open_service(folder, settings=settings, endpoint=endpoint, say=say)
            opened.callback(default.close)
            made = cls(default, folder, settings, say, endpoint)
            opened.pop_all()
            return made

    def service(self, name: str = DEFAULT) -> Service:
        """The service of a collection.

        Raises:
            CollectionNotFound: there is none of this name.
            StoreError, ConfigError: it could not be opened.
        """
        if found := self._open.get(name):
            return found
        if name in self._damaged:
            raise self._damaged[name]
        raise CollectionNotFound(name)

    @property
    def jobs(self) -> Jobs:
        """What stores documents in the background.

        Raises:
            StoreUnavailable: there is no data folder to keep jobs in.
        """
        if self._jobs is None:
            raise StoreUnavailable("there is no data folder, and so there are no jobs")
        return self._jobs

    def reindex(self, name: str, given: Own) -> Job:
        """A job that makes a collection's chunks anew, with these settings instead of its own.

        Raises:
            As `Rebuilds.begin`.
        """
        return self._rebuilds.begin(self.jobs, name, given)

    def roll_back(self, name: str) -> Collection:
        """Answer from a collection's chunks before the last reindexing.

        Raises:
            As `Rebuilds.roll_back`.
        """
        self._rebuilds.roll_back(self.jobs, name)
        return self.info(name)

    def rebuilding(self) -> list[Rebuilding]:
        """The collections whose chunks are being made anew."""
        return self._rebuilds.running()

    def start_jobs(self) -> None:
        """Go on with jobs that were interrupted, and run new ones as they come."""
        if self._jobs is not None:
            self._jobs.start()

    def names(self) -> list[str]:
        """Of all collections, `default` first."""
        return [DEFAULT, *sorted({*self._open, *self._damaged} - {DEFAULT})]

    def damaged(self) -> Mapping[str, Exception]:
        """Why collections could not be opened, by name."""
        return dict(self._damaged)

    def info(self, name: str) -> Collection:
        """What is known of a collection.

        Raises:
            CollectionNotFound: there is none of this name.
            StoreError, ConfigError: it could not be opened.
        """
        corpus = self.service(name).corpus
        documents, chunks = corpus.counts()
        return _described(name, documents, chunks, corpus.build(), self._own(name))

    def create(self, name: str, own: Own) -> Collection:
        """Make an empty collection.

        Args:
            name: up to 63 of a-z, 0-9, `-` and `_`, not beginning with the last two.
            own: settings by section (chunking, embedding, retrieval, evidence) and key.

        Raises:
            InvalidCollection: the name or the settings cannot be used.
            CollectionExists: the name is taken.
        """
        check_name(name)
        with_own(self._settings, own)
        with self._changing:
            if name in self.names():
                raise CollectionExists(name)
            parent = self._parent()
            if parent is None:
                raise InvalidCollection("name", "cannot be another one: there is no data folder")
            with new_folder(parent, name, own):
                self._open[name] = self._opened(name)
        return self.info(name)

    def delete(self, name: str) -> None:
        """Remove a collection with all its documents.

        Raises:
            CollectionNotFound: there is none of this name.
            InvalidCollection: it is the default one.
        """
        check_deletable(name)
        parent = self._parent()
        with self._changing:
            if parent is None or name not in self.names():
                raise CollectionNotFound(name)
            gone = hide_folder(parent, name)
            self._damaged.pop(name, None)
            if service := self._open.pop(name, None):
                service.close()
            shutil.rmtree(gone, ignore_errors=True)

    def warm(self) -> None:
        """Run all models once."""
        for service in list(self._open.values()):
            service.warm()

    def close(self) -> None:
        """Close all collections; jobs go on in the next process."""
        if self._jobs is not None:
            self._jobs.close()
        for service in self._open.values():
            service.close()
        if self._endpoint is not None:
            self._endpoint.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self, name: str) -> Service:
        settings = collection_settings(self._settings, name)
        return open_service(
            settings.collection_path(),
            settings=settings,
            endpoint=self._endpoint,
            say=self._say,
        )

    def _works(self) -> dict[str, Work]:
        return {INGEST: ingest_work(self._corpus), REINDEX: self._rebuilds.work}

    def _corpus(self, name: str) -> Corpus:
        return self.service(name).corpus

    def _settings_of(self, name: str) -> Settings:
        data = msgspec.structs.replace(self._settings.data, collection=DEFAULT)
        return collection_settings(msgspec.structs.replace(self._settings, data=data), name)

    def _own(self, name: str) -> Own:
        return own_settings(self._settings_of(name).collection_path()) if self._folder else {}

    def _stored(self) -> list[str]:
        """Collections on disk; those half made or half removed are cleared away."""
        parent = self._parent()
        if parent is None:
            return []
        clear_hidden(parent)
        return stored_names(parent)

    def _parent(self) -> Path | None:
        return self._folder and self._folder / COLLECTIONS


def known(settings: Settings, say: Say = lambda _: None) -> list[Collection]:
    """The collections of a data folder, read beside whoever has them open.

    Those that cannot be read are left out, and said.
    """
    found: list[Collection] = []
    for name in [DEFAULT, *stored_names(settings.data_path() / COLLECTIONS)]:
        try:
            here = collection_settings(settings, name)
            contents = glance(here.collection_path())
            own = own_settings(here.collection_path())
        except (StoreError, QAError) as error:
            say(f"The collection {name} cannot be read: {error}")
            continue
        if contents:
            found.append(_described(name, contents.documents, contents.chunks, contents.build, own))
    return found


def _described(name: str, documents: int, chunks: int, build: Build, own: Own) -> Collection:
    return Collection(
        name=name,
        documents=documents,
        chunks=chunks,
        embedder=build.settings["embedder"],
        chunk_tokens=int(build.settings["chunk_tokens"]),
        settings=own,
    )
