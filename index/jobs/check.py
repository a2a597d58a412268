"""What state the jobs of a data folder are in, seen beside whoever runs them."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from citespan.index.disk.database import Database
from citespan.index.disk.folder import lock_for_writing, sync_folder, unavailable
from citespan.index.disk.ids import ulid
from citespan.index.errors import JobsDamaged
from citespan.index.jobs.schema import JOBS, KIND, SPOOL, check_jobs_file

_ASIDE = "damaged-jobs-"  # how a folder begins that holds what was set aside
_LACKING = (
    "SELECT DISTINCT j.id FROM jobs j JOIN files f ON f.job_id = j.id AND f.outcome IS NULL"
    " WHERE j.state IN ('queued', 'running', 'failed')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReport:
    """How many jobs are in which state, what is wrong, and how many spooled files nobody needs."""

    states: dict[str, int]
    problems: list[str]
    leftovers: int


def check_jobs(folder: Path) -> JobsReport:
    """Look at the jobs in a data folder; nothing is changed.

    Raises:
        StoreUnavailable: they cannot be read.
        JobsDamaged: the database is damaged or lost.
    """
    check_jobs_file(folder)
    path = folder / JOBS
    if not path.exists():
        return JobsReport(states={}, problems=[], leftovers=0)
    spooled = {one.name for one in (folder / SPOOL).glob("*")}  # first: a row follows its file
    with closing(Database(path, read_only=True, kind=KIND)) as db:
        found = [row[0] for row in db.rows("PRAGMA integrity_check")]
        rows = db.rows("SELECT id, state, reason FROM jobs ORDER BY number")
        needed = {row[0] for row in db.rows(_LACKING)}
    if found != ["ok"]:
        raise JobsDamaged(f"{path} is damaged ({'; '.join(found)}); {KIND.cure}")
    problems = [f"job {row[0]} failed: {row[2]}" for row in rows if row[1] == "failed"]
    problems += [f"what job {one} was to store is missing" for one in sorted(needed - spooled)]
    running = {row[0] for row in rows if row[1] in {"queued", "running", "failed"}}
    return JobsReport(
        states=dict(Counter(row[1] for row in rows)),
        problems=problems,
        leftovers=len(spooled - running),
    )


def set_aside(folder: Path) -> list[str]:
    """Take a damaged jobs file out of the way, with what its jobs had to store.

    Args:
        folder: the data folder, which nobody may have open to write.

    Returns:
        What was set aside where, and the ids of the jobs whose documents may not be stored.

    Raises:
        StoreLocked: somebody has.
        StoreUnavailable: it cannot be moved.
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
    lost = f"; not all was stored of {', '.join(waiting)}: send it again" if waiting else ""
    return [f"the jobs file was damaged, and is in {aside} now{lost}"]
