"""The tables that all servers of one database share, besides those of the catalogues."""

from contextlib import closing
from typing import Any

from citespan.index.catalogue import CatalogueServer
from citespan.index.catalogue.postgres import (
    Connections,
    ServerConnection,
    ServerDatabase,
    translated,
)
from citespan.index.errors import StoreMismatch

SCHEMA = "citespan_shared"
_MAKING = 0x6369_7465_7368_6172  # the advisory lock of who makes the tables: "citeshar"
_VERSION = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.version (version int PRIMARY KEY);
"""
# As those of a catalogue: never change an entry that was released, add one.
_MIGRATIONS = (
    """
CREATE TABLE collections (
    name text COLLATE "C" PRIMARY KEY, identity text NOT NULL UNIQUE, own text NOT NULL);
CREATE TABLE small_files (name text PRIMARY KEY, data bytea NOT NULL, version bigint NOT NULL);
CREATE TABLE jobs (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
    kind text NOT NULL, collection text NOT NULL, state text NOT NULL, reason text,
    files bigint NOT NULL, created_at text NOT NULL, started_at text, finished_at text,
    arguments text NOT NULL DEFAULT '{}', collection_id text NOT NULL DEFAULT '', home text);
CREATE TABLE files (
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, number bigint NOT NULL,
    name text NOT NULL, start bigint NOT NULL, length bigint NOT NULL, outcome text, reason text,
    document_id text, sha256 text, chunks bigint NOT NULL DEFAULT 0, code text,
    PRIMARY KEY (job_id, number));
CREATE TABLE tallies (
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, outcome text NOT NULL,
    files bigint NOT NULL, chunks bigint NOT NULL, PRIMARY KEY (job_id, outcome));
CREATE TABLE contents (
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
    number bigint NOT NULL, data bytea NOT NULL, PRIMARY KEY (job_id, number));
ALTER TABLE contents ALTER data SET STORAGE EXTERNAL;
CREATE FUNCTION notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('citespan', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER noticed AFTER INSERT OR UPDATE OR DELETE ON jobs
    FOR EACH STATEMENT EXECUTE FUNCTION notice();
CREATE TRIGGER noticed AFTER INSERT OR UPDATE OR DELETE ON tallies
    FOR EACH STATEMENT EXECUTE FUNCTION notice();
CREATE TRIGGER noticed AFTER INSERT OR UPDATE OR DELETE ON collections
    FOR EACH STATEMENT EXECUTE FUNCTION notice();
""",
    """
CREATE TABLE lines (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text NOT NULL REFERENCES collections (identity) ON DELETE CASCADE,
    kind text NOT NULL, line bytea NOT NULL);
CREATE INDEX lines_of ON lines (collection, kind, number);
ALTER TABLE jobs DROP COLUMN home;
""",
)


def open_shared(server: CatalogueServer) -> ServerDatabase:
    """Open the shared tables; make them, or bring them to the present version.

    Raises:
        StoreMismatch: a later version of citespan made them.
        StoreUnavailable: the server cannot be reached, or its user may not make schemas.
    """
    name = f"what the servers share on {server}"
    with closing(Connections(server)) as whole, whole.one() as session, translated(name):
        if _version(session) != len(_MIGRATIONS):
            with session.transaction():
                _bring_up_to_date(session, name)
    return ServerDatabase(Connections(server, SCHEMA), name, 0, read_only=False, in_turn=False)


def _version(session: ServerConnection) -> int:
    """Return the version of the tables; 0 if there are none."""
    known: Any = session.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.version",)).fetchone()
    if known[0] is None:
        return 0
    row: Any = session.execute("SELECT max(version) FROM citespan_shared.version").fetchone()
    return row[0] or 0


def _bring_up_to_date(session: ServerConnection, name: str) -> None:
    session.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
    session.execute(_VERSION.encode())
    session.execute(f"SET LOCAL search_path = {SCHEMA}".encode())
    version = _version(session)  # another process may have made them meanwhile
    if version > len(_MIGRATIONS):
        raise StoreMismatch(f"a later version of citespan made {name}; use that one")
    for migration in _MIGRATIONS[version:]:
        session.execute(migration.encode())
    session.execute("INSERT INTO version VALUES (%s) ON CONFLICT DO NOTHING", (len(_MIGRATIONS),))
