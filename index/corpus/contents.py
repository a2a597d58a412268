"""The contents of a data folder, read while another process may write to it."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from citespan.index.catalogue import SqliteCatalogue
from citespan.index.disk.database import Database
from citespan.index.disk.folder import CATALOGUE, settle
from citespan.index.disk.json_column import decoded
from citespan.index.errors import StoreUnavailable
from citespan.index.types import Build

_BUILDS = "SELECT settings FROM builds ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The counts of a data folder, its live build, and the note of the last switch."""

    documents: int
    chunks: int
    build: Build
    note: str


@contextmanager
def open_catalogue(folder: Path) -> Generator[SqliteCatalogue | None]:
    """Open the catalogue of a data folder for reading; None if there is none yet.

    No model is loaded, and another process may write at the same time.

    Raises:
        StoreCorrupt: the catalogue is damaged.
        StoreMismatch: another version of citespan made the catalogue.
        StoreUnavailable: the catalogue is empty.
        StoreLocked: as for `settle`.
    """
    settle(folder)
    path = folder / CATALOGUE
    if not path.exists():
        yield None
        return
    with closing(SqliteCatalogue(path, {}, read_only=True)) as catalogue:
        yield catalogue


def summary(folder: Path) -> Contents | None:
    """Return a summary of a data folder; None if the folder holds nothing yet.

    Raises:
        StoreCorrupt, StoreMismatch, StoreLocked: as for `open_catalogue`.
        StoreUnavailable: as for `settle`.
    """
    try:
        with open_catalogue(folder) as catalogue:
            if catalogue is None:
                return None
            documents, chunks = catalogue.counts()
            return Contents(
                documents=documents, chunks=chunks, build=catalogue.build, note=catalogue.note()
            )
    except StoreUnavailable:  # the catalogue is empty
        return None


def settings_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return what opening a catalogue would load: notes of settings, names of embedders.

    Raises:
        StoreCorrupt: the catalogue is damaged.
        StoreMismatch: another version of citespan made the catalogue.
    """
    with closing(Database(folder / CATALOGUE, read_only=True)) as db:
        meta: dict[str, str] = dict(db.rows("SELECT key, value FROM meta"))
        builds = [decoded(row[0], "settings of a build") for row in db.rows(_BUILDS)]
    return [meta["note"]] if meta.get("note") else [], [one["embedder"] for one in builds]
