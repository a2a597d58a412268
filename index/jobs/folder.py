"""The jobs of a data folder, for the one process that writes there."""

from datetime import UTC, datetime
from pathlib import Path

from citespan.index.disk.database import Database
from citespan.index.disk.reserve import Reserve
from citespan.index.errors import StoreCorrupt
from citespan.index.jobs.schema import JOBS, KIND, SPOOL, check_jobs_file, open_job_schema
from citespan.index.jobs.spool import Spool
from citespan.index.jobs.store import JobStore


class FolderJobs(JobStore):
    """The jobs of a data folder.

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
        self._file = Database(folder / JOBS, read_only=False, kind=KIND, reserve=reserve)
        try:
            open_job_schema(self._file, folder)
            spool = Spool(folder / SPOOL)
            super().__init__(self._file, spool)
            spool.keep(self._recovered())
        except BaseException:
            self._file.close()
            raise

    @property
    def damage(self) -> StoreCorrupt | None:
        return self._file.damage

    def release(self) -> None:
        """Do nothing: no other process runs jobs."""

    def runs(self, job_id: str, *, now: bool) -> bool:  # noqa: ARG002
        return True

    def close(self) -> None:
        self._file.close()

    def _recovered(self) -> set[str]:
        """Queue again what was not done, and return the jobs whose files are needed."""
        with self._file.transaction(removing=True) as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', reason = NULL, finished_at = NULL"
                " WHERE state IN ('running', 'failed')"
            )
            db.execute(
                "UPDATE jobs SET finished_at = ? WHERE state = 'cancelled' AND finished_at IS NULL",
                (datetime.now(UTC).isoformat(timespec="seconds"),),
            )
        return {row[0] for row in self._file.rows("SELECT id FROM jobs WHERE state = 'queued'")}
