"""What a data folder holds, read while another process may write to it."""

from collections.abc import Generator
from contextlib import closing, contextmanager
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


@contextmanager
def open_catalogue(folder: Path) -> Generator[SqliteCatalogue | None]:
    """Open the catalogue of a data folder to read it; None if there is none yet.

    No model is loaded, and another process may write at the same time.

    Raises:
        StoreCorrupt: it is damaged.
        StoreMismatch: a later version made it.
        StoreUnavailable: an earlier version made it, or it is empty.
        StoreLocked: as for `settle`.
    """
    settle(folder)
    path = folder / CATALOGUE
    if not path.exists():
        yield None
        return
    with closing(SqliteCatalogue(path, {}, read_only=True)) as catalogue:
        yield catalogue


def glance(folder: Path) -> Contents | None:
    """Return what a data folder holds; None if it holds nothing yet.

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
    except StoreUnavailable:  # of an earlier version, or empty
        return None
