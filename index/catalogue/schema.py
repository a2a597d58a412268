"""The tables of the catalogue."""

from collections.abc import Mapping
from pathlib import Path

from citespan.index.catalogue.builds import add_build
from citespan.index.catalogue.sources import TABLES as SOURCES
from citespan.index.catalogue.tracking import TABLE as TRACKED
from citespan.index.disk.database import Database
from citespan.index.errors import StoreCorrupt, StoreMismatch, StoreUnavailable

VERSION = "4"
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, revision INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE revisions (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL, title TEXT NOT NULL, uri TEXT, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, metadata TEXT NOT NULL, length INTEGER NOT NULL,
    created_at TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (document_id, revision)) STRICT;
CREATE INDEX revisions_by_text ON revisions (sha256);
CREATE TABLE retired (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE builds (
    id INTEGER PRIMARY KEY AUTOINCREMENT, settings TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE TABLE removed (
    generation INTEGER NOT NULL, build INTEGER NOT NULL, chunk_id INTEGER NOT NULL,
    PRIMARY KEY (generation, build, chunk_id)) STRICT, WITHOUT ROWID;
CREATE INDEX documents_by_generation ON documents (generation);
"""


def open_schema(db: Database, path: Path, settings: Mapping[str, str], *, read_only: bool) -> None:
    """Make the tables of a new catalogue, or check the version of those that are there.

    Args:
        db: the catalogue's database.
        path: the catalogue's file, for messages.
        settings: the settings of a new catalogue's chunks.
        read_only: change nothing.

    Raises:
        StoreMismatch: another version of citespan made the catalogue.
        StoreUnavailable: with `read_only`, the catalogue is empty.
        StoreCorrupt: the file is another program's database, or its checksums are off.
    """
    if not db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'meta'"):
        if read_only:
            raise StoreUnavailable(f"the catalogue {path} is empty; nothing was stored")
        if db.rows("SELECT 1 FROM sqlite_schema"):
            raise StoreCorrupt(f"{path} is another program's database; choose another data folder")
        _make(db, settings)
    if (version := _version(db)) != VERSION:
        raise StoreMismatch(
            f"the catalogue {path} has version {version!r}, this citespan knows {VERSION!r};"
            " use the citespan that made it, or ingest the documents again"
        )
    if not db.has_checksums():
        raise StoreCorrupt(f"the catalogue {path} is damaged: its checksums are switched off")
    if not read_only and not db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'tracked'"):
        with db.transaction() as changing:  # 0.1.0 had no such table, and ignores it
            changing.execute(TRACKED)


def _make(db: Database, settings: Mapping[str, str]) -> None:
    with db.transaction() as changing:
        changing.execute(_TABLES + SOURCES)
        build = add_build(changing, settings)
        values = {"schema_version": VERSION, "generation": "0", "build": str(build)}
        changing.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))


def _version(db: Database) -> str:
    return dict(db.rows("SELECT key, value FROM meta")).get("schema_version", "")
