"""The tables of jobs, and migrations from earlier versions."""

from pathlib import Path

from citespan.index.disk.database import Database, Kind
from citespan.index.errors import JobsDamaged, StoreMismatch

JOBS = "jobs.db"
SPOOL = "jobs"  # the folder of the documents that jobs have to store
_CURE = "stop the server and run `citespan doctor`, which moves it away and makes a new one"
KIND = Kind(named="the jobs file", cure=_CURE, damaged=JobsDamaged)
_VERSION = 5  # adds the code of an outcome
_TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    collection TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, files INTEGER NOT NULL,
    created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT,
    arguments TEXT NOT NULL DEFAULT '{}', collection_id TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE files (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    name TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, outcome TEXT, reason TEXT,
    document_id TEXT, sha256 TEXT, chunks INTEGER NOT NULL DEFAULT 0, code TEXT,
    PRIMARY KEY (job_id, number)) STRICT, WITHOUT ROWID;
CREATE TABLE tallies (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, outcome TEXT NOT NULL,
    files INTEGER NOT NULL, chunks INTEGER NOT NULL,
    PRIMARY KEY (job_id, outcome)) STRICT, WITHOUT ROWID;
"""
_TO_2 = "ALTER TABLE jobs ADD COLUMN arguments TEXT NOT NULL DEFAULT '{}';"
_TO_5 = "ALTER TABLE files ADD COLUMN code TEXT;"
_TO_4 = "ALTER TABLE jobs ADD COLUMN collection_id TEXT NOT NULL DEFAULT '';"


def open_job_schema(db: Database, folder: Path) -> None:
    """Make the tables of a new database, or migrate those of an earlier version.

    Args:
        db: the database of the jobs.
        folder: the folder of the database, for messages.

    Raises:
        StoreMismatch: a later version made the database.
        JobsDamaged: the database's checksums are off.
    """
    ((version,),) = db.rows("PRAGMA user_version")
    if version > _VERSION:
        raise StoreMismatch(
            f"the jobs in {folder} were written by a later version of citespan; update it"
        )
    if version < _VERSION:
        now = f"PRAGMA user_version = {_VERSION}"
        if version in {1, 2}:  # without checksums
            db.rewrite(f"{_TO_2 if version == 1 else ''} {_TO_4} {_TO_5} {now}")
        else:
            steps = _TO_5 if version == 4 else f"{_TO_4} {_TO_5}"
            with db.transaction(removing=True) as changing:
                changing.execute(f"{steps if version else _TABLES} {now}")
    if not db.has_checksums():
        raise JobsDamaged(f"the jobs in {folder} are damaged: their checksums are off; {_CURE}")


def check_jobs_file(folder: Path) -> None:
    """Refuse to make an empty jobs file where one was stored.

    Raises:
        JobsDamaged: the file is missing or empty, but documents wait to be stored.
    """
    file = folder / JOBS
    if (file.exists() and file.stat().st_size) or file.with_name(f"{JOBS}-wal").exists():
        return
    if waiting := len(list((folder / SPOOL).glob("job_*"))):
        raise JobsDamaged(
            f"{file} is missing or empty, but {waiting} jobs have documents to store; {_CURE}"
        )
