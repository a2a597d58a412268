"""New and deleted collections on the list that all servers of a database have."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from citespan.index.catalogue import CatalogueServer
from citespan.qa.errors import CollectionExists
from citespan.qa.settings.overrides import Overrides

if TYPE_CHECKING:
    from citespan.index.shared import Listing


@contextmanager
def listed(server: CatalogueServer | None, name: str, own: Overrides) -> Generator[str | None]:
    """List a new collection for all servers, and yield its identity; if the block fails, unlist it.

    Without a server, yield None.

    Raises:
        CollectionExists: the name is taken.
        StoreUnavailable: the server cannot be reached.
    """
    if server is None:
        yield None
        return
    with closing(open_listing(server)) as listing:
        made = listing.add(name, own)
        if made is None:
            raise CollectionExists(name)
        try:
            yield made.identity
        except BaseException:
            listing.remove(name)
            raise


def unlist(server: CatalogueServer | None, name: str) -> None:
    """Remove a collection from the list of all servers, if there is a server."""
    if server is not None:
        with closing(open_listing(server)) as listing:
            listing.remove(name)


def open_listing(server: CatalogueServer) -> "Listing":
    """Open the list of collections on a server; the caller closes it."""
    from citespan.index.shared import Listing, open_shared  # their driver is an extra

    return Listing(open_shared(server))
