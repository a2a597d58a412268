"""The tables of a catalogue on a PostgreSQL server: each catalogue has a schema of its own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

from citespan.index.catalogue.builds import add_build
from citespan.index.catalogue.postgres.connections import ServerConnection
from citespan.index.catalogue.postgres.database import Changing, translated
from citespan.index.disk.ids import ulid
from citespan.index.errors import StoreMismatch, StoreUnavailable

_MAKING = 0x6369_7465_7370_616E  # the advisory lock of who makes tables: "citespan"
_CATALOGUES = """
CREATE SCHEMA IF NOT EXISTS citespan;
CREATE TABLE IF NOT EXISTS citespan.catalogues (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
    identity text NOT NULL, version int NOT NULL);
"""
# Each entry leads from the version before it to its own, which is its place. Never change an entry
# that was released: add one.
MIGRATIONS = (
    """
CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE documents (
    id text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL,
    generation bigint NOT NULL DEFAULT 0);
CREATE INDEX documents_by_generation ON documents (generation);
CREATE TABLE revisions (
    document_id text COLLATE "C" NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    revision bigint NOT NULL, title text COLLATE "C" NOT NULL, uri text COLLATE "C",
    sha256 text NOT NULL, media_type text COLLATE "C" NOT NULL, metadata text NOT NULL,
    length bigint NOT NULL, created_at text COLLATE "C" NOT NULL, text text NOT NULL,
    facts jsonb NOT NULL, seal bytea NOT NULL, PRIMARY KEY (document_id, revision));
CREATE INDEX revisions_by_text ON revisions (sha256);
CREATE TABLE retired (id text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL);
CREATE TABLE builds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, settings text NOT NULL,
    created_at text NOT NULL);
CREATE TABLE removed (
    generation bigint NOT NULL, build bigint NOT NULL, chunk_id bigint NOT NULL,
    PRIMARY KEY (generation, build, chunk_id));
CREATE TABLE originals (sha256 text PRIMARY KEY, data bytea NOT NULL);
ALTER TABLE originals ALTER data SET STORAGE EXTERNAL;
CREATE TABLE sources (
    document_id text COLLATE "C" NOT NULL, revision bigint NOT NULL, name text NOT NULL,
    made_by text NOT NULL, layout bytea NOT NULL, sha256 text NOT NULL,
    original text REFERENCES originals (sha256), PRIMARY KEY (document_id, revision),
    FOREIGN KEY (document_id, revision) REFERENCES revisions ON DELETE CASCADE);
CREATE INDEX sources_by_original ON sources (original);
CREATE FUNCTION forget_original() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM originals WHERE sha256 = OLD.original
        AND NOT EXISTS (SELECT 1 FROM sources WHERE original = OLD.original);
    RETURN NULL;
END $$;
CREATE TRIGGER forget_original AFTER DELETE ON sources FOR EACH ROW
    WHEN (OLD.original IS NOT NULL) EXECUTE FUNCTION forget_original();
CREATE TABLE tracked (
    source text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL, version text NOT NULL, sha256 text NOT NULL,
    document_id text COLLATE "C" UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
    reason text, PRIMARY KEY (source, key, member));
""",
    """
