"""The table of builds, and which of them is the current one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from citespan.decoding import converted, from_json
from citespan.index.catalogue.database import Tables
from citespan.index.disk.json_column import decoded
from citespan.index.errors import StoreCorrupt, StoreMismatch
from citespan.index.types import Build, Sections

_EITHER_WAY = frozenset({"cutting"})  # settings that older chunks may differ in
_SET = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_OWN = "own"  # next to the settings that the chunks depend on
# Rows are in the order of storing, not of the ids, which are hashes. Pages are full, and the chunks
# of a document lie together.
_CHUNKS = """
CREATE TABLE chunks_{build} (
    at INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, tokens INTEGER NOT NULL,
    vector BLOB NOT NULL, context TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX chunks_{build}_by_document ON chunks_{build} (document_id);
"""


class BuildTable:
    """The builds in the catalogue's database; methods are as those of `Catalogue`.

    Args:
        db: the catalogue's database.
        name: what the catalogue is called in messages.
        place: where its data is, for messages.
    """

    def __init__(self, db: Tables, name: str, place: str) -> None:
        self._db = db
        self._name, self._place = name, place

    def all(self) -> tuple[Build, ...]:
        rows = self._db.rows("SELECT id, settings, created_at FROM builds ORDER BY id")
        return tuple(_build(row) for row in rows)

    def get(self, build_id: int) -> Build:
        """Return a build.

        Raises:
            StoreCorrupt: there is no such build.
        """
        found = [build for build in self.all() if build.id == build_id]
        if not found:
            raise StoreCorrupt(f"{self._name} has lost build {build_id}")
        return found[0]

    def current(self) -> int:
        return self.number("build")

    def previous(self) -> int | None:
        rows = self._db.rows(
            "SELECT b.id FROM builds b"
            " JOIN meta m ON m.key = 'previous' AND m.value = CAST(b.id AS TEXT)"
        )
        return rows[0][0] if rows else None

    def number(self, key: str) -> int:
        """Return a number of the catalogue as a whole: `build` or `generation`.

        Raises:
            StoreCorrupt: the number is lost.
        """
        rows = self._db.rows("SELECT value FROM meta WHERE key = ?", (key,))
        if not rows or not rows[0][0].isdecimal():
            raise StoreCorrupt(f"{self._name} has lost its {key}")
        return int(rows[0][0])

    def check_settings(self, build: Build, settings: Mapping[str, str]) -> None:
        """Check that a build was made with the given settings.

        Raises:
            StoreMismatch: a setting has another value.
        """
        for key, value in settings.items():
            if key not in _EITHER_WAY and build.settings.get(key) != value:
                raise StoreMismatch(
                    f"{self._place} was made with"
                    f" {key} = {build.settings.get(key)}, now it is {value}; set it back,"
                    " or rebuild its chunks with `citespan reindex`"
                )

    def switch(self, db: Any, build: Build, own: Sections) -> None:
        """Make a build current in the open transaction, and record settings with it."""
        settings = {**build.settings, _OWN: own} if own else build.settings
        encoded = msgspec.json.encode(settings, order="sorted").decode()
        db.execute("UPDATE builds SET settings = ? WHERE id = ?", (encoded, build.id))
        values = {"build": str(build.id), "previous": str(self.current())}
        db.executemany(_SET, list(values.items()))


class DerivedTable:
    """The states of derived indexes in the catalogue's database, as `Catalogue` has them.

    Args:
        db: the catalogue's database.
        build: the id of the build that the indexes are derived from.
    """

    def __init__(self, db: Tables, build: int) -> None:
        self._db = db
        self._build = build

    def get(self, name: str) -> Mapping[str, str]:
        rows = self._db.rows(
            "SELECT record FROM derived WHERE name = ?", (f"{self._build}/{name}",)
        )
        try:
            return from_json(rows[0][0], dict[str, str]) if rows else {}
        except msgspec.MsgspecError:
            return {}  # as if nothing was recorded: the index is rebuilt

    def record(self, db: Any, name: str, record: Mapping[str, str]) -> None:
        """Record a state in the open transaction."""
        values: Sequence[str] = (
            f"{self._build}/{name}",
            msgspec.json.encode(record).decode(),
        )
        db.execute("INSERT OR REPLACE INTO derived VALUES (?, ?)", values)

    def forget(self, db: Any, build: int) -> None:
        """Remove the states of a build's indexes in the open transaction."""
        db.execute("DELETE FROM derived WHERE name LIKE ?", (f"{build}/%",))


def add_build(db: Any, settings: Mapping[str, str], tables: str = _CHUNKS) -> int:
    """Make an empty table of chunks in the open transaction; return the build's id.

    Args:
        db: the changing connection.
        settings: those of the build.
        tables: the statements that make the table, of a build `{build}`.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    values = (msgspec.json.encode(dict(settings), order="sorted").decode(), now)
    statement = "INSERT INTO builds (settings, created_at) VALUES (?, ?) RETURNING id"
    build: int = db.execute(statement, values).fetchone()[0]
    db.execute(tables.format(build=build))
    return build


def drop_build(db: Any, build: int) -> None:
    """Delete a build in the open transaction; do nothing if there is no such build."""
    db.execute("DELETE FROM builds WHERE id = ?", (build,))
    if db.changes():
        db.execute(f"DROP TABLE chunks_{build}")
    db.execute("DELETE FROM removed WHERE build = ?", (build,))


def _build(row: tuple[int, str, str]) -> Build:
    """Return the build of a row: its id, settings and time.

    Raises:
        StoreCorrupt: the settings are damaged.
    """
    settings = decoded(row[1], "settings of a build")
    try:
        own = converted(settings.pop(_OWN, {}), Sections)
    except msgspec.ValidationError as error:
        raise StoreCorrupt(f"the settings of build {row[0]} are damaged: {error}") from error
    return Build(id=row[0], settings=settings, own=own, created_at=row[2])
