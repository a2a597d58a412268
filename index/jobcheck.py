"""What state the jobs of a data folder are in, seen beside whoever runs them."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.database import Database

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
        StoreCorrupt: the database is damaged.
    """
    path = folder / "jobs.db"
    if not path.exists():
        return JobsReport(states={}, problems=[], leftovers=0)
    spooled = {one.name for one in (folder / "jobs").glob("*")}  # first: a row follows its file
    with closing(Database(path, read_only=True)) as db:
        found = [row[0] for row in db.rows("PRAGMA integrity_check")]
        rows = db.rows("SELECT id, state, reason FROM jobs ORDER BY number")
        needed = {row[0] for row in db.rows(_LACKING)}
    problems = [] if found == ["ok"] else [f"jobs.db: {line}" for line in found]
    problems += [f"job {row[0]} failed: {row[2]}" for row in rows if row[1] == "failed"]
    problems += [f"what job {one} was to store is missing" for one in sorted(needed - spooled)]
    running = {row[0] for row in rows if row[1] in {"queued", "running", "failed"}}
    return JobsReport(
        states=dict(Counter(row[1] for row in rows)),
        problems=problems,
        leftovers=len(spooled - running),
    )
