"""The settings of a server that holds the documents in place of the data folder."""

from typing import TYPE_CHECKING, Annotated

import msgspec

from citespan.qa.errors import ConfigError

if TYPE_CHECKING:
    from citespan.index.catalogue import CatalogueServer

SERVERS = ("postgresql://", "postgres://")  # what an address begins with


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PostgreSQL server for the documents; without `url`, they are in the data folder.

    url: the address of the server and its database, such as
        postgresql://citespan@db.example.org/citespan, which needs citespan[postgres]. The data
        folder then holds what each process keeps for itself: indexes and logs.
    connections: how many connections a process opens for a collection, at most.
    timeout_s: how long to wait for a connection, in seconds.
    """

    url: str = ""
    connections: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 8
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 5.0

    def at(self, collection: str) -> "CatalogueServer | None":
        """Return the server that holds a collection, or None if its folder does.

        Raises:
            ConfigError: `url` is no address of a PostgreSQL server.
        """
        if not self.url:
            return None
        if not self.url.startswith(SERVERS):
            raise ConfigError("store.url must begin with postgresql://")
        from citespan.index.catalogue import CatalogueServer

        return CatalogueServer(
            url=self.url, name=collection, connections=self.connections, timeout_s=self.timeout_s
        )
