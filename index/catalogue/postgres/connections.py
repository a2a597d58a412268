"""Connections to a PostgreSQL server: opened as they are needed, and used again."""

import threading
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
    from psycopg.pq import TransactionStatus
    from psycopg.types.string import StrDumperUnknown
except ImportError as error:
    raise StoreMismatch(
        f"a store on PostgreSQL needs citespan[postgres] ({error}); install it with"
        " `pip install 'citespan[postgres]'`"
    ) from error


_FRESH_S = 1.0  # a connection that was used so shortly ago is not checked
_IDLE_S = 60.0  # a connection that was not used for so long is closed
_LOCK_S = 60  # that a statement waits for a lock
_PAUSE_S = 900  # that a transaction waits for its next statement: words of millions take minutes
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
SET lock_timeout = '{_LOCK_S}s';
SET idle_in_transaction_session_timeout = '{_PAUSE_S}s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off';
"""


class ServerConnection(psycopg.Connection[tuple[Any, ...]]):
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

    A connection is opened when a thread needs one and none is idle, so that a server that cannot
    be reached is reported at once, and one that is back is used at once.

    Args:
        server: where the catalogue is.
        schema: what the connections see the tables of; None for those of the whole server.

    Raises:
        StoreUnavailable: the server cannot be reached; the message says why. Any method raises it.
    """

    def __init__(self, server: CatalogueServer, schema: str | None = None) -> None:
        self._server, self._schema = server, schema
        self._url = _with_patience(server)
        self._free = threading.BoundedSemaphore(server.connections)
        self._idle: list[ServerConnection] = []
        self._lost_s = 0.0  # when a connection was last found closed
        self._closed = False

    @contextmanager
    def one(self) -> Generator[ServerConnection]:
        """Yield a connection for the block."""
        if not self._free.acquire(timeout=self._server.timeout_s):
            raise StoreUnavailable(f"{self._server} is busy: raise store.connections")
        try:
            session = self._kept() or self._opened()
            try:
                yield session
            finally:
                self._keep(session)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close all connections; those that are in use are closed after it."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> ServerConnection | None:
        """Return an idle connection that the server still knows, if there is one."""
        while not self._closed:
            try:
                session = self._idle.pop()  # the last one, so that the others may grow old
            except IndexError:
                return None
            if self._is_good(session):
                return session
            session.close()
        raise StoreUnavailable("the catalogue is closed")

    def _keep(self, session: ServerConnection) -> None:
        if session.closed:
            self._lost_s = time.monotonic()
        elif self._closed or session.info.transaction_status != TransactionStatus.IDLE:
            session.close()
        else:
            session.used_s = time.monotonic()
            self._idle.append(session)

    def _is_good(self, session: ServerConnection) -> bool:
        idle_s = time.monotonic() - session.used_s
        if idle_s > _IDLE_S:
            return False
        if idle_s < _FRESH_S and session.used_s > self._lost_s:
            return True
        try:
            session.execute(b"")
        except psycopg.Error:
            self._lost_s = time.monotonic()
            return False
        return True

    def _opened(self) -> ServerConnection:
        session: ServerConnection | None = None
        try:
            session = ServerConnection.connect(self._url, autocommit=True)
            session.adapters.register_dumper(str, _TextDumper)
            session.adapters.register_loader("text", _TextLoader)
            session.execute(_SESSION.encode())
            if self._schema is not None:
                session.execute(f"SET search_path = {self._schema}".encode())
        except psycopg.Error as error:
            if session is not None:
                session.close()
            # The driver's own traceback would show the address, with its password.
            raise StoreUnavailable(f"{self._server} cannot be reached: {_said(error)}") from None
        return session


def _with_patience(server: CatalogueServer) -> str:
    """Return the URL with time limits, where it has none."""
    try:
        given = conninfo_to_dict(server.url)
    except psycopg.ProgrammingError:
        raise StoreMismatch(
            "store.url is no address of a PostgreSQL server; it is of the form"
            " postgresql://user:password@host/database"
        ) from None  # which may show the password
    own = {**_PATIENCE, "connect_timeout": str(max(2, round(server.timeout_s)))}
    return make_conninfo(server.url, **{key: own[key] for key in own.keys() - given.keys()})


def _said(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
