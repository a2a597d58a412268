"""The list of collections that all servers have."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from citespan.index.catalogue.postgres import ServerDatabase
from citespan.index.disk.ids import ulid
from citespan.index.disk.json_column import decoded
from citespan.index.types import Sections


class SharedCollection(NamedTuple):
    """A collection: its name, what tells it from earlier ones of that name, and its settings."""

    name: str
    identity: str
    own: Mapping[str, Any]


class Listing:
    """The list of collections on a server.

    Args:
        db: the shared tables; `close` closes them.

    Raises:
        StoreUnavailable: any method: the server cannot be reached.
    """

    def __init__(self, db: ServerDatabase) -> None:
        self._db = db

    @property
    def db(self) -> ServerDatabase:
        """The shared tables, until they are closed."""
        return self._db

    def all(self) -> list[SharedCollection]:
        """Return all collections, by name."""
        rows = self._db.rows("SELECT name, identity, own FROM collections ORDER BY name")
        return [SharedCollection(row[0], row[1], decoded(row[2], "settings")) for row in rows]

    def identity(self, name: str) -> str | None:
        """Return the identity of a collection; None if it is not listed."""
        rows = self._db.rows("SELECT identity FROM collections WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def add(self, name: str, own: Sections) -> SharedCollection | None:
        """Add a collection, and return it; return None if the name is taken."""
        made = SharedCollection(name, ulid(), own)
        with self._db.transaction() as db:
            db.execute(
                "INSERT INTO collections VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, made.identity, msgspec.json.encode(own).decode()),
            )
            return made if db.changes() else None

    def remove(self, name: str) -> None:
        """Remove a collection; do nothing if it is not there."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM collections WHERE name = ?", (name,))

    def close(self) -> None:
        """Close the connections."""
        self._db.close()
