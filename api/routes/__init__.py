"""The routes of `/v1` and of the health checks."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.routes.answers import ask, search
    from citespan.api.routes.collections import CollectionRoutes, InCollection
    from citespan.api.routes.documents import Documents
    from citespan.api.routes.health import live, ready, version
    from citespan.api.routes.jobs import JobRoutes
    from citespan.api.routes.labels import LabelRoutes, UnansweredRoutes
    from citespan.api.routes.originals import Originals
    from citespan.api.routes.rebuilds import reindex, roll_back
    from citespan.api.routes.runs import (
        Measured,
        compare_runs,
        labelled_set,
        list_runs,
        show_run,
    )
    from citespan.api.routes.sources import SourceRoutes
    from citespan.api.routes.whereabouts import outline, where

__all__ = (
    "CollectionRoutes",
    "Documents",
    "InCollection",
    "JobRoutes",
    "LabelRoutes",
    "Measured",
    "Originals",
    "SourceRoutes",
    "UnansweredRoutes",
    "ask",
    "compare_runs",
    "labelled_set",
    "list_runs",
    "live",
    "outline",
    "ready",
    "reindex",
    "roll_back",
    "search",
    "show_run",
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
        "LabelRoutes": "citespan.api.routes.labels",
        "Measured": "citespan.api.routes.runs",
        "Originals": "citespan.api.routes.originals",
        "SourceRoutes": "citespan.api.routes.sources",
        "UnansweredRoutes": "citespan.api.routes.labels",
        "ask": "citespan.api.routes.answers",
        "compare_runs": "citespan.api.routes.runs",
        "labelled_set": "citespan.api.routes.runs",
        "list_runs": "citespan.api.routes.runs",
        "live": "citespan.api.routes.health",
        "outline": "citespan.api.routes.whereabouts",
        "ready": "citespan.api.routes.health",
        "reindex": "citespan.api.routes.rebuilds",
        "roll_back": "citespan.api.routes.rebuilds",
        "search": "citespan.api.routes.answers",
        "show_run": "citespan.api.routes.runs",
        "version": "citespan.api.routes.health",
        "where": "citespan.api.routes.whereabouts",
    },
)
