"""The tables of the catalogue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from citespan.index.catalogue.sources import TABLES as SOURCES
from citespan.index.disk.database import Database
from citespan.index.disk.json_column import decoded
from citespan.index.errors import StoreCorrupt, StoreMismatch, StoreUnavailable
from citespan.index.types import Build, Sections

VERSION = "4"
_OWN = "own"  # next to the settings that the chunks depend on
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
# Rows are in the order of storing, not of the ids, which are hashes. Pages are full, and the chunks
# of a document lie together.
_CHUNKS = """
CREATE TABLE chunks_{build} (
    at INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, tokens INTEGER NOT NULL,
    vector BLOB NOT NULL, context TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX chunks_{build}_by_document ON chunks_{build} (document_id);
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


def add_build(db: Any, settings: Mapping[str, str]) -> int:
    """Make an empty table of chunks in the open transaction; return the build's id."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    values = (msgspec.json.encode(dict(settings), order="sorted").decode(), now)
    db.execute("INSERT INTO builds (settings, created_at) VALUES (?, ?)", values)
    build: int = db.last_insert_rowid()
    db.execute(_CHUNKS.format(build=build))
    return build


def build_of(row: tuple[int, str, str]) -> Build:
    """Return the build of a row: its id, settings and time.

    Raises:
        StoreCorrupt: the settings are damaged.
    """
    settings = decoded(row[1], "settings of a build")
    try:
        own = msgspec.convert(settings.pop(_OWN, {}), Sections)
    except msgspec.ValidationError as error:
        raise StoreCorrupt(f"the settings of build {row[0]} are damaged: {error}") from error
    return Build(id=row[0], settings=settings, own=own, created_at=row[2])


def record_own(db: Any, build: Build, own: Sections) -> None:
    """Record settings with those of a build, in the open transaction."""
    settings = {**build.settings, _OWN: own} if own else build.settings
    values = (msgspec.json.encode(settings, order="sorted").decode(), build.id)
    db.execute("UPDATE builds SET settings = ? WHERE id = ?", values)


def drop_build(db: Any, build: int) -> None:
    """Delete a build in the open transaction; do nothing if there is no such build."""
    db.execute("DELETE FROM builds WHERE id = ?", (build,))
    if db.changes():
        db.execute(f"DROP TABLE chunks_{build}")
    db.execute("DELETE FROM removed WHERE build = ?", (build,))
    db.execute("DELETE FROM derived WHERE name LIKE ?", (f"{build}/%",))


def _make(db: Database, settings: Mapping[str, str]) -> None:
    with db.transaction() as changing:
        changing.execute(_TABLES + SOURCES)
        build = add_build(changing, settings)
        values = {"schema_version": VERSION, "generation": "0", "build": str(build)}
        changing.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))


def _version(db: Database) -> str:
    return dict(db.rows("SELECT key, value FROM meta")).get("schema_version", "")
