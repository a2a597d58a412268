"""The catalogue on a PostgreSQL server, which several processes may write to."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.catalogue.postgres.catalogue import (
        PostgresCatalogue,
        drop_catalogue,
        is_stored,
    )

__all__ = ("PostgresCatalogue", "drop_catalogue", "is_stored")

__getattr__ = names_of(
    __name__,
    {
        "PostgresCatalogue": "citespan.index.catalogue.postgres.catalogue",
        "drop_catalogue": "citespan.index.catalogue.postgres.catalogue",
        "is_stored": "citespan.index.catalogue.postgres.catalogue",
    },
)
