"""Small files that all servers of a database have."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager

from citespan.index.catalogue import Tables

_LOCK = 0x6369_7466_696C_6573  # the advisory lock of who changes one: "citfiles"
_WRITE = """
INSERT INTO small_files VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE
    SET data = excluded.data, version = small_files.version + 1
"""


class SharedFiles:
    """Small files on a server: each change is one transaction.

    Args:
        db: the shared tables.

    Raises:
        StoreUnavailable: any method: the server cannot be reached.
    """

    def __init__(self, db: Tables) -> None:
        self._db = db

    def version(self, name: str) -> int:
        """Return a number that grows with each change of a file; 0 if it is not there."""
        rows = self._db.rows("SELECT version FROM small_files WHERE name = ?", (name,))
        return rows[0][0] if rows else 0

    def read(self, name: str) -> bytes | None:
        """Return what a file holds; None if it is not there."""
        rows = self._db.rows("SELECT data FROM small_files WHERE name = ?", (name,))
        return bytes(rows[0][0]) if rows else None

    def below(self, folder: str) -> dict[str, bytes]:
        """Return the files whose names begin with a folder and a slash, by the rest of the name."""
        asked = "SELECT name, data FROM small_files WHERE starts_with(name, ?)"
        rows = self._db.rows(asked, (f"{folder}/",))
        return {name.removeprefix(f"{folder}/"): bytes(data) for name, data in rows}

    def write(self, name: str, data: bytes) -> None:
        """Replace what a file holds."""
        with self._db.transaction() as db:
            db.execute(_WRITE, (name, data))

    def remove(self, name: str) -> None:
        """Remove a file; do nothing if it is not there."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM small_files WHERE name = ?", (name,))

    def is_new(self, name: str, data: bytes) -> bool:
        """Return whether a file of a data folder was not taken over before, and note that it is.

        To be called inside `changing`. What was taken over may have been removed since, so that its
        absence says nothing.
        """
        note = f"taken/{hashlib.sha256(name.encode() + b'/' + data).hexdigest()}"
        if self.version(note):
            return False
        self.write(note, b"")
        return True

    @contextmanager
    def changing(self) -> Generator[None]:
        """Let no other process be inside this context; changes inside are committed together."""
        with self._db.transaction() as db:
            db.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
            yield
