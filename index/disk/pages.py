"""The pages of a database's file, and their checksums."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import apsw.sqlite_extra

from citespan.index.disk.failures import CATALOGUE_KIND, translated
from citespan.index.errors import StoreUnavailable

HEADER = 100  # bytes at the start of a file that describe its pages
CHECKSUMS = "cksmvfs"  # the VFS that verifies the checksums


def catalogue_size(header: bytes) -> int:
    """Return the size in bytes that a database's header states; 0 if the header is invalid."""
    if len(header) < HEADER or not header.startswith(b"SQLite format 3\0"):
        return 0
    size = int.from_bytes(header[16:18])
    return (65536 if size == 1 else size) * int.from_bytes(header[28:32])


def wrong_pages(file: Path) -> Iterator[int]:
    """Yield the pages of a database, from 1, whose checksum is wrong; no writer may be active."""
    with (
        translated(file, CATALOGUE_KIND),
        _pages(file, "unix") as opened,
        closing(_unfiled()) as db,
    ):
        size = _page_size(opened)
        for at in range(0, opened.xFileSize() - size + 1, size):
            page = opened.xRead(size, at)
            if not db.execute("SELECT verify_checksum(?)", (page,)).fetchone()[0]:
                yield at // size + 1


def seal_pages(file: Path) -> None:
    """Write the checksums that a new file lacks.

    SQLite recognises checksums only once the first page has been written, which is written last.
    """
    wrong = list(wrong_pages(file))
    with _pages(file, "unix") as read, _pages(file, CHECKSUMS, write=True) as written:
        size = _page_size(written)  # from here on SQLite recognises them
        for page in wrong:
            at = (page - 1) * size
            written.xWrite(read.xRead(size, at), at)
        written.xSync(apsw.SQLITE_SYNC_FULL)


@contextmanager
def _pages(file: Path, vfs: str, *, write: bool = False) -> Generator[Any]:
    """Open a file through SQLite; closing it otherwise would release SQLite's locks on it."""
    load_checksums()
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


@cache
def load_checksums() -> None:
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
