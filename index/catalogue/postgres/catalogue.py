"""The catalogue on a PostgreSQL server: the source of truth of several processes."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, Self

from citespan.index.catalogue.builds import BuildTable, add_build
from citespan.index.catalogue.leftovers import ownerless_rows
from citespan.index.catalogue.postgres.connections import Connections
from citespan.index.catalogue.postgres.database import ServerDatabase
from citespan.index.catalogue.postgres.reach import Reach
from citespan.index.catalogue.postgres.records import RecordFile
from citespan.index.catalogue.postgres.schema import (
    CHUNKS,
    SEARCHED,
    drop_schema,
    found_schema,
    open_schema,
)
from citespan.index.catalogue.postgres.sealed import SealedChunks, SealedRevisions
from citespan.index.catalogue.tables import TableCatalogue, findings
from citespan.index.catalogue.tracking import TrackingTable
from citespan.index.catalogue.types import CatalogueServer, Make
from citespan.index.errors import BuildReplaced, DocumentNotFound, StoreCorrupt, StoreUnavailable
from citespan.index.types import Sections

_log = logging.getLogger("citespan.index")


class PostgresCatalogue(TableCatalogue):
    """A catalogue on a server, with the chunks of one build.

    Args:
        server: where the catalogue is; if it is not there and `read_only` is not set, it is made.
        settings: the settings that chunks depend on (embedder, chunking). A new catalogue gets
            them; another one must have the same values for the given names.
        read_only: never write; other processes may.
        folder: where the states of derived indexes are recorded; None keeps them in memory.

    Raises:
        StoreMismatch: the catalogue was made with other settings, or by a later version.
        StoreUnavailable: the server cannot be reached. Any method raises it.
        StoreCorrupt: the catalogue is damaged.
    """

    def __init__(
        self,
        server: CatalogueServer,
        settings: Mapping[str, str],
        *,
        read_only: bool = False,
        folder: Path | None = None,
    ) -> None:
        with closing(Connections(server)) as whole, whole.one() as session:
            schema = open_schema(session, server.name, settings, read_only=read_only)
        connections = Connections(server, schema.name)
        name = f"the catalogue {server.name} on {server}"
        db = self._server = ServerDatabase(connections, name, schema.number, read_only=read_only)
        self._read_only = read_only
        self._records = RecordFile(folder)
        self._identity = schema.identity
        builds = BuildTable(db, name, name)
        self._reach = Reach(lambda: builds.number("generation"))
        super().__init__(db, SealedRevisions(db), TrackingTable(db, made=True), builds)
        try:
            self._see(self.current())
            self._is_live = True  # whether the build was the current one
            builds.check_settings(self._build, settings)
        except BaseException:
            db.close()
            raise

    @property
    def server(self) -> ServerDatabase:
        """The tables, for engines that search in the same database, or take turns there."""
        return self._server

    @property
    def identity(self) -> str:
        """What tells the catalogue from all others, also from later ones of its name."""
        return self._identity

    @property
    def generation(self) -> int:
        rows = self._db.rows("SELECT key, value FROM meta WHERE key IN ('generation', 'build')")
        found = dict(rows)
        if not all(found.get(key, "").isdecimal() for key in ("generation", "build")):
            raise StoreCorrupt("the catalogue has lost its generation or its build")
        if self._is_live and int(found["build"]) != self._build.id:
            raise BuildReplaced
        return int(found["generation"])

    def with_build(self, settings: Mapping[str, str]) -> Self:
        other = super().with_build(settings)
        other._is_live = False
        return other

    def at_current(self) -> Self:
        other = super().at_current()
        other._is_live = True
        return other

    def switch(self, own: Sections | None = None) -> None:
        super().switch(own)
        self._is_live = True

    def exclusive(self) -> AbstractContextManager[None]:
        return self._server.exclusive()

    def derived(self, name: str) -> Mapping[str, str]:
        return self._records.get(self._record_name(name))

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        if self._read_only:
            raise StoreUnavailable("the catalogue is open for reading only")
        self._records.record(self._record_name(name), record)

    def check(self) -> list[str]:
        tables = (self._revisions, self._chunks, self.sources)
        return [problem for table in tables for problem in findings(table.problems)]

    def repair(self, make: Make) -> list[str]:
        if self._read_only:
            return []
        repaired: list[str] = []
        for document_id in sorted(self._chunks.damaged()):
            try:
                document = self.document(document_id)
            except (StoreCorrupt, DocumentNotFound) as error:  # `check` lists the damage
                _log.warning("damaged chunks were not rebuilt: %s", error)
                continue
            if self.fill(document, *make(document)):
                repaired.append(document_id)
        self._revisions.damaged.difference_update(repaired)
        return repaired

    def leftovers(self) -> list[str]:
        """Return rows without an owner; the server clears the space of removed rows by itself."""
        rows = ownerless_rows(self._db, [build.id for build in self.builds()])
        return [*rows, *self.sources.leftovers(), *self.tracking.leftovers()]

    def fault(self) -> str | None:
        return self._reach.fault()

    def close(self) -> None:
        self._server.close()

    def _chunk_table(self, build_id: int) -> SealedChunks:
        return SealedChunks(self._db, build_id)

    def _add_build(self, db: Any, settings: Mapping[str, str]) -> int:
        return add_build(db, settings, CHUNKS)

    def _drop_build(self, db: Any, build_id: int) -> None:
        super()._drop_build(db, build_id)
        tables = ", ".join(name.format(build=build_id) for name in SEARCHED)
        db.execute(f"DROP TABLE IF EXISTS {tables}")
        self._records.forget(f"{self._identity}/{build_id}/")

    def _record_name(self, name: str) -> str:
        build = self._build
        return f"{self._identity}/{build.id}/{build.created_at}/{name}"


def drop_catalogue(server: CatalogueServer) -> None:
    """Delete a catalogue with all its documents; do nothing if it is not there.

    Raises:
        StoreUnavailable: the server cannot be reached.
    """
    with closing(Connections(server)) as whole, whole.one() as session:
        drop_schema(session, server.name)


def identity_on(server: CatalogueServer) -> str | None:
    """Return the identity of a catalogue on its server; None if it is not there.

    Raises:
        StoreUnavailable: the server cannot be reached.
    """
    with closing(Connections(server)) as whole, whole.one() as session:
        found = found_schema(session, server.name)
    return found[0].identity if found else None


def is_stored(server: CatalogueServer) -> bool:
    """Return whether a catalogue is on its server; errors as `identity_on`."""
    return identity_on(server) is not None
