"""Jobs on disk: long work that continues after a crash, and the result of each of its files."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from citespan.index.disk.database import Database
from citespan.index.disk.ids import ulid
from citespan.index.disk.json_column import decoded
from citespan.index.disk.reserve import Reserve
from citespan.index.errors import JobNotFound, JobsFull, StoreCorrupt
from citespan.index.jobs.schema import JOBS, KIND, SPOOL, check_jobs_file, open_job_schema
from citespan.index.jobs.spool import Spool, SpooledFile, SpooledUpload, SpoolSlice
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
_UNENDED = "state IN ('queued', 'running', 'failed')"


class JobStore:
    """The jobs of a data folder, for the one process that writes there. Safe for many threads.

    Jobs that were running when the former process ended are queued again, and so are failed ones.

    Args:
        folder: gets `jobs.db`, and `jobs/` with the documents that wait to be stored.

    Raises:
        StoreUnavailable: the database cannot be opened. Any method: it cannot be read or written.
        JobsDamaged: the database is damaged or lost. Any method raises it, too.
        StoreMismatch: a later version made the database.
    """

    def __init__(self, folder: Path) -> None:
        check_jobs_file(folder)
        reserve = Reserve(folder)
        self._db = Database(folder / JOBS, read_only=False, kind=KIND, reserve=reserve)
        try:
            open_job_schema(self._db, folder)
            self._spool = Spool(folder / SPOOL)
            self._recover()
        except BaseException:
            self._db.close()
            raise

    @property
    def damage(self) -> StoreCorrupt | None:
        """The damage found since the start; None if there was none."""
        return self._db.damage

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
        pieces = self._spool.write(job_id, entries)
        rejected = sum(piece.reason is not None for piece in pieces)
        try:
            with self._db.transaction() as db:
                db.execute(
                    "INSERT INTO jobs (id, kind, collection, collection_id, state, files,"
                    " created_at, arguments) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        job_id, kind, collection, collection_id, JobState.QUEUED, len(pieces),
                        _now(), msgspec.json.encode(dict(arguments)).decode(),
                    ),
                )  # fmt: skip
                db.executemany(
                    "INSERT INTO files (job_id, number, name, start, length, outcome, reason, code)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (_row(job_id, piece) for piece in pieces),
                )
                if rejected:
                    _tally(db, job_id, FileOutcome.REJECTED, rejected, 0)
        except BaseException:
            self._spool.remove(job_id)
            raise
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
        """Return the oldest job that is queued or running, if there is one."""
        found = self._jobs("WHERE state IN ('queued', 'running') ORDER BY number LIMIT 1")
        return found[0] if found else None

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

    def begin(self, job_id: str) -> None:
        """Mark a job as running, unless it has been cancelled."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'running', reason = NULL,"
                " started_at = coalesce(started_at, ?) WHERE id = ?"
                " AND state IN ('queued', 'running')",
                (_now(), job_id),
            )

    def record(self, job_id: str, number: int, result: FileResult) -> None:
        """Record the result of a waiting file."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE files SET outcome = ?, reason = ?, document_id = ?, sha256 = ?, chunks = ?,"
                " code = ? WHERE job_id = ? AND number = ?",
                (
                    result.outcome, result.reason, result.document_id, result.sha256,
                    result.chunks, result.code, job_id, number,
                ),
            )  # fmt: skip
            _tally(db, job_id, result.outcome, 1, result.chunks)

    def report(self, job_id: str, name: str, result: FileResult) -> None:
        """Record the result of a file that was not sent with the job, but found by it."""
        with self._db.transaction(removing=True) as db:
            db.execute(
                "INSERT INTO files SELECT ?1, count(*), ?2, 0, 0, ?3, ?4, ?5, ?6, ?7, ?8 FROM files"
                " WHERE job_id = ?1",
                (
                    job_id, name, result.outcome, result.reason, result.document_id, result.sha256,
                    result.chunks, result.code,
                ),
            )  # fmt: skip
            _tally(db, job_id, result.outcome, 1, result.chunks)

    def count(self, job_id: str, outcome: FileOutcome, done: int, of: int, chunks: int) -> None:
        """Record the progress of a job without files: `done` of `of` documents and the chunks."""
        with self._db.transaction(removing=True) as db:
            db.execute("UPDATE jobs SET files = ? WHERE id = ?", (of, job_id))
            db.execute(
                "INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?)",
                (job_id, outcome, done, chunks),
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
                "UPDATE jobs SET finished_at = ?2,"
                " reason = CASE state WHEN 'cancelled' THEN coalesce(?3, reason) ELSE ?3 END,"
                " state = CASE state WHEN 'cancelled' THEN state ELSE ?4 END WHERE id = ?1",
                (job_id, _now(), reason, state),
            )
            db.execute(_FORGET, (KEPT,))
        if state is not JobState.FAILED:
            self._spool.remove(job_id)

    def close(self) -> None:
        """Close the files."""
        self._db.close()

    def _jobs(self, condition: str, *values: object) -> list[Job]:
        with self._db.snapshot():
            rows = self._db.rows(f"SELECT {_JOB} FROM jobs {condition}", values)  # noqa: S608
            return [self._job(row) for row in rows]

    def _job(self, row: tuple[Any, ...]) -> Job:
        tallies = self._db.rows(
            "SELECT outcome, files, chunks FROM tallies WHERE job_id = ?", (row[0],)
        )
        return Job(
            id=row[0], kind=row[1], collection=row[2], state=JobState(row[3]), reason=row[4],
            files=row[5], created_at=row[6], started_at=row[7], finished_at=row[8],
            outcomes={FileOutcome(outcome): files for outcome, files, _ in tallies if files},
            chunks=sum(chunks for _, _, chunks in tallies),
            arguments=decoded(row[9], f"arguments of job {row[0]}"), collection_id=row[10],
        )  # fmt: skip

    def _recover(self) -> None:
        with self._db.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', reason = NULL, finished_at = NULL"
                " WHERE state IN ('running', 'failed')"
            )
            db.execute(
                "UPDATE jobs SET finished_at = ? WHERE state = 'cancelled' AND finished_at IS NULL",
                (_now(),),
            )
        needed = self._db.rows("SELECT id FROM jobs WHERE state = 'queued'")
        self._spool.keep({row[0] for row in needed})


def _row(job_id: str, piece: SpoolSlice) -> tuple[object, ...]:
    outcome = None if piece.reason is None else FileOutcome.REJECTED
    place = (job_id, piece.number, piece.name, piece.start, piece.length)
    return *place, outcome, piece.reason, piece.code


def _tally(db: Any, job_id: str, outcome: FileOutcome, files: int, chunks: int) -> None:
    db.execute(
        "INSERT INTO tallies VALUES (?, ?, ?, ?) ON CONFLICT (job_id, outcome) DO UPDATE"
        " SET files = files + excluded.files, chunks = chunks + excluded.chunks",
        (job_id, outcome, files, chunks),
    )


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
