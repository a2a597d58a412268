"""The catalogue in SQLite: the source of truth, durable when a call returns."""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from citespan.index.catalogue.builds import BuildTable, DerivedTable
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.schema import open_schema
from citespan.index.catalogue.tables import TableCatalogue
from citespan.index.catalogue.tracking import TrackingTable
from citespan.index.catalogue.types import Make
from citespan.index.catalogue.upkeep import FileUpkeep
from citespan.index.disk.database import Database
from citespan.index.disk.folder import identity
from citespan.index.disk.reserve import Reserve
from citespan.index.errors import StoreLocked


class SqliteCatalogue(TableCatalogue):
    """A catalogue in one SQLite file, with the chunks of one build.

    Args:
        path: the file; if the file is missing and `read_only` is not set, it is made.
        settings: the settings that chunks depend on (embedder, chunking). A new file gets them; an
            existing file must have the same values for the given names.
        read_only: never write; other processes may.
        reserve: lends room to write on a full disk.

    Raises:
        StoreMismatch: the file was made with other settings, or by a later version.
        StoreUnavailable: the file cannot be opened.
        StoreCorrupt: the file is damaged.
        StoreLocked: the file was replaced meanwhile, so that logs may have been mixed up.
    """

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, str],
        *,
        read_only: bool = False,
        reserve: Reserve | None = None,
    ) -> None:
        self._read_only = read_only
        opened = identity(path)
        db = self._file = Database(path, read_only=read_only, reserve=reserve)
        builds = BuildTable(db, f"the catalogue {path}", f"the data folder {path.parent}")
        super().__init__(db, RevisionTable(db), TrackingTable(db), builds)
        self._upkeep = FileUpkeep(path, db, self._revisions, self.sources, read_only=read_only)
        try:
            open_schema(db, path, settings, read_only=read_only)
            self._see(self.current())
            builds.check_settings(self._build, settings)
            if not read_only:
                self._upkeep.empty_log()  # left by a killed process
            elif not opened or opened != identity(path):
                raise StoreLocked(f"{path} was replaced while it was opened; try again")
        except BaseException:
            db.close()
            raise

    def exclusive(self) -> AbstractContextManager[None]:
        return nullcontext()  # the folder's lock keeps other processes from writing

    def repair(self, make: Make) -> list[str]:
        return self._upkeep.repair(self._build, self._chunks, make)

    def derived(self, name: str) -> Mapping[str, str]:
        return self._derived.get(name)

    def record_derived(self, name: str, record: Mapping[str, str]) -> None:
        with self._transaction() as db:
            self._derived.record(db, name, record)

    def check(self) -> list[str]:
        return self._upkeep.check(self._chunks)

    def leftovers(self) -> list[str]:
        return [*self._upkeep.leftovers(self.builds()), *self.tracking.leftovers()]

    def fault(self) -> str | None:
        return None

    def copy_to(self, path: Path) -> None:
        """Write all stored data, as of one moment and without deleted pages, to a new file."""
        self._file.copy_to(path)

    def close(self) -> None:
        if not self._read_only:
            self._upkeep.empty_log()
        self._file.close()

    def _see(self, build_id: int) -> None:
        super()._see(build_id)
        self._derived = DerivedTable(self._db, build_id)

    def _drop_build(self, db: Any, build_id: int) -> None:
        super()._drop_build(db, build_id)
        self._derived.forget(db, build_id)

    @contextmanager
    def _transaction(self, *, removing: bool = False) -> Generator[Any]:
        """Open a transaction; afterwards empty the log, unless another process reads it."""
        with self._db.transaction(removing=removing) as db:
            yield db
        if not self._db.log_is_clean:
            self._upkeep.empty_log()
