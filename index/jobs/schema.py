"""The tables of jobs."""

from pathlib import Path

from citespan.index.disk.database import Database
from citespan.index.disk.failures import DatabaseKind
from citespan.index.errors import JobsDamaged, StoreMismatch

JOBS = "jobs.db"
SPOOL = "jobs"  # the folder of the documents that jobs have to store
_CURE = "stop the server and run `citespan doctor`, which moves it away and makes a new one"
KIND = DatabaseKind(named="the jobs file", cure=_CURE, damaged=JobsDamaged)
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


def open_job_schema(db: Database, folder: Path) -> None:
    """Make the tables of a new database, or check the version of those that are there.

    Args:
        db: the database of the jobs.
        folder: the folder of the database, for messages.

    Raises:
        StoreMismatch: another version of citespan made the database.
        JobsDamaged: the database's checksums are off.
    """
    ((version,),) = db.rows("PRAGMA user_version")
    if not version:
        with db.transaction(removing=True) as changing:
            changing.execute(f"{_TABLES} PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise StoreMismatch(
            f"the jobs in {folder} have version {version}, this citespan knows {_VERSION}; use the"
            f" citespan that made them, or move {JOBS} and the folder {SPOOL!r} away"
        )
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
