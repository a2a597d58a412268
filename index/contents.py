"""What a data folder holds, seen beside whoever has it open."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.catalog import SqliteCatalogue
from index.database import Database
from index.errors import StoreUnavailable
from index.folder import CATALOGUE, settle
from index.storedjson import decoded
from index.types import Build

_BUILDS = "SELECT settings FROM builds ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """How much a data folder holds, how its chunks were made, and what was noted of that."""

    documents: int
    chunks: int
    build: Build
    note: str


def glance(folder: Path) -> Contents | None:
    """What a data folder holds, read beside whoever writes to it; None if it holds nothing yet.

    Raises:
        StoreCorrupt: its catalogue is damaged.
        StoreMismatch: a later version made it.
        StoreLocked, StoreUnavailable: as for `settle`.
    """
    settle(folder)
    path = folder / CATALOGUE
    if not path.exists():
        return None
    try:
        with closing(SqliteCatalogue(path, {}, read_only=True)) as catalogue:
            documents, chunks = catalogue.counts()
            return Contents(
                documents=documents, chunks=chunks, build=catalogue.build, note=catalogue.note()
            )
    except StoreUnavailable:  # of an earlier version, or empty
        return None


def settings_in(folder: Path) -> tuple[list[str], list[str]]:
    """What the catalogue in a folder would have loaded: notes of settings, names of embedders.

    Raises:
        StoreCorrupt: it is damaged.
        StoreMismatch: a later version made it.
    """
    with closing(Database(folder / CATALOGUE, read_only=True)) as db:
        meta: dict[str, str] = dict(db.rows("SELECT key, value FROM meta"))
        if "embedder" in meta:  # of the first version
            return [], [meta["embedder"]]
        builds = [decoded(row[0], "settings of a build") for row in db.rows(_BUILDS)]
    return [meta["note"]] if meta.get("note") else [], [one["embedder"] for one in builds]
