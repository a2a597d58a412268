"""One SQLite connection for many threads, which raises the errors of `index.errors`.

Each page of the file ends in a checksum. SQLite's checksum VFS writes the checksum and verifies it
whenever a page is read, so that damaged data is never returned.

Source: https://www.sqlite.org/cksumvfs.html
"""

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import apsw.sqlite_extra

from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import unavailable
from citespan.index.disk.reserve import Loan, Reserve
from citespan.index.errors import StoreCorrupt, StoreFull, StoreUnavailable

_BUSY_MS = 5000  # that a write waits for another connection
_NO_ROOM_TO_SHARE = apsw.SQLITE_IOERR_SHMSIZE  # the `-shm` file cannot grow
_CHECKSUM = 8  # bytes at the end of each page
_CHECKING = "cksmvfs"
_WRONG_CHECKSUM = apsw.SQLITE_IOERR_DATA
HEADER = 100  # bytes at the start of a file that describe its pages
# With SQLite's 2 MiB, a search among many chunks read half of its pages from the file again and
# verified their checksums: .5 ms a search at 100,000, .7 at a million. Twice as much gains .1.
_CACHE_KIB = 16_384
_BATCH = 500  # ids in one statement; SQLite allows many more, none is faster


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The contents of a database and the cure for its damage, for messages.

    damaged: the error that a damaged database raises.
    """

    named: str
    cure: str
    damaged: type[StoreCorrupt] = StoreCorrupt


_CATALOGUE = Kind(
    named="the catalogue",
    cure="restore it from a backup, or move it away and ingest the documents again",
)


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
        kind: Kind = _CATALOGUE,
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
        _load_checking()
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
            _seal(path)

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
            with _translated(self._path, self._kind):
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


def catalogue_size(header: bytes) -> int:
    """Return the size in bytes that a database's header states; 0 if the header is invalid."""
    if len(header) < HEADER or not header.startswith(b"SQLite format 3\0"):
        return 0
    size = int.from_bytes(header[16:18])
    return (65536 if size == 1 else size) * int.from_bytes(header[28:32])


def wrong_pages(file: Path) -> Iterator[int]:
    """Yield the pages of a database, from 1, whose checksum is wrong; no writer may be active."""
    with _translated(file, _CATALOGUE), _pages(file, "unix") as opened, closing(_unfiled()) as db:
        size = _page_size(opened)
        for at in range(0, opened.xFileSize() - size + 1, size):
            page = opened.xRead(size, at)
            if not db.execute("SELECT verify_checksum(?)", (page,)).fetchone()[0]:
                yield at // size + 1


def _seal(file: Path) -> None:
    """Write the checksums that a new file lacks.

    SQLite recognises checksums only once the first page has been written, which is written last.
    """
    wrong = list(wrong_pages(file))
    with _pages(file, "unix") as read, _pages(file, _CHECKING, write=True) as written:
        size = _page_size(written)  # from here on SQLite recognises them
        for page in wrong:
            at = (page - 1) * size
            written.xWrite(read.xRead(size, at), at)
        written.xSync(apsw.SQLITE_SYNC_FULL)


@contextmanager
def _pages(file: Path, vfs: str, *, write: bool = False) -> Generator[Any]:
    """Open a file through SQLite; closing it otherwise would release SQLite's locks on it."""
    _load_checking()
    mode = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    opened = apsw.VFSFile(vfs, str(file.absolute()), [mode | apsw.SQLITE_OPEN_MAIN_DB, 0])
    try:
        yield opened
    finally:
        opened.xClose()


def _page_size(opened: Any) -> int:
    size = int.from_bytes(opened.xRead(HEADER, 0)[16:18])
    return 65536 if size == 1 else size


def _unfiled() -> Any:
    return apsw.Connection(":memory:")


def _connected(path: Path, *, read_only: bool = False) -> Any:
    if not read_only:
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        return apsw.Connection(str(path), flags=writing, vfs=_CHECKING)
    reading = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    name = path.absolute().as_uri() + ("?immutable=1" if _is_frozen(path) else "")
    return apsw.Connection(name, flags=reading, vfs=_CHECKING)


def _is_frozen(path: Path) -> bool:
    """Return whether a database is in a folder that cannot be written, and has no log.

    SQLite reads such a database only with `immutable=1`; otherwise it would create shared files.
    """
    log = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not log.exists()


@cache
def _load_checking() -> None:
    """Load SQLite's checksum VFS, once a process.

    Raises:
        StoreUnavailable: SQLite was built without its checksum VFS.
    """
    try:
        with closing(_unfiled()) as db:
            apsw.sqlite_extra.load(db, "cksumvfs")
    except (apsw.Error, LookupError, apsw.sqlite_extra.NotAvailable) as error:
        raise StoreUnavailable(
            f"SQLite's checksums are missing ({error}); install apsw from its wheel"
        ) from error


@contextmanager
def _translated(path: Path, kind: Kind) -> Generator[None]:
    file = f"{kind.named} {path}"
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise kind.damaged(f"{file} is damaged ({error}); {kind.cure}") from error
    except OSError as error:
        raise unavailable(f"{file} cannot be used", error) from error
    except apsw.Error as error:
        raise _error_of(error, file, kind) from error


def _error_of(error: apsw.Error, file: str, kind: Kind) -> StoreCorrupt | StoreUnavailable:
    code = getattr(error, "extendedresult", 0)
    if code == _WRONG_CHECKSUM:
        return kind.damaged(f"{file} is damaged (the checksum of a page is wrong); {kind.cure}")
    if isinstance(error, apsw.SQLError) and str(error).startswith("no such "):
        return kind.damaged(f"{file} has lost a part: {error}; {kind.cure}")
    if isinstance(error, apsw.FullError) or code == _NO_ROOM_TO_SHARE:
        return StoreFull(f"the disk is full; {file} is unchanged")
    return StoreUnavailable(f"{file} cannot be used: {error}")
