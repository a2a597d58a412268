"""Jobs: work that goes on after the request that asked for it, and after a crash."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from citespan.index import Corpus
from citespan.index.errors import StoreError, StoreFull, StoreLocked, StoreUnavailable
from citespan.index.jobs import JobStore, SpooledFile
from citespan.index.jobs.types import FileOutcome, FileResult, Job, JobFile, JobState
from citespan.qa.collections.use import using
from citespan.qa.errors import CollectionNotFound, CollectionsBusy
from citespan.qa.ingest import Seen, Source, ingest

INGEST = "ingest"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0  # before trying again; doubled each time
_CLOSING_S = 30.0  # how long closing waits for the work that runs

_log = logging.getLogger("citespan.jobs")


class Stopped(Exception):
    """Raised out of the work of a job that is cancelled, or whose process ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What a job is at, a file or a document: how many of its chunks are embedded, of how many."""

    name: str
    chunks_done: int
    chunks: int


class Task:
    """A running job as its work sees it.

    Args:
        job: what is to be done.
        store: where it is kept.
        on_progress: told what the job is at; may raise Stopped.
    """

    def __init__(
        self, job: Job, store: JobStore, on_progress: Callable[[Current | None], None]
    ) -> None:
        self.job = job
        self._store = store
        self._on_progress = on_progress

    def stored(self) -> Seen:
        """What the job had stored before it was interrupted."""
        seen = Seen()
        for file in self._store.files(self.job.id):
            if file.result and file.result.sha256 and file.result.document_id:
                seen.add(file.result.sha256, file.result.document_id, file.name)
        return seen

    def sources(self) -> Iterator[Source]:
        """The files that have no outcome yet."""
        for piece in self._store.waiting(self.job.id):
            read = partial(self._store.draft, self.job.id, piece)
            yield Source(number=piece.number, name=piece.name, read=read)

    def record(self, source: Source, result: FileResult) -> None:
        """Keep what became of a file; may raise Stopped, after that."""
        self._store.record(self.job.id, source.number, result)
        self._on_progress(None)

    def count(self, outcome: FileOutcome, done: int, of: int, chunks: int = 0) -> None:
        """Keep how many documents are done where there are no files; may raise Stopped then."""
        self._store.count(self.job.id, outcome, done, of, chunks)
        self._on_progress(None)

    def progress(self, name: str, done: int, total: int) -> None:
        """Tell how many chunks of a file or document are embedded; may raise Stopped."""
        self._on_progress(Current(name=name, chunks_done=done, chunks=total))

    def is_cancelled(self) -> bool:
        """Whether it is not to go on, in the next process neither."""
        return self._store.job(self.job.id).state is JobState.CANCELLED


Work: TypeAlias = Callable[[Task], None]


def ingest_work(corpus_of: Callable[[Job], Corpus]) -> Work:
    """The work of storing a job's files in the corpus of its collection."""

    def work(task: Task) -> None:
        ingest(
            corpus_of(task.job),
            task.sources(),
            seen=task.stored(),
            on_result=task.record,
            on_chunks=lambda source, done, total: task.progress(source.name, done, total),
        )

    return work


