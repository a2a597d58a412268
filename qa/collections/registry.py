"""Collections: separate sets of documents, each with its own settings, in a folder each."""

import shutil
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from citespan.index.corpus import ChunkMaker
from citespan.index.disk import lock_for_writing
from citespan.index.errors import StoreCorrupt, StoreError
from citespan.index.jobs import SpooledFile
from citespan.index.jobs.types import Job
from citespan.qa.collections.feedback import LabelStore, Unanswered
from citespan.qa.collections.figures import Collection, Figures
from citespan.qa.collections.folders import check_deletable, discard, new_folder
from citespan.qa.collections.jobs import INGEST, Jobs
from citespan.qa.collections.kept_jobs import KeptJobs
from citespan.qa.collections.listing import listed
from citespan.qa.collections.rebuilds import REINDEX, Place, Rebuilding, Rebuilds
from citespan.qa.collections.rights import NOBODY
from citespan.qa.collections.shared import SharedList
from citespan.qa.collections.shelf import OPEN_MOST, Shelf
from citespan.qa.collections.slots import Slots
from citespan.qa.collections.syncs import SYNC, Syncs
from citespan.qa.collections.tasks import ingest_work
from citespan.qa.collections.use import Slot
from citespan.qa.composition import Say, audit_log, build_endpoint, open_service
from citespan.qa.errors import CollectionExists, CollectionGone, TooManyCollections
from citespan.qa.llm import Endpoint
from citespan.qa.service import Service
from citespan.qa.settings.overrides import Overrides, check_name, with_own
from citespan.qa.settings.sections import DEFAULT, Settings

MOST = 1000  # collections


