"""What a data folder holds, seen beside whoever has it open."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.catalog import SqliteCatalogue
from index.errors import StoreUnavailable
from index.folder import CATALOGUE, settle
from index.types import Build


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
