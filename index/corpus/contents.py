"""The contents of a data folder, read while another process may write to it."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from citespan.index.catalogue import Catalogue, CatalogueServer, SqliteCatalogue
from citespan.index.disk.folder import CATALOGUE, settle
from citespan.index.errors import StoreUnavailable
from citespan.index.types import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The counts of a data folder, and its live build."""

    documents: int
    chunks: int
    build: Build


@contextmanager
def open_catalogue(
    folder: Path, server: CatalogueServer | None = None
) -> Generator[Catalogue | None]:
    """Open the catalogue of a data folder for reading; None if there is none yet.

    No model is loaded, and another process may write at the same time.

    Args:
        folder: the data folder.
        server: the server that holds the catalogue in place of the folder.

    Raises:
        StoreCorrupt: the catalogue is damaged.
        StoreMismatch: another version of citespan made the catalogue.
        StoreUnavailable: the catalogue is empty, or the server cannot be reached.
        StoreLocked: as for `settle`.
    """
    if server is not None:
        # Their driver is an extra.
        from citespan.index.catalogue import PostgresCatalogue, is_stored

        if not is_stored(server):
            yield None
            return
        with closing(PostgresCatalogue(server, {}, read_only=True)) as catalogue:
            yield catalogue
        return
    settle(folder)
    path = folder / CATALOGUE
    if not path.exists():
        yield None
        return
    with closing(SqliteCatalogue(path, {}, read_only=True)) as catalogue:
        yield catalogue


def summary(folder: Path, server: CatalogueServer | None = None) -> Contents | None:
    """Return a summary of a data folder; None if the folder, or the server, holds nothing yet.

    Raises:
        StoreCorrupt, StoreMismatch, StoreLocked: as for `open_catalogue`.
        StoreUnavailable: as for `settle`, or the server cannot be reached.
    """
    try:
        with open_catalogue(folder, server) as catalogue:
            if catalogue is None:
                return None
            documents, chunks = catalogue.counts()
            return Contents(documents=documents, chunks=chunks, build=catalogue.build)
    except StoreUnavailable:
        if server is not None:
            raise
        return None  # the catalogue is empty


def builds_in(folder: Path) -> tuple[Build, ...]:
    """Return all builds of a data folder, oldest first; empty if the folder holds nothing yet.

    Raises:
        As `open_catalogue`.
    """
    with open_catalogue(folder) as catalogue:
        return catalogue.builds() if catalogue else ()
