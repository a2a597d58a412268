"""Errors of SQLite as errors of the store, which say what is damaged and how to repair it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from citespan.index.disk.folder import unavailable
from citespan.index.errors import StoreCorrupt, StoreFull, StoreUnavailable

_NO_ROOM_TO_SHARE = apsw.SQLITE_IOERR_SHMSIZE  # the `-shm` file cannot grow
_WRONG_CHECKSUM = apsw.SQLITE_IOERR_DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """The contents of a database and the cure for its damage, for messages.

    damaged: the error that a damaged database raises.
    """

    named: str
    cure: str
    damaged: type[StoreCorrupt] = StoreCorrupt


CATALOGUE_KIND = DatabaseKind(
    named="the catalogue",
    cure="restore it from a backup, or move it away and ingest the documents again",
)


@contextmanager
def translated(path: Path, kind: DatabaseKind) -> Generator[None]:
    """Raise the errors of SQLite and of the file inside as errors of the store."""
    file = f"{kind.named} {path}"
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise kind.damaged(f"{file} is damaged ({error}); {kind.cure}") from error
    except OSError as error:
        raise unavailable(f"{file} cannot be used", error) from error
    except apsw.Error as error:
        raise _error_of(error, file, kind) from error


def _error_of(error: apsw.Error, file: str, kind: DatabaseKind) -> StoreCorrupt | StoreUnavailable:
    code = getattr(error, "extendedresult", 0)
    if code == _WRONG_CHECKSUM:
        return kind.damaged(f"{file} is damaged (the checksum of a page is wrong); {kind.cure}")
    if isinstance(error, apsw.SQLError) and str(error).startswith("no such "):
        return kind.damaged(f"{file} has lost a part: {error}; {kind.cure}")
    if isinstance(error, apsw.FullError) or code == _NO_ROOM_TO_SHARE:
        return StoreFull(f"the disk is full; {file} is unchanged")
    return StoreUnavailable(f"{file} cannot be used: {error}")
