"""The source of truth: documents, chunks and vectors, in SQLite or on a PostgreSQL server."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.catalogue.damage import mend_unsearched
    from citespan.index.catalogue.database import Tables
    from citespan.index.catalogue.filters import (
        OWN_FIELDS,
        Equals,
        Every,
        Exists,
        Filter,
        Some,
        Without,
    )
    from citespan.index.catalogue.history import (
        History,
        content_of,
        each_retired,
        histories,
        is_held,
    )
    from citespan.index.catalogue.postgres import (
        PostgresCatalogue,
        drop_catalogue,
        identity_on,
        is_stored,
    )
    from citespan.index.catalogue.protocol import Catalogue
    from citespan.index.catalogue.sqlite import SqliteCatalogue
    from citespan.index.catalogue.types import CatalogueServer

__all__ = (
    "Catalogue",
    "CatalogueServer",
    "Equals",
    "Every",
    "Exists",
    "Filter",
    "History",
    "OWN_FIELDS",
    "PostgresCatalogue",
    "Some",
    "SqliteCatalogue",
    "Tables",
    "Without",
    "content_of",
    "drop_catalogue",
    "each_retired",
    "histories",
    "identity_on",
    "is_held",
    "is_stored",
    "mend_unsearched",
)

__getattr__ = names_of(
    __name__,
    {
        "Catalogue": "citespan.index.catalogue.protocol",
        "Tables": "citespan.index.catalogue.database",
        "CatalogueServer": "citespan.index.catalogue.types",
        "Equals": "citespan.index.catalogue.filters",
        "Every": "citespan.index.catalogue.filters",
        "Exists": "citespan.index.catalogue.filters",
        "Filter": "citespan.index.catalogue.filters",
        "History": "citespan.index.catalogue.history",
        "OWN_FIELDS": "citespan.index.catalogue.filters",
        "PostgresCatalogue": "citespan.index.catalogue.postgres",
        "Some": "citespan.index.catalogue.filters",
        "SqliteCatalogue": "citespan.index.catalogue.sqlite",
        "Without": "citespan.index.catalogue.filters",
        "content_of": "citespan.index.catalogue.history",
        "drop_catalogue": "citespan.index.catalogue.postgres",
        "identity_on": "citespan.index.catalogue.postgres",
        "each_retired": "citespan.index.catalogue.history",
        "histories": "citespan.index.catalogue.history",
        "is_held": "citespan.index.catalogue.history",
        "is_stored": "citespan.index.catalogue.postgres",
        "mend_unsearched": "citespan.index.catalogue.damage",
    },
)
