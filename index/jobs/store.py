"""Jobs in tables: long work that continues after a crash, and the result of each of its files."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from citespan.index.catalogue import Tables
from citespan.index.disk.ids import ulid
from citespan.index.disk.json_column import decoded
from citespan.index.errors import JobNotFound, JobsFull, StoreCorrupt
from citespan.index.jobs.spool import SpooledFile, SpooledUpload, SpoolSlice
from citespan.index.jobs.types import FileOutcome, FileResult, Job, JobFile, JobState
from citespan.index.reading import ReadFile

MOST = 1000  # jobs that have not ended, failed ones included
KEPT = 100  # done and cancelled jobs that are kept; failed ones are kept until they are cancelled
_FORGET = """
DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND finished_at IS NOT NULL AND number NOT IN
    (SELECT number FROM jobs WHERE state IN ('done', 'cancelled') ORDER BY number DESC LIMIT ?)
"""
_JOB = (
    "id, kind, collection, state, reason, files, created_at, started_at, finished_at, arguments,"
    " collection_id"
)
_TALLIES = "SELECT job_id, outcome, files, chunks FROM tallies WHERE job_id IN"
_UNENDED = "state IN ('queued', 'running', 'failed')"


class Waiting(Protocol):
    """Where the files of jobs are until they are stored; methods are as those of `Spool`."""

    def writing(
        self, job_id: str, entries: Iterable[SpooledFile]
    ) -> AbstractContextManager[list[SpoolSlice]]: ...

    def read(self, job_id: str, piece: SpoolSlice) -> ReadFile | SpooledUpload: ...

    def remove(self, job_id: str) -> None: ...


class JobStore(ABC):
    """The jobs in the tables of a database. Safe for many threads.

    Args:
        db: the database.
        spool: the files of the jobs.

    Raises:
        StoreUnavailable: any method: the database cannot be read or written.
    """

    def __init__(self, db: Tables, spool: Waiting) -> None:
        self._db = db
        self._spool = spool

    @property
    def damage(self) -> StoreCorrupt | None:
        """The damage found since the start; None if there was none."""
        return None

    def submit(
        self,
        kind: str,
        collection: str,
        entries: Iterable[SpooledFile] = (),
        arguments: Mapping[str, Any] = MappingProxyType({}),
        *,
        collection_id: str = "",
    ) -> Job:
        """Queue a new job; on return, the job and the documents to store are durable.

        Args:
            kind: the kind of work.
            collection: the name of the collection.
            entries: the files of the job, taken one at a time.
            arguments: other arguments of the work, as JSON values.
            collection_id: the identity of the collection; another one may have the name later.

        Raises:
            JobsFull: `MOST` jobs have not ended.
        """
        if self._db.rows(f"SELECT count(*) FROM jobs WHERE {_UNENDED}")[0][0] >= MOST:  # noqa: S608
            raise JobsFull(MOST)
        job_id = f"job_{ulid()}"
        with self._spool.writing(job_id, entries) as pieces, self._db.transaction() as db:
            rejected = sum(piece.reason is not None for piece in pieces)
            db.execute(
                "INSERT INTO jobs (id, kind, collection, collection_id, state, files,"
                " created_at, arguments) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?)",
                (
                    job_id, kind, collection, collection_id, len(pieces), _now(),
                    msgspec.json.encode(dict(arguments)).decode(),
                ),
            )  # fmt: skip
            db.executemany(
                "INSERT INTO files (job_id, number, name, start, length, outcome, reason, code)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(job_id, piece) for piece in pieces],
            )
            if rejected:
                _tally(db, job_id, FileOutcome.REJECTED, rejected, 0)
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        """Return a job in its present state.

        Raises:
            JobNotFound: there is no such job.
        """
        found = self._jobs("WHERE id = ?", job_id)
        if not found:
            raise JobNotFound(job_id)
        return found[0]

    def jobs(self) -> list[Job]:
        """Return all jobs, newest first."""
        return self._jobs("ORDER BY number DESC")

    def next(self) -> Job | None:
        """Return the oldest job that is queued or running, if there is one.

        No other process runs it until `release`.
        """
        found = self._jobs("WHERE state IN ('queued', 'running') ORDER BY number LIMIT 1")
        return found[0] if found else None

    @abstractmethod
    def release(self) -> None:
        """Let others run what `next` has returned."""

    @abstractmethod
    def runs(self, job_id: str, *, now: bool) -> bool:
        """Return whether no other process has cancelled a job that `next` has returned.

        Without `now`, an answer of a moment ago will do.

        Raises:
            StoreUnavailable: another process may be running the job by now.
        """

    def files(self, job_id: str) -> list[JobFile]:
        """Return the files of a job, in the order of sending."""
        rows = self._db.rows(
            "SELECT name, outcome, reason, document_id, sha256, chunks, code FROM files"
            " WHERE job_id = ? ORDER BY number",
            (job_id,),
        )
        return [JobFile(name=row[0], result=_result(row[1:])) for row in rows]

    def waiting(self, job_id: str) -> list[SpoolSlice]:
        """Return the files of a job that have no outcome yet, in the order of sending."""
        rows = self._db.rows(
            "SELECT number, name, start, length FROM files WHERE job_id = ? AND outcome IS NULL"
            " ORDER BY number",
            (job_id,),
        )
        return [SpoolSlice(number=row[0], name=row[1], start=row[2], length=row[3]) for row in rows]

    def entry(self, job_id: str, piece: SpoolSlice) -> ReadFile | SpooledUpload:
        """Return a file to store, or its bytes, which are to be read."""
        return self._spool.read(job_id, piece)

    def begin(self, job_id: str) -> bool:
        """Mark a job as running, and return True, unless it has been cancelled."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'running', reason = NULL,"
                " started_at = coalesce(started_at, ?) WHERE id = ?"
                " AND state IN ('queued', 'running')",
                (_now(), job_id),
            )
            return bool(db.changes())

    def record(self, job_id: str, number: int, result: FileResult) -> None:
        """Record the result of a waiting file."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE files SET outcome = ?, reason = ?, document_id = ?, sha256 = ?, chunks = ?,"
                " code = ? WHERE job_id = ? AND number = ? AND outcome IS NULL",
                (*_columns(result), job_id, number),
            )
            if db.changes():
                _tally(db, job_id, result.outcome, 1, result.chunks)

    def report(self, job_id: str, name: str, result: FileResult) -> None:
        """Record the result of a file that was not sent with the job, but found by it."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "INSERT INTO files VALUES (?, (SELECT count(*) FROM files WHERE job_id = ?), ?,"
                " 0, 0, ?, ?, ?, ?, ?, ?)",
                (job_id, job_id, name, *_columns(result)),
            )
            _tally(db, job_id, result.outcome, 1, result.chunks)

    def count(self, job_id: str, outcome: FileOutcome, done: int, of: int, chunks: int) -> None:
        """Record the progress of a job without files: `done` of `of` documents and the chunks."""
        with self._db.transaction(removing=True) as db:
            db.execute("UPDATE jobs SET files = ? WHERE id = ?", (of, job_id))
            db.execute(
                "INSERT INTO tallies VALUES (?, ?, ?, ?) ON CONFLICT (job_id, outcome) DO UPDATE"
                " SET files = excluded.files, chunks = excluded.chunks",
                (job_id, outcome.value, done, chunks),
            )

    def explain(self, job_id: str, reason: str) -> None:
        """Record what a running job waits for."""
        with self._db.transaction(removing=True) as db:
            db.execute("UPDATE jobs SET reason = ? WHERE id = ?", (reason, job_id))

    def unended(self, collection_id: str) -> list[Job]:
        """Return the jobs of a collection that are queued, running or failed."""
        return self._jobs(f"WHERE collection_id = ? AND {_UNENDED}", collection_id)

    def cancel(self, job_id: str, *, running: bool, reason: str | None = None) -> None:
        """Cancel a job; the caller must then finish a running one."""
        finished = None if running else _now()
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'cancelled', finished_at = ?,"
                " reason = coalesce(?, reason) WHERE id = ?"
                " AND state IN ('queued', 'running', 'failed')",
                (finished, reason, job_id),
            )
        if not running:
            self._spool.remove(job_id)

    def finish(self, job_id: str, state: JobState, reason: str | None = None) -> None:
        """End a job; a cancelled job stays cancelled, and a failed job's documents are kept."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET finished_at = ?,"
                " reason = CASE state WHEN 'cancelled' THEN coalesce(?, reason) ELSE ? END,"
                " state = CASE state WHEN 'cancelled' THEN state ELSE ? END WHERE id = ?",
                (_now(), reason, reason, state.value, job_id),
            )
            db.execute(_FORGET, (KEPT,))
        if state is not JobState.FAILED:
            self._spool.remove(job_id)

    @abstractmethod
    def close(self) -> None:
        """Let others continue, and close the database."""

    def _jobs(self, condition: str, *values: object) -> list[Job]:
        with self._db.snapshot():
            rows = self._db.rows(f"SELECT {_JOB} FROM jobs {condition}", values)  # noqa: S608
            of_job = {row[0]: list[tuple[Any, ...]]() for row in rows}
            for job_id, *tally in self._db.in_batches(_TALLIES, list(of_job)):
                of_job[job_id].append(tuple(tally))
        return [_job(row, of_job[row[0]]) for row in rows]


def _job(row: tuple[Any, ...], tallies: list[tuple[Any, ...]]) -> Job:
    return Job(
        id=row[0], kind=row[1], collection=row[2], state=JobState(row[3]), reason=row[4],
        files=row[5], created_at=row[6], started_at=row[7], finished_at=row[8],
        outcomes={FileOutcome(outcome): files for outcome, files, _ in tallies if files},
        chunks=sum(chunks for _, _, chunks in tallies),
        arguments=decoded(row[9], f"arguments of job {row[0]}"), collection_id=row[10],
    )  # fmt: skip


def _row(job_id: str, piece: SpoolSlice) -> tuple[object, ...]:
    outcome = None if piece.reason is None else FileOutcome.REJECTED.value
    place = (job_id, piece.number, piece.name, piece.start, piece.length)
    return *place, outcome, piece.reason, piece.code


def _tally(db: Any, job_id: str, outcome: FileOutcome, files: int, chunks: int) -> None:
    db.execute(
        "INSERT INTO tallies VALUES (?, ?, ?, ?) ON CONFLICT (job_id, outcome) DO UPDATE"
        " SET files = tallies.files + excluded.files, chunks = tallies.chunks + excluded.chunks",
        (job_id, outcome.value, files, chunks),
    )


def _columns(result: FileResult) -> tuple[object, ...]:
    return (
        result.outcome.value, result.reason, result.document_id, result.sha256, result.chunks,
        result.code,
    )  # fmt: skip


def _result(row: tuple[Any, ...]) -> FileResult | None:
    outcome, reason, document_id, sha256, chunks, code = row
    if outcome is None:
        return None
    return FileResult(
        outcome=FileOutcome(outcome), reason=reason, document_id=document_id, sha256=sha256,
        chunks=chunks, code=code,
    )  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
