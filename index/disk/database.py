"""One SQLite connection for many threads, which raises the errors of `index.errors`.

Each page of the file ends in a checksum. SQLite's checksum VFS writes the checksum and verifies it
whenever a page is read, so that damaged data is never returned.

Source: https://www.sqlite.org/cksumvfs.html
"""

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import apsw

from citespan.index.disk.crashpoints import reached
from citespan.index.disk.failures import CATALOGUE_KIND, DatabaseKind, translated
from citespan.index.disk.pages import CHECKSUMS, load_checksums, seal_pages
from citespan.index.disk.reserve import Loan, Reserve
from citespan.index.errors import StoreCorrupt, StoreFull, StoreUnavailable

_BUSY_MS = 5000  # that a write waits for another connection
_CHECKSUM = 8  # bytes at the end of each page
# With SQLite's 2 MiB, a search among many chunks read half of its pages from the file again and
# verified their checksums: .5 ms a search at 100,000, .7 at a million. Twice as much gains .1.
_CACHE_KIB = 16_384
_BATCH = 500  # ids in one statement; SQLite allows many more, none is faster


class Database:
    """A database in one file.

    Args:
        path: the file; if the file is missing and `read_only` is not set, it is made.
        read_only: never write; other processes may.
        verified: refuse pages whose checksum is wrong. If not set, only written pages get correct
            checksums, which is only for repairs.
        kind: the contents of the file, for messages.
        reserve: lends room to write on a full disk.

    Raises:
        StoreUnavailable: the file cannot be opened. Any method: it cannot be read or written.
        StoreCorrupt: the file is damaged. Any method raises it, too.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool,
        verified: bool = True,
        kind: DatabaseKind = CATALOGUE_KIND,
        reserve: Reserve | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._path = path
        self._kind = kind
        self._reserve = reserve
        self.damage: StoreCorrupt | None = None  # found since the start
        self.log_is_clean = (
            False  # whether it holds no removed data; removing callers set it to False
        )
        self._read_only, self._verified = read_only, verified
        load_checksums()
        with (
            reserve.lent() if reserve else nullcontext()
        ):  # room for the `-shm` file that readers share
            self._open()

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one statement."""
        with self._lock, self._translated():
            try:
                return self._db.execute(statement, values).fetchall()
            except (OverflowError, UnicodeEncodeError):
                return []  # no stored value equals one that SQLite cannot hold

    def in_batches(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement that ends in IN for all of the ids."""
        for at in range(0, len(ids), _BATCH):
            batch = tuple(ids[at : at + _BATCH])
            yield from self.rows(f"{statement} ({','.join('?' * len(batch))})", batch)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Let all reads inside see one state, unless one of them fails and the others continue.

        If the block raises nothing, its writes are kept.
        """
        with self._lock, self._translated():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            ending = "ROLLBACK"
            try:
                yield
                ending = "COMMIT"
            finally:
                if self._db.in_transaction:  # a failed statement ends it
                    self._db.execute(ending)

    @contextmanager
    def transaction(self, *, removing: bool = False) -> Generator[Any]:
        """Yield the connection; its changes inside are committed together, or not at all.

        Args:
            removing: the transaction frees more than it writes, so that it may use the reserve.
        """
        with self._lock, self._translated(), self._room() as loan:
            before = loan and self._bytes()
            with self._db:
                yield self._db
                if loan and not loan.allows(self._bytes() - (before or 0), removing=removing):
                    raise StoreFull(f"the disk is full; {self._path} is unchanged")
                reached("catalogue.before-commit")
            reached("catalogue.after-commit")

    @contextmanager
    def _room(self) -> Generator[Loan | None]:
        """Lend room to write on a full disk; the log is empty afterwards."""
        if self._reserve is None or self._db.in_transaction:
            yield None
            return
        with self._reserve.lent() as loan:
            if loan is None:
                yield None
                return
            with suppress(StoreUnavailable):  # then there is less room, and writing may fail
                self.empty_log()
            try:
                yield loan
            finally:
                loan.give_last()
                with suppress(
                    StoreUnavailable
                ):  # the change is committed; the next call tries again
                    self.empty_log()

    def _bytes(self) -> int:
        sizes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return self._db.execute(sizes).fetchone()[0]

    def has_checksums(self) -> bool:
        """Return whether reads verify the pages."""
        return self.rows("PRAGMA checksum_verification") == [("1",)]

    def reserves_checksums(self) -> bool:
        """Return whether the pages have checksums, even if reads do not verify them."""
        with self._lock, self._translated():
            return self._db.reserve_bytes() == _CHECKSUM

    def integrity_problems(self) -> list[str]:
        """Return the problems that SQLite finds in tables and indexes; empty if there are none."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def copy_to(self, path: Path) -> None:
        """Write all stored data to a new file, without unused space."""
        with self._lock, self._translated():
            self._db.execute("VACUUM INTO ?", (str(path),))
            seal_pages(path)

    def vacuum(self) -> None:
        """Rewrite the file without its unused space."""
        self.rows("VACUUM")

    def empty_log(self) -> bool:
        """Write the log into the file, and truncate the log; return whether that was done.

        If another connection is reading from the log, return False without waiting.
        """
        with self._lock, self._translated():
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
    def _translated(self) -> Generator[None]:
        try:
            with translated(self._path, self._kind):
                yield
        except StoreCorrupt as error:
            self.damage = error
            raise

    def _open(self) -> None:
        with self._translated():
            self._db: Any = _connected(self._path, read_only=self._read_only)
        try:
            with self._translated():
                self._db.set_busy_timeout(_BUSY_MS)
                self._db.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
                self._db.execute("PRAGMA cell_size_check = ON")
                self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                if not self._verified:
                    self._db.execute("PRAGMA checksum_verification = OFF")
                if not self._read_only:
                    self._db.reserve_bytes(reserve=_CHECKSUM)  # of a new file
                    # Of a new file: vectors of 384 numbers fill 8 kB pages; they would leave a
                    # quarter of smaller ones empty.
                    self._db.execute("PRAGMA page_size = 8192")
                    # FULL: a commit survives a power cut, not only a killed process. It comes
                    # first because statements after one that returns a row are not run.
                    self._db.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL")
        except BaseException:
            self._db.close()
            raise


def _connected(path: Path, *, read_only: bool = False) -> Any:
    if not read_only:
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        return apsw.Connection(str(path), flags=writing, vfs=CHECKSUMS)
    reading = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    name = path.absolute().as_uri() + ("?immutable=1" if _is_frozen(path) else "")
    return apsw.Connection(name, flags=reading, vfs=CHECKSUMS)


def _is_frozen(path: Path) -> bool:
    """Return whether a database is in a folder that cannot be written, and has no log.

    SQLite reads such a database only with `immutable=1`; otherwise it would create shared files.
    """
    log = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not log.exists()
