"""The table of tracked entries: what became of each entry of each source.

A row of a document is deleted with the document, in the same transaction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from citespan.index.catalogue.database import Tables
from citespan.index.types import Tracked

TABLE = """
CREATE TABLE IF NOT EXISTS tracked (
    source TEXT NOT NULL, key TEXT NOT NULL, member TEXT NOT NULL, version TEXT NOT NULL,
    sha256 TEXT NOT NULL, document_id TEXT UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
    reason TEXT, PRIMARY KEY (source, key, member)) STRICT, WITHOUT ROWID
"""
_ALL = "source, key, member, version, sha256, document_id, reason"


class TrackingTable:
    """The table of tracked entries in the catalogue's database.

    A catalogue that was only read since an earlier version of citespan made it has no such table.

    Args:
        db: the catalogue's database.
        made: whether every version of it has the table.
    """

    def __init__(self, db: Tables, *, made: bool = False) -> None:
        self._db = db
        self._is_there = made

    def of(self, source: str, key: str | None = None) -> list[Tracked]:
        """Return the entries of a source, or only one with what is inside, in order."""
        if key is None:
            return self._rows("WHERE source = ? ORDER BY key, member", source)
        return self._rows("WHERE source = ? AND key = ? ORDER BY member", source, key)

    def with_document(self, document_id: str) -> Tracked | None:
        """Return the entry that a document is of, if there is one."""
        return next(iter(self._rows("WHERE document_id = ?", document_id)), None)

    def sources(self) -> dict[str, int]:
        """Return how many documents are tracked, by the name of the source."""
        if not self._exists():
            return {}
        return dict(self._db.rows("SELECT source, count(document_id) FROM tracked GROUP BY source"))

    def record(self, entry: Tracked) -> None:
        """Record an entry, in place of what was recorded for it or for its document."""
        with self._db.transaction() as db:
            self.add(db, entry, entry.document_id)

    def forget(self, entries: Iterable[Tracked]) -> None:
        """Remove entries, but not their documents."""
        keys = [(one.source, one.key, one.member) for one in entries]
        with self._db.transaction(removing=True) as db:
            db.executemany("DELETE FROM tracked WHERE (source, key, member) = (?, ?, ?)", keys)
            self._db.log_is_clean = False

    def add(self, db: Any, entry: Tracked | None, document_id: str | None) -> None:
        """Record an entry, if there is one, as that of a document, in the open transaction."""
        if entry is None:
            return
        one = replace(entry, document_id=document_id)
        db.execute(
            "DELETE FROM tracked WHERE document_id = ? OR (source, key, member) = (?, ?, ?)",
            (document_id, one.source, one.key, one.member),
        )
        db.execute(
            f"INSERT INTO tracked ({_ALL}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                one.source, one.key, one.member, one.version, one.sha256, one.document_id,
                one.reason,
            ),
        )  # fmt: skip

    def leftovers(self) -> Iterator[str]:
        """Yield a line if entries are left of removed documents."""
        gone = "document_id NOT IN (SELECT id FROM documents)"
        if self._exists() and (left := self._rows(f"WHERE {gone}")):
            yield f"the catalogue holds {len(left)} tracked entries of documents that were deleted"

    def _rows(self, condition: str, *values: object) -> list[Tracked]:
        if not self._exists():
            return []
        rows = self._db.rows(f"SELECT {_ALL} FROM tracked {condition}", values)  # noqa: S608
        return [
            Tracked(
                source=row[0], key=row[1], member=row[2], version=row[3], sha256=row[4],
                document_id=row[5], reason=row[6],
            )
            for row in rows
        ]  # fmt: skip

    def _exists(self) -> bool:
        # Once it is there, it stays; until then, another process may make it.
        if not self._is_there:
            found = self._db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'tracked'")
            self._is_there = bool(found)
        return self._is_there
