"""The web page: what browsers get, and what it loads."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.web.routes import asset, opensearch, page

__all__ = (
    "asset",
    "opensearch",
    "page",
)

__getattr__ = names_of(
    __name__,
    {
        "asset": "citespan.api.web.routes",
        "opensearch": "citespan.api.web.routes",
        "page": "citespan.api.web.routes",
    },
)
