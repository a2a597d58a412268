"""Chunks of collections made anew while they answer: in the background, and back at once."""

import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from index import Corpus
from index.errors import BuildInUse, StoreMismatch
from index.jobs import FileOutcome, Job
from qa.build import Say
from qa.errors import InvalidCollection, ReindexRunning
from qa.jobs import Jobs, Stopped, Task
from qa.ownsettings import Own, merged, noted
from qa.reindex import Reindexing, going_back
from qa.settings import Settings

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


class Rebuilds:
    """Reindexes collections, each once at a time. Safe for many threads.

    Args:
        corpus_of: the open corpus of a collection; raises if there is none.
        settings_of: what holds in a collection, but for what its chunks were made with since.
        say: told, in words, about work that takes a while.
    """

    def __init__(
        self,
        corpus_of: Callable[[str], Corpus],
        settings_of: Callable[[str], Settings],
        say: Say = lambda _: None,
    ) -> None:
        self._corpus_of = corpus_of
        self._settings_of = settings_of
        self._say = say
        self._beginning = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[str, Rebuilding] = {}

    def begin(self, jobs: Jobs, name: str, given: Own) -> Job:
        """A job that makes a collection's chunks anew and then answers from them.

        Args:
            jobs: runs it, with `work`.
            name: of the collection.
            given: settings of `chunking` and `embedding`; what is not given stays as it is.

        Raises:
            CollectionNotFound: there is none of this name.
            ReindexRunning: another such job of it is not done.
            BuildInUse: the chunks are made so already.
            InvalidCollection: a setting cannot be used.
            ModelUnavailable: the embedder cannot be loaded.
        """
        corpus, settings = self._corpus_of(name), self._settings_of(name)
        folder = settings.collection_path()
        own = merged(noted(folder), given)
        with self._beginning:
            _check_none_runs(jobs, name)
            if "model" in given.get("embedding", {}):
                _check_model(given["embedding"]["model"], settings)
            try:
                made = Reindexing(corpus, settings, own, self._say)
            except StoreMismatch as error:
                raise InvalidCollection("chunking.max_tokens", str(error)) from error
            if made.settings == corpus.build().settings:
                raise BuildInUse
            return jobs.submit([], name, REINDEX, own)

    def work(self, task: Task) -> None:
        """The work of such a job; begun again, it goes on where it was."""
        name = task.job.collection
        corpus, settings = self._corpus_of(name), self._settings_of(name)
        own = task.job.arguments
        with self._locks[name], suppress(BuildInUse):  # it was killed after the switch
            made = Reindexing(corpus, settings, own, self._say)
            try:
                with self._told(name, task.job.id):
                    for done, documents in made.fill(task.progress):
                        self._tell(name, task.job.id, done, documents)
                        task.count(FileOutcome.REINDEXED, done, documents)
                    made.switch()
            except Stopped:
                if task.is_cancelled():
                    corpus.builds.drop_unfinished()
                raise
        documents, chunks = corpus.counts()
        task.count(FileOutcome.REINDEXED, documents, documents, chunks)

    def roll_back(self, jobs: Jobs, name: str) -> None:
        """Answer from the chunks before the last reindexing, once what they lack is made.

        Raises:
            CollectionNotFound: there is none of this name.
            ReindexRunning: the collection is being reindexed.
            NoEarlierChunks: it was not reindexed before.
            ModelUnavailable: the embedder of those chunks is gone.
        """
        corpus, settings = self._corpus_of(name), self._settings_of(name)
        with self._beginning:
            _check_none_runs(jobs, name)
            if not self._locks[name].acquire(blocking=False):
                raise ReindexRunning(name)
        try:
            made = going_back(corpus, settings, self._say)
            with self._told(name, None):
                for done, documents in made.fill():
                    self._tell(name, None, done, documents)
                made.switch()
        finally:
            self._locks[name].release()

    def running(self) -> list[Rebuilding]:
        """The collections whose chunks are being made anew."""
        return list(self._running.values())

    @contextmanager
    def _told(self, name: str, job_id: str | None) -> Generator[None]:
        self._tell(name, job_id, 0, self._corpus_of(name).counts()[0])
        try:
            yield
        finally:
            del self._running[name]

    def _tell(self, name: str, job_id: str | None, done: int, documents: int) -> None:
        self._running[name] = Rebuilding(
            collection=name, documents_done=done, documents=documents, job_id=job_id
        )


def _check_none_runs(jobs: Jobs, name: str) -> None:
    for job in jobs.jobs():
        if job.kind == REINDEX and job.collection == name and job.finished_at is None:
            raise ReindexRunning(name, job.id)


def _check_model(model: str, settings: Settings) -> None:
    """A client names no models but those that whoever runs the service has named."""
    listed = (one.strip() for one in settings.serve.models.split(","))
    if model not in {settings.embedding.model, *listed}:
        raise InvalidCollection("embedding.model", "is none of those in `serve.models`")
