"""Reindexing of collections while they answer: a job reindexes, a roll-back runs at once."""

import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from citespan.index import Corpus
from citespan.index.errors import BuildInUse, StoreMismatch
from citespan.index.jobs.types import FileOutcome, Job
from citespan.qa.collections.jobs import Jobs
from citespan.qa.collections.reindexing import Reindexing, going_back
from citespan.qa.collections.tasks import Stopped, Task
from citespan.qa.composition import Say
from citespan.qa.errors import InvalidCollection, ReindexRunning
from citespan.qa.settings.overrides import Overrides, allowed_models, merged, recorded
from citespan.qa.settings.sections import Settings

REINDEX = "reindex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """A collection that is being reindexed: its documents done, and all its documents.

    job_id: the job that reindexes; None if the collection is being rolled back.
    """

    collection: str
    documents_done: int
    documents: int
    job_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An open collection with its settings, without those recorded at a reindex."""

    name: str
    identity: str
    corpus: Corpus
    settings: Settings


class Rebuilds:
    """The reindexing of collections, one run at a time for each. Safe for many threads.

    Args:
        place_of: returns the collection that a job was sent to; raises if it was deleted.
        say: called with a message about work that takes a while.
    """

    def __init__(self, place_of: Callable[[Job], Place], say: Say = lambda _: None) -> None:
        self._place_of = place_of
        self._say = say
        self._beginning = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[str, Rebuilding] = {}

    def begin(self, jobs: Jobs, place: Place, given: Overrides) -> Job:
        """Submit a job that rebuilds a collection's chunks and then switches to them.

        Args:
            jobs: runs the job, with `work`.
            place: the collection.
            given: settings of `chunking` and `embedding`; others keep their values.

        Raises:
            ReindexRunning: another reindex job of the collection has not ended.
            BuildInUse: the chunks already have these settings.
            InvalidCollection: a setting is invalid.
            ModelUnavailable: the embedder cannot be loaded.
        """
        corpus, settings = place.corpus, place.settings
        folder = settings.collection_path()
        own = merged(recorded(folder, settings.server()), given)
        with self._beginning:
            _check_none_runs(jobs, place)
            if "model" in given.get("embedding", {}):
                check_model(given["embedding"]["model"], settings)
            try:
                made = Reindexing(corpus, settings, own, self._say)
            except StoreMismatch as error:
                raise InvalidCollection("chunking.max_tokens", str(error)) from error
            if made.settings == corpus.build().settings:
                raise BuildInUse
            return jobs.submit([], place.name, REINDEX, own, collection_id=place.identity)

    def work(self, task: Task) -> None:
        """Run a reindex job; if it is restarted, it continues where it stopped."""
        place = self._place_of(task.job)
        corpus, settings = place.corpus, place.settings
        own = task.job.arguments
        with self._locks[place.identity], suppress(BuildInUse):  # killed after the switch
            made = Reindexing(corpus, settings, own, self._say)
            try:
                with self._tracked(place, task.job.id):
                    for done, documents in made.fill(task.progress):
                        self._track(place, task.job.id, done, documents)
                        task.count(FileOutcome.REINDEXED, done, documents)
                    made.switch()
            except Stopped:
                if task.is_cancelled():
                    corpus.builds.drop_unfinished()
                raise
        documents, chunks = corpus.counts()
        task.count(FileOutcome.REINDEXED, documents, documents, chunks)

    def roll_back(self, jobs: Jobs, place: Place) -> None:
        """Complete the chunks before the last reindexing, and switch to them.

        Raises:
            ReindexRunning: the collection is being reindexed.
            NoEarlierChunks: the collection was not reindexed before.
            ModelUnavailable: the embedder of those chunks is missing.
        """
        corpus, settings = place.corpus, place.settings
        with self._beginning:
            _check_none_runs(jobs, place)
            if not self._locks[place.identity].acquire(blocking=False):
                raise ReindexRunning(place.name)
        try:
            made = going_back(corpus, settings, self._say)
            with self._tracked(place, None):
                for done, documents in made.fill():
                    self._track(place, None, done, documents)
                made.switch()
        finally:
            self._locks[place.identity].release()

    def forget(self, identity: str) -> None:
        """Drop the lock of a deleted collection."""
        self._locks.pop(identity, None)

    def running(self) -> list[Rebuilding]:
        """Return the collections that are being reindexed."""
        return list(self._running.values())

    @contextmanager
    def _tracked(self, place: Place, job_id: str | None) -> Generator[None]:
        self._track(place, job_id, 0, place.corpus.counts()[0])
        try:
            yield
        finally:
            del self._running[place.identity]

    def _track(self, place: Place, job_id: str | None, done: int, documents: int) -> None:
        self._running[place.identity] = Rebuilding(
            collection=place.name, documents_done=done, documents=documents, job_id=job_id
        )


def _check_none_runs(jobs: Jobs, place: Place) -> None:
    for job in jobs.jobs():
        if job.kind == REINDEX and job.collection_id == place.identity and job.finished_at is None:
            raise ReindexRunning(place.name, job.id)


def check_model(model: str, settings: Settings) -> None:
    """Check that the operator of the service allows a model.

    Raises:
        InvalidCollection: the model is not allowed.
    """
    if model not in allowed_models(settings):
        raise InvalidCollection(
            "embedding.model", "is not allowed; the operator can add it to `serve.models`"
        )
