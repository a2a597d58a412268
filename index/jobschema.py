"""The tables that jobs are kept in, and how those of earlier versions become them."""

from pathlib import Path

from index.database import Database
from index.errors import StoreCorrupt, StoreMismatch

_VERSION = 3  # the tables of 2, with checksums
_TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    collection TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, files INTEGER NOT NULL,
    created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT,
    arguments TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE files (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    name TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, outcome TEXT, reason TEXT,
    document_id TEXT, sha256 TEXT, chunks INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, number)) STRICT, WITHOUT ROWID;
CREATE TABLE tallies (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, outcome TEXT NOT NULL,
    files INTEGER NOT NULL, chunks INTEGER NOT NULL,
    PRIMARY KEY (job_id, outcome)) STRICT, WITHOUT ROWID;
"""
_TO_2 = "ALTER TABLE jobs ADD COLUMN arguments TEXT NOT NULL DEFAULT '{}'"


def open_job_schema(db: Database, folder: Path) -> None:
    """Make the tables of a new database, or bring those of an earlier version up to date.

    Args:
        db: where jobs are kept.
        folder: where it lies, for messages.

    Raises:
        StoreMismatch: a later version made it.
        StoreCorrupt: its checksums are gone.
    """
    ((version,),) = db.rows("PRAGMA user_version")
    if version > _VERSION:
        raise StoreMismatch(f"the jobs in {folder} were written by a later version of citespan")
    if version < _VERSION:
        now = f"PRAGMA user_version = {_VERSION}"
        if version:
            db.rewrite(f"{_TO_2 if version == 1 else ''}; {now}")
        else:
            with db.transaction() as changing:
                changing.execute(f"{_TABLES}; {now}")
    if not db.has_checksums():
        raise StoreCorrupt(f"the jobs in {folder} are damaged: their checksums are off")
