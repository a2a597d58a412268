"""The catalogue on a PostgreSQL server, which several processes may write to."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.catalogue.postgres.catalogue import (
        PostgresCatalogue,
        drop_catalogue,
        identity_on,
        is_stored,
    )
    from citespan.index.catalogue.postgres.connections import Connections, ServerConnection
    from citespan.index.catalogue.postgres.database import ServerDatabase, translated
    from citespan.index.catalogue.postgres.reach import Reach

__all__ = (
    "Connections",
    "PostgresCatalogue",
    "Reach",
    "ServerConnection",
    "ServerDatabase",
    "drop_catalogue",
    "identity_on",
    "is_stored",
    "translated",
)

__getattr__ = names_of(
    __name__,
    {
        "PostgresCatalogue": "citespan.index.catalogue.postgres.catalogue",
        "drop_catalogue": "citespan.index.catalogue.postgres.catalogue",
        "identity_on": "citespan.index.catalogue.postgres.catalogue",
        "is_stored": "citespan.index.catalogue.postgres.catalogue",
        "Connections": "citespan.index.catalogue.postgres.connections",
        "ServerConnection": "citespan.index.catalogue.postgres.connections",
        "ServerDatabase": "citespan.index.catalogue.postgres.database",
        "translated": "citespan.index.catalogue.postgres.database",
        "Reach": "citespan.index.catalogue.postgres.reach",
    },
)
