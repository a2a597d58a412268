"""The source of truth: documents, chunks and vectors in SQLite."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.catalogue.damage import mend_unsearched
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
    from citespan.index.catalogue.sqlite import SqliteCatalogue

__all__ = (
    "Equals",
    "Every",
    "Exists",
    "Filter",
    "History",
    "OWN_FIELDS",
    "Some",
    "SqliteCatalogue",
    "Without",
    "content_of",
    "each_retired",
    "histories",
    "is_held",
    "mend_unsearched",
)

__getattr__ = names_of(
    __name__,
    {
        "Equals": "citespan.index.catalogue.filters",
        "Every": "citespan.index.catalogue.filters",
        "Exists": "citespan.index.catalogue.filters",
        "Filter": "citespan.index.catalogue.filters",
        "History": "citespan.index.catalogue.history",
        "OWN_FIELDS": "citespan.index.catalogue.filters",
        "Some": "citespan.index.catalogue.filters",
        "SqliteCatalogue": "citespan.index.catalogue.sqlite",
        "Without": "citespan.index.catalogue.filters",
        "content_of": "citespan.index.catalogue.history",
        "each_retired": "citespan.index.catalogue.history",
        "histories": "citespan.index.catalogue.history",
        "is_held": "citespan.index.catalogue.history",
        "mend_unsearched": "citespan.index.catalogue.damage",
    },
)
