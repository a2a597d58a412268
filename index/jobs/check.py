"""The state of the jobs of a data folder, read while a server may run them."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from citespan.index.disk.database import Database
from citespan.index.disk.folder import lock_for_writing, sync_folder, unavailable
from citespan.index.disk.ids import ulid
from citespan.index.errors import JobsDamaged
from citespan.index.jobs.schema import JOBS, KIND, SPOOL, check_jobs_file

_ASIDE = "damaged-jobs-"  # prefix of a folder for damaged jobs
_LACKING = (
    "SELECT DISTINCT j.id FROM jobs j JOIN files f ON f.job_id = j.id AND f.outcome IS NULL"
    " WHERE j.state IN ('queued', 'running', 'failed')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReport:
    """The number of jobs by state, the problems, and the number of spooled files without a job."""

    states: dict[str, int]
    problems: list[str]
    leftovers: int


def check_jobs(folder: Path) -> JobsReport:
    """Check the jobs of a data folder, without changes.

    Raises:
        StoreUnavailable: the jobs cannot be read.
        JobsDamaged: the database is damaged or lost.
    """
    check_jobs_file(folder)
    path = folder / JOBS
    if not path.exists():
        return JobsReport(states={}, problems=[], leftovers=0)
    spooled = {
        one.name for one in (folder / SPOOL).glob("*")
    }  # read first: a file is written before its row
    with closing(Database(path, read_only=True, kind=KIND)) as db:
        found = [row[0] for row in db.rows("PRAGMA integrity_check")]
        rows = db.rows("SELECT id, state, reason FROM jobs ORDER BY number")
        needed = {row[0] for row in db.rows(_LACKING)}
    if found != ["ok"]:
        raise JobsDamaged(f"{path} is damaged ({'; '.join(found)}); {KIND.cure}")
    problems = [f"job {row[0]} failed: {row[2]}" for row in rows if row[1] == "failed"]
    problems += [f"the documents of job {one} are missing" for one in sorted(needed - spooled)]
    running = {row[0] for row in rows if row[1] in {"queued", "running", "failed"}}
    return JobsReport(
        states=dict(Counter(row[1] for row in rows)),
        problems=problems,
        leftovers=len(spooled - running),
    )


def set_aside(folder: Path) -> list[str]:
    """Move a damaged jobs file and the documents of its jobs to another folder.

    Args:
        folder: the data folder, which no process may have open for writing.

    Returns:
        A line with the new folder, and the ids of jobs whose documents may not be stored.

    Raises:
        StoreLocked: another process has the folder open for writing.
        StoreUnavailable: the file cannot be moved.
    """
    lock = lock_for_writing(folder)
    try:
        aside = folder / f"{_ASIDE}{ulid()}"
        aside.mkdir()
        waiting = sorted(path.name for path in (folder / SPOOL).glob("job_*"))
        for path in (*folder.glob(f"{JOBS}*"), *folder.glob(SPOOL)):
            path.rename(aside / path.name)
        sync_folder(folder)
    except OSError as error:
        raise unavailable(f"the jobs in {folder} cannot be set aside", error) from error
    finally:
        lock.release()
    lost = (
        f"; some documents of {', '.join(waiting)} were not stored: send them again"
        if waiting
        else ""
    )
    return [f"the jobs file was damaged, and was moved to {aside}{lost}"]