class Jobs:
    """Runs jobs one after another, on a thread of its own. Safe for many threads.

    Args:
        store: where jobs are kept; closed here.
        works: what is done for each kind of job. It may be begun again at any point, goes on
            from what the task says, and reports often, so that it can be stopped.
    """

    def __init__(self, store: JobStore, works: Mapping[str, Work]) -> None:
        self._store = store
        self._works = works
        self._changed = threading.Condition()
        self._version = 0
        self._running: str | None = None
        self._current: Current | None = None
        self._cancelled = False
        self._closing = False
        self._thread = threading.Thread(target=self._work_on, name="jobs", daemon=True)
        self._started = False

    def start(self) -> None:
        """Go on with what was left undone; from then on jobs run as they come."""
        with self._changed:
            if not self._started and not self._closing:
                self._started = True
                self._thread.start()

    def submit(
        self,
        entries: Iterable[SpooledFile],
        collection: str,
        kind: str = INGEST,
        arguments: Mapping[str, Any] = MappingProxyType({}),
        *,
        collection_id: str = "",
    ) -> Job:
        """A new job, which survives a crash when this returns.

        Args:
            entries: the files, taken one at a time.
            collection: whose documents they are to become.
            kind: one that there is a work for.
            arguments: what the work needs to know besides, as JSON has it.
            collection_id: the identity of the collection.

        Raises:
            JobsFull: too many jobs have not ended.
        """
        job = self._store.submit(kind, collection, entries, arguments, collection_id=collection_id)
        self._tell()
        return job

    @property
    def version(self) -> int:
        """Grows whenever a job changes."""
        return self._version

    def job(self, job_id: str) -> tuple[Job, Current | None]:
        """A job, and what it is at if it runs.

        Raises:
            JobNotFound: there is none.
        """
        current = self._current if self._running == job_id else None
        return self._store.job(job_id), current

    def jobs(self) -> list[Job]:
        """All jobs, the newest first."""
        return self._store.jobs()

    def files(self, job_id: str) -> list[JobFile]:
        """The files of a job, in the order they were sent."""
        return self._store.files(job_id)

    def cancel(self, job_id: str) -> Job:
        """Leave out what a job has not stored yet; one that has ended stays as it is.

        Raises:
            JobNotFound: there is none.
        """
        self._store.job(job_id)
        self._cancel(job_id)
        return self._store.job(job_id)

    def cancel_all(self, collection_id: str, reason: str) -> None:
        """Leave out what the jobs of a collection have not stored yet, and say why."""
        for job in self._store.unended(collection_id):
            self._cancel(job.id, reason)

    @property
    def damage(self) -> StoreError | None:
        """What was found damaged of the jobs since the start."""
        return self._store.damage

    def close(self) -> None:
        """Stop soon, between two batches of chunks; the next process goes on from there."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._started:
            self._thread.join(_CLOSING_S)
        self._store.close()

    def _cancel(self, job_id: str, reason: str | None = None) -> None:
        with self._changed:
            running = self._running == job_id
            self._store.cancel(job_id, running=running, reason=reason)
            self._cancelled = self._cancelled or running
        self._tell()

    def _work_on(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._closing:
            seen = self._version
            try:
                if not self._run_next():
                    self._wait(seen)
                pause_s = _FIRST_PAUSE_S
            except StoreError:
                _log.exception("a job was interrupted; it goes on in %.0f s", pause_s)
                self._wait(seen, pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _run_next(self) -> bool:
        """Run the oldest job, if there is one."""
        with self._changed:
            job = self._store.next()
            if job is None or self._closing:
                return False
            self._running, self._cancelled, self._current = job.id, False, None
        try:
            self._store.begin(job.id)
            self._tell()
            state, reason = self._run(job)
            with self._changed:
                self._store.finish(job.id, JobState.CANCELLED if self._cancelled else state, reason)
        except Stopped:
            with self._changed:
                if self._cancelled:
                    self._store.finish(job.id, JobState.CANCELLED)
        finally:
            with self._changed:
                self._running = None
            self._tell()
        return True

    def _run(self, job: Job) -> tuple[JobState, str | None]:
        try:
            with using():
                self._works[job.kind](Task(job, self._store, self._progress))
        except Stopped:
            raise
        except (StoreUnavailable, StoreLocked, CollectionsBusy) as error:
            with suppress(StoreError):  # the same disk may be full; the log has it in any case
                self._store.explain(job.id, _waiting(error))
            if isinstance(error, CollectionsBusy):
                raise StoreUnavailable(str(error)) from error
            raise
        except CollectionNotFound as error:
            return JobState.CANCELLED, str(error)
        except Exception:  # noqa: BLE001  (logged, and told)
            _log.exception("job %s failed", job.id)
            return JobState.FAILED, "something went wrong here; the log has it under this job's id"
        return JobState.DONE, None

    def _progress(self, current: Current | None) -> None:
        self._current = current
        self._tell()
        if self._closing or self._cancelled:
            raise Stopped

    def _tell(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _wait(self, seen: int, timeout_s: float | None = None) -> None:
        """Until something has changed; with a timeout, until it is over or this is closed."""
        with self._changed:
            if timeout_s is None:
                self._changed.wait_for(lambda: self._closing or self._version != seen)
            else:
                self._changed.wait_for(lambda: self._closing, timeout_s)


def _waiting(error: Exception) -> str:
    """What a job waits for, as clients may know it."""
    if isinstance(error, StoreFull):
        return "there is no room on the disk; it is tried again"
    if isinstance(error, StoreLocked):
        return "another process is writing to the collection; it is tried again"
    return "storage is unavailable; it is tried again"
