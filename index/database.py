"""One SQLite connection for many threads, whose errors are ours."""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from index.crashpoints import reached
from index.errors import StoreCorrupt, StoreFull, StoreUnavailable

_BUSY_MS = 5000  # how long a write waits for another connection
_NO_ROOM_TO_SHARE = apsw.SQLITE_IOERR_SHMSIZE  # the file beside it cannot grow
_BATCH = 500  # ids in one statement; SQLite allows many more, none is faster


class Database:
    """A database in one file.

    Args:
        path: the file; made if it is missing and `read_only` is not set.
        read_only: never write; other processes may.

    Raises:
        StoreUnavailable: the file cannot be opened; of any method: not be read or written.
        StoreCorrupt: the file is damaged; of any method too.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._lock = threading.RLock()
        self._path = path
        self.log_is_clean = False  # nothing that was removed is in it; who removes says so
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        with _translated(path):
            self._db: Any = apsw.Connection(
                str(path), flags=apsw.SQLITE_OPEN_READONLY if read_only else writing
            )
        try:
            with _translated(path):
                self._db.set_busy_timeout(_BUSY_MS)
                self._db.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
                if not read_only:
                    # Of a new file: vectors of 384 numbers fill 8 kB pages, and leave a quarter
                    # of smaller ones empty.
                    self._db.execute("PRAGMA page_size = 8192")
                    # FULL: a commit survives a power cut, not only a killed process.
                    self._db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        except BaseException:
            self._db.close()
            raise

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What one statement gives."""
        with self._lock, _translated(self._path):
            try:
                return self._db.execute(statement, values).fetchall()
            except (OverflowError, UnicodeEncodeError):
                return []  # no stored value equals one that SQLite cannot hold

    def in_batches(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """What a statement that ends in IN gives for all of the ids."""
        for at in range(0, len(ids), _BATCH):
            batch = tuple(ids[at : at + _BATCH])
            yield from self.rows(f"{statement} ({','.join('?' * len(batch))})", batch)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Reads inside see one state."""
        with self._lock, _translated(self._path), self._db:
            yield

    @contextmanager
    def transaction(self) -> Generator[Any]:
        """The connection; what is done with it inside is done whole, or not at all."""
        with self._lock, _translated(self._path):
            with self._db:
                yield self._db
                reached("catalogue.before-commit")
            reached("catalogue.after-commit")

    def empty_log(self) -> bool:
        """Write what the log holds into the file, and cut the log to nothing.

        False if another connection is reading from it: nothing waits for that.
        """
        with self._lock, _translated(self._path):
            self._db.set_busy_timeout(0)
            try:
                busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._db.set_busy_timeout(_BUSY_MS)
        self.log_is_clean = self.log_is_clean or not busy
        return not busy

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise StoreCorrupt(
            f"the catalogue {path} is damaged ({error}); restore it from a backup, or move it"
            " away and ingest the documents again"
        ) from error
    except apsw.Error as error:
        if isinstance(error, apsw.SQLError) and str(error).startswith("no such "):
            raise StoreCorrupt(f"the catalogue {path} has lost a part: {error}") from error
        code = getattr(error, "extendedresult", 0)
        if isinstance(error, apsw.FullError) or code == _NO_ROOM_TO_SHARE:
            raise StoreFull(f"the disk is full; the catalogue {path} is as it was") from error
        raise StoreUnavailable(f"the catalogue {path} cannot be used: {error}") from error
