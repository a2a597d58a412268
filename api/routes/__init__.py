"""The routes of `/v1` and of the health checks."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.routes.answers import ask, search
    from citespan.api.routes.collections import CollectionRoutes, InCollection
    from citespan.api.routes.documents import Documents
    from citespan.api.routes.health import live, ready, version
    from citespan.api.routes.jobs import JobRoutes
    from citespan.api.routes.originals import Originals
    from citespan.api.routes.rebuilds import reindex, roll_back
    from citespan.api.routes.sources import SourceRoutes
    from citespan.api.routes.whereabouts import where

__all__ = (
    "CollectionRoutes",
    "Documents",
    "InCollection",
    "JobRoutes",
    "Originals",
    "SourceRoutes",
    "ask",
    "live",
    "ready",
    "reindex",
    "roll_back",
    "search",
    "version",
    "where",
)

__getattr__ = names_of(
    __name__,
    {
        "CollectionRoutes": "citespan.api.routes.collections",
        "Documents": "citespan.api.routes.documents",
        "InCollection": "citespan.api.routes.collections",
        "JobRoutes": "citespan.api.routes.jobs",
        "Originals": "citespan.api.routes.originals",
        "SourceRoutes": "citespan.api.routes.sources",
        "ask": "citespan.api.routes.answers",
        "live": "citespan.api.routes.health",
        "ready": "citespan.api.routes.health",
        "reindex": "citespan.api.routes.rebuilds",
        "roll_back": "citespan.api.routes.rebuilds",
        "search": "citespan.api.routes.answers",
        "version": "citespan.api.routes.health",
        "where": "citespan.api.routes.whereabouts",
    },
)
