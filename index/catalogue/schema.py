"""The tables of the catalogue, and migrations from earlier versions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from citespan.index.catalogue.sources import TABLES as SOURCES
from citespan.index.disk.crashpoints import reached
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
CREATE TABLE retired (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_SET_VERSION = "UPDATE meta SET value = '{}' WHERE key = 'schema_version'"
_BUILDS = """
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
    """Make the tables of a new catalogue, or migrate those of an earlier version.

    Args:
        db: the catalogue's database.
        path: the catalogue's file, for messages.
        settings: the settings of a new catalogue's chunks.
        read_only: change nothing.

    Raises:
        StoreMismatch: a later version made the catalogue.
        StoreUnavailable: with `read_only`, the catalogue is empty or of an earlier version.
        StoreCorrupt: the file is another program's database, or its checksums are off.
    """
    if not db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'meta'"):
        if read_only:
            raise StoreUnavailable(f"the catalogue {path} is empty; nothing was stored")
        if db.rows("SELECT 1 FROM sqlite_schema"):
            raise StoreCorrupt(f"{path} is another program's database; choose another data folder")
        _make(db, settings)
    while (version := _version(db)) != VERSION:
        if version not in _MIGRATIONS:
            raise StoreMismatch(
                f"the catalogue {path} has version {version!r}, this citespan knows {VERSION!r};"
                " use the citespan that made it, or a later one"
            )
        if read_only:
            raise StoreUnavailable(
                f"the catalogue {path} was made by an earlier version; open it to write"
            )
        _MIGRATIONS[version](db)
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


def drop_build(db: Any, build: int) -> None:
    """Delete a build in the open transaction; do nothing if there is no such build."""
    db.execute("DELETE FROM builds WHERE id = ?", (build,))
    if db.changes():
        db.execute(f"DROP TABLE chunks_{build}")
    db.execute("DELETE FROM removed WHERE build = ?", (build,))
    db.execute("DELETE FROM derived WHERE name LIKE ?", (f"{build}/%",))


def _make(db: Database, settings: Mapping[str, str]) -> None:
    with db.transaction() as changing:
        changing.execute(_TABLES + _BUILDS + SOURCES)
        build = add_build(changing, settings)
        values = {"schema_version": VERSION, "generation": "0", "build": str(build)}
        changing.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))


def _version(db: Database) -> str:
    return dict(db.rows("SELECT key, value FROM meta")).get("schema_version", "")


def _to_2(db: Database) -> None:
    """Migrate to version 2: chunks of several builds, and the changes since a generation."""
    with db.transaction() as changing:
        _add_builds(changing)
        reached("migration.changed")
        changing.execute(_SET_VERSION.format("2"))


def _to_3(db: Database) -> None:
    """Migrate to version 3: a checksum on each page."""
    db.rewrite(_SET_VERSION.format("3"))


def _to_4(db: Database) -> None:
    """Migrate to version 4: the files of revisions, and the contexts of chunks."""
    with db.transaction() as changing:
        changing.execute(SOURCES)
        for (build,) in changing.execute("SELECT id FROM builds").fetchall():
            names = changing.execute("SELECT name FROM pragma_table_info(?)", (f"chunks_{build}",))
            if ("context",) not in names.fetchall():
                changing.execute(
                    f"ALTER TABLE chunks_{build} ADD COLUMN context TEXT NOT NULL DEFAULT ''"
                )
        changing.execute(_SET_VERSION.format("4"))


def _add_builds(db: Any) -> None:
    meta: dict[str, str] = dict(db.execute("SELECT key, value FROM meta"))
    db.execute("ALTER TABLE documents ADD COLUMN generation INTEGER NOT NULL DEFAULT 0")
    db.execute(_BUILDS)
    settings = {key: meta[key] for key in meta if key not in {"schema_version", "generation"}}
    build = add_build(db, settings)
    columns = 'id, document_id, start, "end", tokens, vector'
    db.execute(
        f"INSERT INTO chunks_{build} ({columns})"  # noqa: S608  (constants)
        f" SELECT {columns} FROM chunks ORDER BY document_id, start"
    )
    db.execute("DROP TABLE chunks")
    for key in settings:
        db.execute("DELETE FROM meta WHERE key = ?", (key,))
    db.execute("INSERT INTO meta VALUES ('build', ?)", (str(build),))
    db.execute("DELETE FROM derived")


_MIGRATIONS: dict[str, Callable[[Database], None]] = {"1": _to_2, "2": _to_3, "3": _to_4}
