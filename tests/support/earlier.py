"""Catalogues as earlier versions left them."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE documents (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
CREATE TABLE revisions (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL, title TEXT NOT NULL, uri TEXT, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, metadata TEXT NOT NULL, length INTEGER NOT NULL,
    created_at TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (document_id, revision)) STRICT;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, tokens INTEGER NOT NULL,
    vector BLOB NOT NULL) STRICT;
CREATE INDEX chunks_by_document ON chunks (document_id);
CREATE TABLE retired (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_COPIED = """
INSERT INTO documents SELECT id, revision FROM later.documents;
INSERT INTO revisions SELECT * FROM later.revisions;
INSERT INTO chunks SELECT id, document_id, start, "end", tokens, vector FROM later.chunks_1;
INSERT INTO retired SELECT * FROM later.retired;
INSERT INTO meta SELECT * FROM later.meta WHERE key = 'generation';
INSERT INTO meta VALUES ('schema_version', '1');
"""


def to_version_1(folder: Path, settings: Mapping[str, str]) -> None:
    """Write the catalogue of a corpus as version 1 had it; its first build is the one in use."""
    made = folder / "earlier.db"
    db: Any = apsw.Connection(str(made), vfs="unix")
    db.execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
    db.execute(VERSION_1)
    db.execute("ATTACH ? AS later", (str(folder / "catalog.db"),))
    with db:
        db.execute(_COPIED)
        db.executemany("INSERT INTO meta VALUES (?, ?)", list(settings.items()))
    db.close()
    made.rename(folder / "catalog.db")


def to_version_2(file: Path) -> None:
    """Write a catalogue as version 2 had it."""
    without_checksums(file, "UPDATE meta SET value = '2' WHERE key = 'schema_version'")


def without_checksums(file: Path, last: str) -> None:
    """Write a database anew without its checksums, and run a statement in it."""
    made = file.with_name("earlier.db")
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(made)) as db:
        db.executescript("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;")
        db.executescript("\n".join(old.iterdump()))
        db.executescript(last)
    made.rename(file)
    assert file.read_bytes()[20] == 0
