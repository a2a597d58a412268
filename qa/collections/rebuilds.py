"""Chunks of collections made anew while they answer: in the background, and back at once."""

import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from citespan.index import Corpus
from citespan.index.errors import BuildInUse, StoreMismatch
from citespan.index.jobs.types import FileOutcome, Job
from citespan.qa.collections.jobs import Jobs, Stopped, Task
from citespan.qa.collections.reindexing import Reindexing, going_back
from citespan.qa.composition import Say
from citespan.qa.errors import InvalidCollection, ReindexRunning
from citespan.qa.settings.overrides import Overrides, allowed_models, merged, noted
from citespan.qa.settings.sections import Settings

REINDEX = "reindex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """A collection whose chunks are being made anew: how many documents are done, of how many.

    job_id: none if it goes back to the chunks before.
    """

    collection: str
    documents_done: int
    documents: int
    job_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An open collection, and what holds there but for what its chunks were made with since."""

    name: str
    identity: str
    corpus: Corpus
    settings: Settings


class Rebuilds:
    """Reindexes collections, each once at a time. Safe for many threads.

    Args:
        place_of: the collection that a job was sent to; raises if there is none any more.
        say: told, in words, about work that takes a while.
    """

    def __init__(self, place_of: Callable[[Job], Place], say: Say = lambda _: None) -> None:
        self._place_of = place_of
        self._say = say
        self._beginning = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[str, Rebuilding] = {}

    def begin(self, jobs: Jobs, place: Place, given: Overrides) -> Job:
        """A job that makes a collection's chunks anew and then answers from them.

        Args:
            jobs: runs it, with `work`.
            place: the collection.
            given: settings of `chunking` and `embedding`; what is not given stays as it is.

        Raises:
            ReindexRunning: another such job of it is not done.
            BuildInUse: the chunks are made so already.
            InvalidCollection: a setting cannot be used.
            ModelUnavailable: the embedder cannot be loaded.
        """
        corpus, settings = place.corpus, place.settings
        folder = settings.collection_path()
        own = merged(noted(folder), given)
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
        """The work of such a job; begun again, it goes on where it was."""
        place = self._place_of(task.job)
        corpus, settings = place.corpus, place.settings
        own = task.job.arguments
        with self._locks[place.identity], suppress(BuildInUse):  # it was killed after the switch
            made = Reindexing(corpus, settings, own, self._say)
            try:
                with self._told(place, task.job.id):
                    for done, documents in made.fill(task.progress):
                        self._tell(place, task.job.id, done, documents)
                        task.count(FileOutcome.REINDEXED, done, documents)
                    made.switch()
            except Stopped:
                if task.is_cancelled():
                    corpus.builds.drop_unfinished()
                raise
        documents, chunks = corpus.counts()
        task.count(FileOutcome.REINDEXED, documents, documents, chunks)

    def roll_back(self, jobs: Jobs, place: Place) -> None:
        """Answer from the chunks before the last reindexing, once what they lack is made.

        Raises:
            ReindexRunning: the collection is being reindexed.
            NoEarlierChunks: it was not reindexed before.
            ModelUnavailable: the embedder of those chunks is gone.
        """
        corpus, settings = place.corpus, place.settings
        with self._beginning:
            _check_none_runs(jobs, place)
            if not self._locks[place.identity].acquire(blocking=False):
                raise ReindexRunning(place.name)
        try:
            made = going_back(corpus, settings, self._say)
            with self._told(place, None):
                for done, documents in made.fill():
                    self._tell(place, None, done, documents)
                made.switch()
        finally:
            self._locks[place.identity].release()

    def forget(self, identity: str) -> None:
        """Keep nothing of a collection that is deleted."""
        self._locks.pop(identity, None)

    def running(self) -> list[Rebuilding]:
        """The collections whose chunks are being made anew."""
        return list(self._running.values())

    @contextmanager
    def _told(self, place: Place, job_id: str | None) -> Generator[None]:
        self._tell(place, job_id, 0, place.corpus.counts()[0])
        try:
            yield
        finally:
            del self._running[place.identity]

    def _tell(self, place: Place, job_id: str | None, done: int, documents: int) -> None:
        self._running[place.identity] = Rebuilding(
            collection=place.name, documents_done=done, documents=documents, job_id=job_id
        )


def _check_none_runs(jobs: Jobs, place: Place) -> None:
    for job in jobs.jobs():
        if job.kind == REINDEX and job.collection_id == place.identity and job.finished_at is None:
            raise ReindexRunning(place.name, job.id)


def check_model(model: str, settings: Settings) -> None:
    """Refuse a model that whoever runs the service has not named.

    Raises:
        InvalidCollection: it is none of those.
    """
    if model not in allowed_models(settings):
        raise InvalidCollection("embedding.model", "is none of those in `serve.models`")
