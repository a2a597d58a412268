"""Jobs on a server: each is run by one process at a time, and by another if that one dies."""

import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

from citespan.index.catalogue import CatalogueServer
from citespan.index.catalogue.postgres import (
    Connections,
    ServerConnection,
    ServerDatabase,
    translated,
)
from citespan.index.errors import StoreCorrupt, StoreError
from citespan.index.jobs import (
    JobsReport,
    JobStore,
    SpooledFile,
    SpooledUpload,
    SpoolSlice,
    slice_of,
    unpacked,
)
from citespan.index.jobs.types import Job, JobState
from citespan.index.reading import ReadFile
from citespan.index.shared.tables import SCHEMA, open_shared

_RUNNING = 0x6369_746A  # of the advisory locks of collections whose jobs are run: "citj"
_NAME = "the jobs on the server"
_FRESH_S = 0.2  # what was asked so shortly ago is not asked again
_LOST = """
SELECT DISTINCT j.id FROM jobs j JOIN files f ON f.job_id = j.id AND f.outcome IS NULL
    LEFT JOIN contents c ON c.job_id = f.job_id AND c.number = f.number
WHERE j.state IN ('queued', 'running', 'failed') AND c.job_id IS NULL
"""
_RUNNABLE = "state IN ('queued', 'running')"
_CANCELLED = "(state = 'cancelled' AND finished_at IS NULL)"
_TO_RUN = f"({_RUNNABLE} OR {_CANCELLED})"


class ServerJobs(JobStore):
    """The jobs of all servers of a database.

    The jobs of a collection are run one after another, at whichever server is free. Who runs one
    holds a lock of its session, which the server releases when the process or its network dies.

    Args:
        server: where they are.

    Raises:
        As `open_shared`.
    """

    def __init__(self, server: CatalogueServer) -> None:
        db = open_shared(server)
        super().__init__(db, _Contents(db))
        self._shared = db
        self._locking = Connections(server, SCHEMA)
        self._claim = ExitStack()
        self._claimed: ServerConnection | None = None
        self._asked_s = 0.0
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    def next(self) -> Job | None:
        self.release()
        rows = self._db.rows(
            f"SELECT collection_id FROM jobs WHERE {_TO_RUN}"  # noqa: S608
            " GROUP BY collection_id ORDER BY min(number)"
        )
        for (collection,) in rows:
            session = self._claim.enter_context(self._locking.one())
            with translated(_NAME):
                locked = _locked(session, collection)
            if locked:
                self._claimed = session
                self._claim.callback(_unlocked, session, collection)
                self._end_cancelled(collection)
                found = self._jobs(
                    f"WHERE {_RUNNABLE} AND collection_id = ? ORDER BY number LIMIT 1", collection
                )
                if found:
                    return found[0]
            self.release()
        return None

    def runs(self, job_id: str, *, now: bool) -> bool:
        session = self._claimed
        if session is None or not (now or time.monotonic() - self._asked_s > _FRESH_S):
            return True
        self._asked_s = time.monotonic()
        with translated(_NAME):  # the lock lasts as long as this session
            row = session.execute("SELECT state FROM jobs WHERE id = %s", (job_id,)).fetchone()
        return row is not None and row[0] == JobState.RUNNING.value

    def release(self) -> None:
        self._claimed = None
        self._claim.close()

    def cancel(self, job_id: str, *, running: bool, reason: str | None = None) -> None:
        running = running or self._runs_elsewhere(self.job(job_id))
        super().cancel(job_id, running=running, reason=reason)

    def close(self) -> None:
        self.release()
        self._locking.close()
        self._shared.close()

    def _runs_elsewhere(self, job: Job) -> bool:
        if job.state is not JobState.RUNNING:
            return False
        with self._locking.one() as session, translated(_NAME):
            free = _locked(session, job.collection_id)
            if free:
                _unlocked(session, job.collection_id)
        return not free

    def _recover(self) -> None:
        """Queue failed jobs again, and those whose process is gone."""
        with self._db.transaction() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', reason = NULL, finished_at = NULL"
                " WHERE state = 'failed'"
            )
        for job in self._jobs(f"WHERE {_TO_RUN} AND state <> 'queued'"):
            with self._locking.one() as session, translated(_NAME):
                if _locked(session, job.collection_id):
                    self._queue_again(job)
                    self._end_cancelled(job.collection_id)
                    _unlocked(session, job.collection_id)

    def _queue_again(self, job: Job) -> None:
        with self._db.transaction() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'", (job.id,)
            )

    def _end_cancelled(self, collection: str) -> None:
        """End the cancelled jobs of a collection that nobody runs."""
        for job in self._jobs(f"WHERE {_CANCELLED} AND collection_id = ?", collection):
            self.finish(job.id, JobState.CANCELLED)


def check_shared_jobs(server: CatalogueServer) -> JobsReport:
    """Check the jobs on a server, without changes to them.

    Raises:
        As `open_shared`.
    """
    with closing(open_shared(server)) as db:
        states = db.rows("SELECT state, count(*) FROM jobs GROUP BY state ORDER BY state")
        failed = db.rows("SELECT id, reason FROM jobs WHERE state = 'failed' ORDER BY number")
        lost = db.rows(_LOST)
    problems = [f"job {job_id} failed: {reason}" for job_id, reason in failed]
    problems += [f"the documents of job {row[0]} are missing" for row in lost]
    return JobsReport(states=dict(states), problems=problems, leftovers=0)


class _Contents:
    """What the files of jobs hold until they are stored; methods are as those of `Spool`."""

    def __init__(self, db: ServerDatabase) -> None:
        self._db = db

    @contextmanager
    def writing(self, job_id: str, entries: Iterable[SpooledFile]) -> Generator[list[SpoolSlice]]:
        with self._db.transaction() as db:
            pieces: list[SpoolSlice] = []
            for number, entry in enumerate(entries):
                piece, data = slice_of(number, 0, entry)
                if data:
                    db.execute("INSERT INTO contents VALUES (?, ?, ?)", (job_id, number, data))
                pieces.append(piece)
            yield pieces

    def read(self, job_id: str, piece: SpoolSlice) -> ReadFile | SpooledUpload:
        found: list[tuple[Any, ...]] = self._db.rows(
            "SELECT data FROM contents WHERE job_id = ? AND number = ?", (job_id, piece.number)
        )
        where = f"file {piece.number} of {job_id}"
        if not found:
            raise StoreCorrupt(f"{where} is missing; send the documents again")
        return unpacked(bytes(found[0][0]), where)

    def remove(self, job_id: str) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM contents WHERE job_id = ?", (job_id,))


def _locked(session: ServerConnection, collection: str) -> bool:
    taken = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
    row = session.execute(taken, (_RUNNING, collection)).fetchone()
    return bool(row and row[0])


def _unlocked(session: ServerConnection, collection: str) -> None:
    with suppress(StoreError), translated(_NAME):  # the server unlocks it with the session
        session.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_RUNNING, collection))
