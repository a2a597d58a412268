"""One SQLite connection for many threads, whose errors are ours.

Each page of the file ends in a checksum, which SQLite's checksum VFS writes and looks at whenever a
page is read: what is damaged is never taken for what was stored.

Source: https://www.sqlite.org/cksumvfs.html
"""

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import apsw.sqlite_extra

from index.crashpoints import reached
from index.errors import StoreCorrupt, StoreFull, StoreUnavailable

_BUSY_MS = 5000  # how long a write waits for another connection
_NO_ROOM_TO_SHARE = apsw.SQLITE_IOERR_SHMSIZE  # the file beside it cannot grow
_CHECKSUM = 8  # bytes at the end of each page
_CHECKING = "cksmvfs"
_WRONG_CHECKSUM = apsw.SQLITE_IOERR_DATA
_HEADER = 100  # bytes of a file that tell of all its pages
_CURE = "restore it from a backup, or move it away and ingest the documents again"
# With SQLite's 2 MiB, half of what a search reads among many chunks was read from the file again,
# and its checksums looked at: .5 ms a search at 100,000, .7 at a million. Twice as much gains .1.
_CACHE_KIB = 16_384
_BATCH = 500  # ids in one statement; SQLite allows many more, none is faster


class Database:
    """A database in one file.

    Args:
        path: the file; made if it is missing and `read_only` is not set.
        read_only: never write; other processes may.
        verified: refuse pages whose checksum is wrong; otherwise only what is written is right,
            which is for mending alone.

    Raises:
        StoreUnavailable: the file cannot be opened; of any method: not be read or written.
        StoreCorrupt: the file is damaged; of any method too.
    """

    def __init__(self, path: Path, *, read_only: bool, verified: bool = True) -> None:
        self._lock = threading.RLock()
        self._path = path
        self.log_is_clean = False  # nothing that was removed is in it; who removes says so
        self._read_only, self._verified = read_only, verified
        _load_checking()
        self._open()

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
        """Reads inside see one state, unless one of them fails and the others go on.

        What is written inside is kept, if nothing is raised.
        """
        with self._lock, _translated(self._path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            ending = "ROLLBACK"
            try:
                yield
                ending = "COMMIT"
            finally:
                if self._db.in_transaction:  # one that fails ends it
                    self._db.execute(ending)

    @contextmanager
    def transaction(self) -> Generator[Any]:
        """The connection; what is done with it inside is done whole, or not at all."""
        with self._lock, _translated(self._path):
            with self._db:
                yield self._db
                reached("catalogue.before-commit")
            reached("catalogue.after-commit")

    def has_checksums(self) -> bool:
        """Whether the pages are checked: those of files of earlier versions are not."""
        return self.rows("PRAGMA checksum_verification") == [("1",)]

    def reserves_checksums(self) -> bool:
        """As `has_checksums`, also where they are not looked at."""
        with self._lock, _translated(self._path):
            return self._db.reserve_bytes() == _CHECKSUM

    def integrity_problems(self) -> list[str]:
        """What SQLite finds wrong with tables and indexes; empty if nothing is."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def copy_to(self, path: Path) -> None:
        """Write all that is stored to a new file, without unused space."""
        with self._lock, _translated(self._path):
            self._db.execute("VACUUM INTO ?", (str(path),))
            _seal(path)

    def vacuum(self) -> None:
        """Write the file anew without its unused space."""
        self.rows("VACUUM")

    def rewrite(self, last: str) -> None:
        """Write the whole file anew, with checksums, and put it in the place of this one.

        Args:
            last: statements for the new file before that.

        Raises:
            StoreUnavailable: another process reads this one.
        """
        made = self._path.with_name(f"{self._path.name}.new")
        with self._lock, _translated(self._path):
            made.unlink(missing_ok=True)  # of one that was killed
            self._db.reserve_bytes(reserve=_CHECKSUM)
            self._db.execute("VACUUM INTO ?", (str(made),))
            _seal(made)
            with closing(_connected(made)) as db:
                db.execute(last)
            reached("migration.rewritten")
            self.empty_log()
            self._db.close()
            try:
                if self._path.with_name(f"{self._path.name}-wal").exists():
                    raise StoreUnavailable(
                        f"the catalogue {self._path} is of an earlier version, and cannot be"
                        " brought up to date while other processes read it; stop them first"
                    )
                _sync(made)
                made.rename(self._path)
                _sync(self._path.parent)
            finally:
                self._open()

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

    def _open(self) -> None:
        with _translated(self._path):
            self._db: Any = _connected(self._path, read_only=self._read_only)
        try:
            with _translated(self._path):
                self._db.set_busy_timeout(_BUSY_MS)
                self._db.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
                self._db.execute("PRAGMA cell_size_check = ON")
                self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                if not self._verified:
                    self._db.execute("PRAGMA checksum_verification = OFF")
                if not self._read_only:
                    self._db.reserve_bytes(reserve=_CHECKSUM)  # of a new file
                    # Of a new file: vectors of 384 numbers fill 8 kB pages, and leave a quarter
                    # of smaller ones empty.
                    self._db.execute("PRAGMA page_size = 8192")
                    # FULL: a commit survives a power cut, not only a killed process. It goes first:
                    # what follows a statement that gives a row is not run.
                    self._db.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL")
        except BaseException:
            self._db.close()
            raise


def wrong_pages(file: Path) -> Iterator[int]:
    """The pages of a database, from 1 on, whose checksum is wrong; nobody is to write to it."""
    with _translated(file), _pages(file, "unix") as opened, closing(_unfiled()) as db:
        size = _page_size(opened)
        for at in range(0, opened.xFileSize() - size + 1, size):
            page = opened.xRead(size, at)
            if not db.execute("SELECT verify_checksum(?)", (page,)).fetchone()[0]:
                yield at // size + 1


def _seal(file: Path) -> None:
    """Write the checksums that a new file lacks.

    SQLite knows that it has some only once the first page is written, which is the last.
    """
    wrong = list(wrong_pages(file))
    with _pages(file, "unix") as read, _pages(file, _CHECKING, write=True) as written:
        size = _page_size(written)  # from here on it knows
        for page in wrong:
            at = (page - 1) * size
            written.xWrite(read.xRead(size, at), at)
        written.xSync(apsw.SQLITE_SYNC_FULL)


@contextmanager
def _pages(file: Path, vfs: str, *, write: bool = False) -> Generator[Any]:
    """A file through SQLite: closing it in another way would give up the locks SQLite has on it."""
    _load_checking()
    mode = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    opened = apsw.VFSFile(vfs, str(file.absolute()), [mode | apsw.SQLITE_OPEN_MAIN_DB, 0])
    try:
        yield opened
    finally:
        opened.xClose()


def _page_size(opened: Any) -> int:
    size = int.from_bytes(opened.xRead(_HEADER, 0)[16:18])
    return 65536 if size == 1 else size


def _unfiled() -> Any:
    return apsw.Connection(":memory:")


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _connected(path: Path, *, read_only: bool = False) -> Any:
    writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    flags = apsw.SQLITE_OPEN_READONLY if read_only else writing
    return apsw.Connection(str(path), flags=flags, vfs=_CHECKING)


@cache
def _load_checking() -> None:
    """Once a process.

    Raises:
        StoreUnavailable: SQLite came without its checksum VFS.
    """
    try:
        with closing(_unfiled()) as db:
            apsw.sqlite_extra.load(db, "cksumvfs")
    except (apsw.Error, LookupError, apsw.sqlite_extra.NotAvailable) as error:
        raise StoreUnavailable(
            f"SQLite's checksums are missing ({error}); install apsw from a wheel of its own"
        ) from error


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise StoreCorrupt(f"the catalogue {path} is damaged ({error}); {_CURE}") from error
    except OSError as error:
        raise StoreUnavailable(f"the catalogue {path} cannot be used: {error.strerror}") from error
    except apsw.Error as error:
        code = getattr(error, "extendedresult", 0)
        if code == _WRONG_CHECKSUM:
            raise StoreCorrupt(
                f"the catalogue {path} is damaged (the checksum of a page is wrong); {_CURE}"
            ) from error
        if isinstance(error, apsw.SQLError) and str(error).startswith("no such "):
            raise StoreCorrupt(f"the catalogue {path} has lost a part: {error}") from error
        if isinstance(error, apsw.FullError) or code == _NO_ROOM_TO_SHARE:
            raise StoreFull(f"the disk is full; the catalogue {path} is as it was") from error
        raise StoreUnavailable(f"the catalogue {path} cannot be used: {error}") from error
