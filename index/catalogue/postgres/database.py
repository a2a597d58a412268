"""The tables of one catalogue on a PostgreSQL server, for many threads and processes."""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from citespan.index.catalogue.postgres.connections import Connections, ServerConnection
from citespan.index.disk.crashpoints import reached
from citespan.index.errors import BuildReplaced, StoreCorrupt, StoreFull, StoreUnavailable

_BATCH = 500  # ids in one statement
_LOCKED = b"SELECT value FROM meta WHERE key = 'generation' FOR UPDATE"
_OF_BUILDS = ('"chunks_', '"search_')  # the tables of a build begin with it
_SHARED = 0x6369_7465  # of the advisory locks of this program: "cite"
_TURNS = 0x7475_726E  # of those who take turns: "turn"


class Changing:
    """A connection inside a transaction."""

    def __init__(self, session: ServerConnection) -> None:
        self._session = session
        self._changes = 0

    def execute(self, statement: str, values: Sequence[object] = ()) -> Any:
        """Run a statement, and return its rows by `fetchone` and `fetchall`."""
        if not values:  # maybe several statements, whose results have no binary form
            return self._session.execute(marked(statement))
        made = self._session.execute(marked(statement), values, binary=True)
        self._changes = made.rowcount
        return made

    def executemany(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement with each of the values."""
        if rows:
            with self._session.cursor() as cursor:
                cursor.executemany(marked(statement), rows)

    def changes(self) -> int:
        """Return how many rows the last `execute` changed."""
        return self._changes


class ServerDatabase:
    """The tables of one catalogue; methods are as those of `Tables`.

    Args:
        connections: open on the schema of the tables.
        name: what the catalogue is called in messages.
        number: of the schema, for locks.
        read_only: whether `transaction` refuses.
        in_turn: whether transactions take turns, so that generations are committed in their order.
    """

    log_is_clean = True  # the server cares for its log

    def __init__(
        self,
        connections: Connections,
        name: str,
        number: int,
        *,
        read_only: bool,
        in_turn: bool = True,
    ) -> None:
        self._connections = connections
        self._name, self._number, self._read_only = name, number, read_only
        self._in_turn = in_turn
        self._held = threading.local()

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._session() as session:
            try:
                return session.execute(marked(statement), values or None, binary=True).fetchall()
            except UnicodeEncodeError:
                return []  # no stored value equals one that is no Unicode

    def in_batches(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for at in range(0, len(ids), _BATCH):
            batch = tuple(ids[at : at + _BATCH])
            yield from self.rows(f"{statement} ({','.join('?' * len(batch))})", batch)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        with self._session() as session:
            if _inside(session):
                yield
                return
            session.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ")
            try:
                yield
            finally:
                if not session.closed:
                    session.execute(b"COMMIT")  # of a failed one: it is rolled back

    @contextmanager
    def transaction(
        self,
        *,
        removing: bool = False,  # noqa: ARG002
        in_turn: bool = True,
    ) -> Generator[Changing]:
        """As `Tables.transaction`; without `in_turn`, it waits for no other writer."""
        if self._read_only:
            raise StoreUnavailable(f"{self._name} is open for reading only")
        with self._session() as session:
            first = in_turn and self._in_turn and not _inside(session)
            with session.transaction():
                if first:
                    session.execute(_LOCKED)
                yield Changing(session)
                reached("catalogue.before-commit")
            reached("catalogue.after-commit")

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Let no other process be inside this context of the same catalogue."""
        with self._session() as session:
            session.execute("SELECT pg_advisory_lock(%s, %s)", (_SHARED, self._number))
            try:
                yield
            finally:
                with suppress(psycopg.Error):  # the server releases it with the connection
                    session.execute("SELECT pg_advisory_unlock(%s, %s)", (_SHARED, self._number))

    @contextmanager
    def turn(self, name: str, wait_s: float) -> Generator[bool]:
        """Let no other process be inside this context with the same name of the same catalogue.

        Args:
            name: of what is done in turn.
            wait_s: how long to wait for the others, in seconds.

        Yields:
            Whether it is this one's turn; False if the others are not done in time.
        """
        key = _TURNS, f"{self._number}/{name}"
        with self._session() as session:
            try:
                with session.transaction():  # the lock is the session's, and the limit is not
                    session.execute(f"SET LOCAL lock_timeout = '{round(wait_s * 1000)}ms'".encode())
                    session.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", key)
            except psycopg.errors.LockNotAvailable:
                yield False
                return
            try:
                yield True
            finally:
                with suppress(psycopg.Error):  # the server releases it with the connection
                    session.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    @contextmanager
    def _session(self) -> Generator[ServerConnection]:
        """Yield the connection that this thread uses, or else one for the block."""
        held = getattr(self._held, "session", None)
        if held is not None:
            with translated(self._name):
                yield held
            return
        with translated(self._name), self._connections.one() as session:
            self._held.session = session
            try:
                yield session
            finally:
                self._held.session = None


@contextmanager
def translated(name: str) -> Generator[None]:
    """Raise errors of the server inside as errors of the store."""
    try:
        yield
    except psycopg.Error as error:
        raise _error_of(error, name) from error


@lru_cache(maxsize=512)
def marked(statement: str) -> bytes:
    """Return a statement with the driver's marks in place of `?`."""
    return statement.replace("?", "%s").encode()


def _inside(session: ServerConnection) -> bool:
    return session.info.transaction_status != TransactionStatus.IDLE


def _error_of(error: psycopg.Error, name: str) -> Exception:
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    damage = psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted
    if isinstance(error, damage):
        return StoreCorrupt(f"{name} is damaged ({said}); restore the server from a backup")
    undefined = isinstance(error, psycopg.errors.UndefinedTable)
    if undefined and any(name in said for name in _OF_BUILDS):
        return BuildReplaced()  # and those before it are dropped
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return StoreUnavailable(
            f"{name} has lost a part ({said}): another server deleted or rebuilt the collection"
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return StoreFull(f"the disk of the server is full; {name} is unchanged")
    return StoreUnavailable(f"{name} cannot be used: {said}")