CREATE FUNCTION notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('citespan', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE TRIGGER noticed AFTER UPDATE ON meta FOR EACH STATEMENT EXECUTE FUNCTION notice();
""",
)
# As in SQLite, rows are in the order of storing, and a build has a table of its own.
CHUNKS = """
CREATE TABLE chunks_{build} (
    at bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint NOT NULL UNIQUE,
    document_id text COLLATE "C" NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start bigint NOT NULL, "end" bigint NOT NULL, tokens bigint NOT NULL, vector bytea NOT NULL,
    context text NOT NULL DEFAULT '', seal bytea NOT NULL, vector_seal bytea NOT NULL);
ALTER TABLE chunks_{build} ALTER vector SET STORAGE EXTERNAL;
CREATE INDEX chunks_{build}_by_document ON chunks_{build} (document_id);
"""
# What `index.search.postgres` makes for a build, if it is searched on the server.
SEARCHED = ("search_{build}", "search_{build}_words", "search_{build}_level")


class Schema(NamedTuple):
    """Where a catalogue's tables are: the number of its schema, and what tells it from others."""

    number: int
    identity: str

    @property
    def name(self) -> str:
        """The name of the schema."""
        return f"citespan_{self.number}"


def open_schema(
    session: ServerConnection, name: str, settings: Mapping[str, str], *, read_only: bool
) -> Schema:
    """Make the tables of a new catalogue, or bring those that are there to the present version.

    Args:
        session: a connection outside of any transaction.
        name: the catalogue's name on the server.
        settings: the settings of a new catalogue's chunks.
        read_only: change nothing.

    Raises:
        StoreMismatch: a later version of citespan made the tables, or the database is not UTF-8.
        StoreUnavailable: with `read_only`, the catalogue is not there, or of an earlier version.
    """
    found = found_schema(session, name)
    if found and found[1] == len(MIGRATIONS):
        return found[0]
    if found and found[1] > len(MIGRATIONS):
        raise StoreMismatch(
            f"the catalogue {name} has version {found[1]}, this citespan knows {len(MIGRATIONS)};"
            " use the citespan that made it"
        )
    if read_only:
        raise StoreUnavailable(
            f"the catalogue {name} on the server is empty, or of an earlier citespan; nothing is"
            " changed by who only reads"
        )
    with translated(f"the catalogue {name}"), session.transaction():
        session.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        found = found_schema(session, name)  # another process may have made it meanwhile
        schema, version = found or (_added(session, name), 0)
        session.execute(f"SET LOCAL search_path = {schema.name}".encode())
        for migration in MIGRATIONS[version:]:
            session.execute(migration.encode())
        if version == 0:
            _fill(Changing(session), settings)
        session.execute(
            "UPDATE citespan.catalogues SET version = %s WHERE number = %s",
            (len(MIGRATIONS), schema.number),
        )
    return schema


def drop_schema(session: ServerConnection, name: str) -> None:
    """Delete a catalogue with all it holds; do nothing if it is not there."""
    with translated(f"the catalogue {name}"), session.transaction():
        found = found_schema(session, name)
        if found:
            session.execute(f"DROP SCHEMA {found[0].name} CASCADE".encode())
            session.execute("DELETE FROM citespan.catalogues WHERE number = %s", (found[0].number,))


def found_schema(session: ServerConnection, name: str) -> tuple[Schema, int] | None:
    """Return the schema and the version of a catalogue, if it is there."""
    with translated(f"the catalogue {name}"):
        known: Any = session.execute("SELECT to_regclass('citespan.catalogues')").fetchone()
        if known[0] is None:
            return None
        row: Any = session.execute(
            "SELECT number, identity, version FROM citespan.catalogues WHERE name = %s",
            (name,),
            binary=True,
        ).fetchone()
    return (Schema(number=row[0], identity=row[1]), row[2]) if row else None


def _added(session: ServerConnection, name: str) -> Schema:
    """Record a new catalogue, and make its schema."""
    encoding: Any = session.execute("SHOW server_encoding").fetchone()
    if encoding[0] != "UTF8":
        raise StoreMismatch(f"the database has the encoding {encoding[0]}; it must be UTF8")
    try:
        session.execute(_CATALOGUES)
        row: Any = session.execute(
            "INSERT INTO citespan.catalogues (name, identity, version) VALUES (%s, %s, 0)"
            " RETURNING number, identity",
            (name, ulid()),
            binary=True,
        ).fetchone()
        schema = Schema(number=row[0], identity=row[1])
        session.execute(f"CREATE SCHEMA {schema.name}".encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            "the user of store.url may not make schemas; grant it CREATE on the database"
        ) from error
    return schema


def _fill(db: Changing, settings: Mapping[str, str]) -> None:
    build = add_build(db, settings, CHUNKS)
    values = {"generation": "0", "build": str(build)}
    db.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))
