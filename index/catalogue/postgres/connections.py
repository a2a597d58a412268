"""Connections to a PostgreSQL server: opened as they are needed, and used again."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from citespan.index.catalogue.postgres.texts import read, written
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.errors import StoreMismatch, StoreUnavailable

try:
    import psycopg
    from psycopg.adapt import Buffer, Loader
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.types.string import StrDumperUnknown
    from psycopg_pool import ConnectionPool, PoolTimeout
except ImportError as error:
    raise StoreMismatch(
        f"a store on PostgreSQL needs citespan[postgres] ({error}); install it with"
        " `pip install 'citespan[postgres]'`"
    ) from error


_FRESH_S = 1.0  # a connection that was used so shortly ago is not checked
_IDLE_S = 60.0  # a connection that was not used for so long is closed
_SLOW_S = 60  # that a statement waits for a lock, or a transaction for its next statement
# What the client waits for a server that is gone. A URL may say otherwise.
_PATIENCE = {
    "application_name": "citespan",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
# What the server waits for a client that is gone, whose locks others wait for; and that what it
# says is stored is on its disk.
_SESSION = f"""
SET lock_timeout = '{_SLOW_S}s';
SET idle_in_transaction_session_timeout = '{_SLOW_S}s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off';
"""


class Session(psycopg.Connection[tuple[Any, ...]]):
    """A connection, and when it was last used, by the monotonic clock."""

    used_s = 0.0


class _TextDumper(StrDumperUnknown):
    """Writes texts, in which the server cannot hold NUL."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(written(obj))


class _TextLoader(Loader):
    """Reads texts that `_TextDumper` wrote."""

    format = psycopg.pq.Format.BINARY

    def load(self, data: Buffer) -> str:
        return read(bytes(data).decode())


class Connections:
    """The connections of one catalogue. Safe for many threads.

    Args:
        server: where the catalogue is.

    Raises:
        StoreUnavailable: the server cannot be reached; the message says why. Any method raises it.
    """

    def __init__(self, server: CatalogueServer) -> None:
        self._server = server
        self._url = _with_patience(server)
        self._pool: ConnectionPool[Session] | None = None

    @contextmanager
    def apart(self) -> Generator[Session]:
        """Yield a connection of its own, before there are others."""
        with self._connected() as session:
            _prepare(session)
            yield session

    def open(self, schema: str) -> None:
        """Let all connections from now on see the tables of a schema."""

        def configure(session: Session) -> None:
            _prepare(session)
            session.execute(f"SET search_path = {schema}".encode())

        self._pool = ConnectionPool(
            self._url,
            connection_class=Session,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=self._server.connections,
            configure=configure,
            check=self._check,
            timeout=self._server.timeout_s,
            reconnect_timeout=self._server.timeout_s,
            max_idle=_IDLE_S,
            num_workers=1,
            open=True,
        )

    @contextmanager
    def one(self) -> Generator[Session]:
        """Yield a connection for the block."""
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("the catalogue is closed")
        try:
            session = pool.getconn()
        except PoolTimeout as error:
            with self._connected():  # raises if the server is why
                pass
            raise StoreUnavailable(
                f"{self._server} has no connection free; raise store.connections"
            ) from error
        try:
            yield session
        finally:
            session.used_s = time.monotonic()
            pool.putconn(session)

    def close(self) -> None:
        """Close all connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _check(self, session: Session) -> None:
        if time.monotonic() - session.used_s > _FRESH_S:
            ConnectionPool.check_connection(session)

    @contextmanager
    def _connected(self) -> Generator[Session]:
        try:
            session = Session.connect(self._url, autocommit=True)
        except psycopg.Error as error:
            raise StoreUnavailable(f"{self._server} cannot be reached: {_said(error)}") from error
        with session:
            yield session


def _with_patience(server: CatalogueServer) -> str:
    """Return the URL with time limits, where it has none."""
    try:
        given = conninfo_to_dict(server.url)
    except psycopg.ProgrammingError as error:
        raise StoreMismatch(
            "store.url is no address of a PostgreSQL server; it is of the form"
            " postgresql://user:password@host/database"
        ) from error
    own = {**_PATIENCE, "connect_timeout": str(max(2, round(server.timeout_s)))}
    return make_conninfo(server.url, **{key: own[key] for key in own.keys() - given.keys()})


def _prepare(session: Session) -> None:
    session.adapters.register_dumper(str, _TextDumper)
    session.adapters.register_loader("text", _TextLoader)
    session.execute(_SESSION.encode())


def _said(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