class Collections(AbstractContextManager["Collections"]):
    """All collections of a data folder, each a `Service`. Safe for many threads.

    At most `OPEN_MOST` are open at once; idle ones are closed to open others. Inside `using`, all
    collections that are looked up stay open.

    Args:
        default: the default collection's service, or why it cannot be opened.
        folder: the data folder; without one, there is only the default collection.
        settings: what collections override.
        say: called with messages about long work, and about collections that cannot be opened.
        endpoint: the language model of all collections; `close` closes it.
        lock: the data folder's lock, if the default collection lacks it; `close` releases it.
        open_most: as for `Shelf`.
        maker: makes the chunks and vectors of all collections; the caller closes it.
    """

    def __init__(
        self,
        default: Service | StoreError,
        folder: Path | None = None,
        settings: Settings | None = None,
        say: Say = lambda _: None,
        endpoint: Endpoint | None = None,
        lock: FileLock | None = None,
        open_most: int = OPEN_MOST,
        maker: ChunkMaker | None = None,
    ) -> None:
        self._endpoint, self._say, self._lock = endpoint, say, lock
        self._settings = settings or Settings()
        self._changing = threading.RLock()
        self._rebuilds = Rebuilds(self._place_of, say)
        server = self._settings.store.at(DEFAULT) if folder else None
        self._shared = server and folder and SharedList(server, folder, self._changing)
        db = self._shared.db if self._shared else None
        self._slots = Slots(
            folder=folder, settings=self._settings, endpoint=endpoint, say=say, db=db, maker=maker
        )
        self._shelf = Shelf(self._slots.figures_of, open_most, self._follow)
        for slot in (self._slots.default(default), *self._slots.stored()):
            self._shelf.add(slot)
        self._shelf.open_all(say)
        log = audit_log(self._settings)
        self._syncs = Syncs(folder, self._settings, self, self._service_of, log, db)
        works = {INGEST: ingest_work(self._service_of, log), REINDEX: self._rebuilds.work}
        self._jobs = KeptJobs(folder, {**works, SYNC: self._syncs.work}, server)

    @classmethod
    def open(
        cls,
        settings: Settings,
        say: Say = lambda _: None,
        *,
        open_most: int = OPEN_MOST,
        maker: ChunkMaker | None = None,
    ) -> Self:
        """Open the collections of the data folder that the settings name.

        Raises:
            ConfigError, StoreError: the default collection cannot be opened. If it is damaged, this
                is raised only if no other collection can be opened either.
        """
        folder = settings.data_path()
        endpoint = build_endpoint(settings.llm)
        with ExitStack() as opened:
            if endpoint:
                opened.callback(endpoint.close)
            lock = None
            try:
                default = open_service(
                    folder, settings=settings, endpoint=endpoint, maker=maker, say=say
                )
                opened.callback(default.close)
            except StoreCorrupt as error:
                default, lock = error, lock_for_writing(folder)
                opened.callback(lock.release)
            made = cls(default, folder, settings, say, endpoint, lock, open_most, maker)
            if isinstance(default, StoreError) and len(made.damaged()) == len(made.names()):
                raise default
            opened.pop_all()
            return made

    def service(self, name: str = DEFAULT) -> Service:
        """Return the service of a collection.

        Raises:
            CollectionNotFound: no collection has this name.
            CollectionsBusy: the maximum number of collections is in use.
            StoreError, ConfigError: the collection cannot be opened.
        """
        return self._shelf.service(self._shelf.slot(name))

    @property
    def jobs(self) -> Jobs:
        """The jobs, which store documents in the background.

        Raises:
            StoreUnavailable: there is no data folder for jobs, or the jobs cannot be opened.
            JobsDamaged: the file of the jobs is damaged.
        """
        return self._jobs.get()

    @property
    def syncs(self) -> Syncs:
        """The sources, and their syncs."""
        return self._syncs

    @property
    def jobs_error(self) -> StoreError | None:
        """Why the jobs cannot be opened, or the damage that is known in them."""
        return self._jobs.error

    def submit(
        self,
        name: str,
        entries: Iterable[SpooledFile],
        arguments: Mapping[str, Any] = NOBODY,
        kind: str = INGEST,
    ) -> Job:
        """Submit a job that stores files, only in this collection, even if its name is reused.

        Its `arguments` say for whom, and which groups may see the documents.

        Raises:
            As `service` and `jobs`.
            JobsFull: too many jobs have not ended.
        """
        slot = self._shelf.slot(name)
        self._shelf.service(slot)
        return self.jobs.submit(entries, name, kind, arguments, collection_id=slot.identity)

    def reindex(self, name: str, given: Overrides) -> Job:
        """Submit a job that reindexes a collection; errors as `service` and `Rebuilds.begin`."""
        return self._rebuilds.begin(self.jobs, self._place(self._shelf.slot(name)), given)

    def roll_back(self, name: str) -> Collection:
        """Roll a collection back to its chunks before the last reindexing.

        Errors are those of `service` and `Rebuilds.roll_back`.
        """
        self._rebuilds.roll_back(self.jobs, self._place(self._shelf.slot(name)))
        return self.info(name)

    def labels(self, name: str) -> LabelStore:
        """Return what people said of a collection's answers; errors are those of `service`."""
        return LabelStore(self._slots.feedback(name), self.service(name).corpus.get)

    def unanswered(self, name: str) -> Unanswered:
        """Return the kept questions that a collection could not answer; errors as `service`."""
        return self._slots.unanswered(self._shelf.slot(name).name)

    def rebuilding(self) -> list[Rebuilding]:
        """Return the collections that are being reindexed."""
        return self._rebuilds.running()

    def start_jobs(self) -> None:
        """Continue interrupted jobs, and run new ones as they come."""
        try:
            self._jobs.start()
            self._syncs.start()
        except StoreError as error:
            self._say(f"Jobs cannot be run: {error}")
        if self._shared:
            self._shared.start(self._look)

    def names(self) -> list[str]:
        """Return the names of all collections, `default` first."""
        return [slot.name for slot in self._shelf.slots()]

    def damaged(self) -> Mapping[str, Exception]:
        """Return why collections could not be opened, by name."""
        return {slot.name: slot.error for slot in self._shelf.slots() if slot.error}

    def info(self, name: str) -> Collection:
        """Return the facts about a collection; errors as `service`."""
        return self._shelf.figures(self._shelf.slot(name)).collection

    def figures(self) -> list[Figures]:
        """Return the figures of all collections, except unreadable ones and ones being deleted."""
        return self._shelf.all_figures()

    def condition(self) -> tuple[int, int, str | None]:
        """Return counts and faults as `Shelf.condition`, without waiting for the disk."""
        return self._shelf.condition()

    def create(self, name: str, own: Overrides) -> Collection:
        """Create an empty collection.

        Args:
            name: up to 63 of a-z, 0-9, `-` and `_`, not beginning with the last two.
            own: settings by section (chunking, embedding, retrieval, evidence) and key.

        Raises:
            InvalidCollection: the name or the settings are invalid.
            CollectionExists: the name is taken.
            TooManyCollections: there are `MOST` collections.
            StoreError: the collection cannot be written.
        """
        check_name(name)
        with_own(self._settings, own)
        with self._changing:
            if name in (taken := self.names()):
                raise CollectionExists(name)
            if len(taken) >= MOST:
                raise TooManyCollections(MOST)
            parent, server = self._slots.parent_of(name), self._settings.store.at(DEFAULT)
            with listed(server, name, own) as made, new_folder(parent, name, own, made):
                slot = self._slots.slot(parent, name)
                self._shelf.service(slot)
                self._shelf.add(slot)
        return self.info(name)

    def delete(self, name: str) -> None:
        """Delete a collection with all its documents, and cancel what its jobs have not stored.

        Raises:
            InvalidCollection: it is the default collection.
            StoreUnavailable: the collection cannot be deleted, and is kept.
        """
        check_deletable(name)
        with self._changing:
            slot, parent = self._shelf.slot(name), self._slots.parent_of(name)
            hidden = self._shelf.remove(slot, partial(discard, self._settings, parent, name))
        self._rebuilds.forget(slot.identity)
        self._jobs.cancel_all(slot.identity, str(CollectionGone(name)))
        shutil.rmtree(hidden, ignore_errors=True)

    def warm(self) -> None:
        """Run the models of all open collections once."""
        for slot in self._shelf.slots():
            if service := slot.service:
                service.warm()

    def close(self) -> None:
        """Close all collections; the next process continues the jobs."""
        if self._shared:
            self._shared.close()
        self._syncs.close()
        self._jobs.close()
        self._shelf.close()
        if self._endpoint is not None:
            self._endpoint.close()
        if self._lock is not None:
            self._lock.release()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _place_of(self, job: Job) -> Place:
        return self._place(self._shelf.slot(job.collection, job.collection_id))

    def _place(self, slot: Slot) -> Place:
        corpus, settings = self._shelf.service(slot).corpus, self._slots.settings_of(slot.name)
        return Place(name=slot.name, identity=slot.identity, corpus=corpus, settings=settings)

    def _service_of(self, job: Job) -> Service:
        return self._shelf.service(self._shelf.slot(job.collection, job.collection_id))

    def _look(self) -> None:
        """Take up what other servers have changed."""
        self._jobs.look()
        self._follow()
        self._shelf.refresh()

    def _follow(self) -> None:
        if self._shared:
            self._shared.follow(self._shelf, self._slots)
