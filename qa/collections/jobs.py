"""Jobs: work that continues after the request that submitted it, and after a crash."""

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from citespan.index.errors import StoreError, StoreFull, StoreLocked, StoreUnavailable
from citespan.index.jobs import JobStore, SpooledFile
from citespan.index.jobs.types import Job, JobFile, JobState
from citespan.index.reading import stop_reading
from citespan.qa.collections.tasks import Current, Stopped, Task, Work
from citespan.qa.collections.use import using
from citespan.qa.errors import CollectionNotFound, CollectionsBusy, SourceNotFound

INGEST = "ingest"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0  # before trying again; doubled each time
_CLOSING_S = 30.0  # how long `close` waits for the running work

_log = logging.getLogger("citespan.jobs")


class Jobs:
    """A runner of jobs, one after another, on its own thread. Safe for many threads.

    Args:
        store: stores the jobs; `close` closes it.
        works: the work for each kind of job. A work may be restarted at any point, and then
            continues from what the task has recorded. It reports often, so that it can be stopped.
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
        """Continue interrupted jobs; from then on, run jobs as they come."""
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
        """Submit a new job, which survives a crash once this returns.

        Args:
            entries: the files, taken one at a time.
            collection: the name of the collection that the files are stored in.
            kind: a kind that `works` has.
            arguments: other arguments of the work, of JSON types.
            collection_id: the identity of the collection.

        Raises:
            JobsFull: too many jobs have not ended.
        """
        job = self._store.submit(kind, collection, entries, arguments, collection_id=collection_id)
        self._notify()
        return job

    @property
    def version(self) -> int:
        """A number that grows whenever a job changes."""
        return self._version

    def job(self, job_id: str) -> tuple[Job, Current | None]:
        """Return a job, and what it works on if it is running.

        Raises:
            JobNotFound: no job has this id.
        """
        current = self._current if self._running == job_id else None
        job = self._store.job(job_id)
        return job, None if job.finished_at else current

    def jobs(self) -> list[Job]:
        """Return all jobs, the newest first."""
        return self._store.jobs()

    def files(self, job_id: str) -> list[JobFile]:
        """Return the files of a job, in the order they were sent."""
        return self._store.files(job_id)

    def cancel(self, job_id: str) -> Job:
        """Cancel what a job has not stored yet; if the job has ended, change nothing.

        Raises:
            JobNotFound: no job has this id.
        """
        self._store.job(job_id)
        self._cancel(job_id)
        return self._store.job(job_id)

    def cancel_all(self, collection_id: str, reason: str) -> None:
        """Cancel what the jobs of a collection have not stored yet, and record the reason."""
        for job in self._store.unended(collection_id):
            self._cancel(job.id, reason)

    @property
    def damage(self) -> StoreError | None:
        """The damage that was found in the jobs since the start."""
        return self._store.damage

    def close(self) -> None:
        """Stop between two batches of chunks; the next process continues from there."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        stop_reading()
        if self._started:
            self._thread.join(_CLOSING_S)
        self._store.close()

    def _cancel(self, job_id: str, reason: str | None = None) -> None:
        with self._changed:
            running = self._running == job_id
            self._store.cancel(job_id, running=running, reason=reason)
            self._cancelled = self._cancelled or running
        self._notify()

    def _work_on(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._closing:
            seen = self._version
            try:
                if not self._run_next():
                    self._wait(seen)
                pause_s = _FIRST_PAUSE_S
            except StoreError:
                _log.exception("a job was interrupted; it continues in %.0f s", pause_s)
                self._wait(seen, pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _run_next(self) -> bool:
        """Run the oldest job, if any; return whether there was one."""
        with self._changed:
            job = self._store.next()
            if job is None or self._closing:
                return False
            self._current, self._cancelled, self._running = None, False, job.id
        try:
            if not self._store.begin(job.id):
                self._cancelled = True
                raise Stopped
            self._notify()
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
            self._store.release()
            self._notify()
        return True

    def _run(self, job: Job) -> tuple[JobState, str | None]:
        try:
            with using():
                said = self._works[job.kind](Task(job, self._store, self._progress))
        except Stopped:
            raise
        except (StoreUnavailable, StoreLocked, CollectionsBusy) as error:
            with suppress(StoreError):  # the same disk may be full; the error is logged in any case
                self._store.explain(job.id, _waiting(error))
            if isinstance(error, CollectionsBusy):
                raise StoreUnavailable(str(error)) from error
            raise
        except (CollectionNotFound, SourceNotFound) as error:
            return JobState.CANCELLED, str(error)
        except Exception:  # noqa: BLE001  (logged, and recorded as the reason)
            _log.exception("job %s failed", job.id)
            return JobState.FAILED, "an internal error occurred; the log has it under this job's id"
        return JobState.DONE, said

    def _progress(self, current: Current | None) -> None:
        if current is None or current.chunks:  # 0 while a text is cut: there is nothing to tell yet
            self._current = current
            self._notify()
        running = self._running
        if running and not self._store.runs(running, now=current is None):
            self._cancelled = True
        if self._closing or self._cancelled:
            raise Stopped

    def look(self) -> None:
        """Look for what other processes have changed in the jobs."""
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _wait(self, seen: int, timeout_s: float | None = None) -> None:
        """Wait until something changes; with a timeout, until it passes or `close` is called."""
        with self._changed:
            if timeout_s is None:
                self._changed.wait_for(lambda: self._closing or self._version != seen)
            else:
                self._changed.wait_for(lambda: self._closing, timeout_s)


def _waiting(error: Exception) -> str:
    """Return what a job waits for, in words for clients."""
    if isinstance(error, StoreFull):
        return "the disk is full; the job is retried"
    if isinstance(error, StoreLocked):
        return "another process is writing to the collection; the job is retried"
    return "storage is unavailable; the job is retried"
