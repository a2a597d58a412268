"""The collections of a data folder: created, opened, reindexed, deleted."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.collections.figures import Collection, known
    from citespan.qa.collections.folders import create_collection
    from citespan.qa.collections.jobs import Jobs
    from citespan.qa.collections.places import feedback_of
    from citespan.qa.collections.rebuilds import REINDEX, Rebuilding
    from citespan.qa.collections.registry import Collections
    from citespan.qa.collections.reindexing import Reindexing, going_back, open_to_reindex
    from citespan.qa.collections.rights import EVERYTHING, NOTHING, Rights
    from citespan.qa.collections.syncs import SYNC
    from citespan.qa.collections.tasks import Current
    from citespan.qa.collections.use import met, using
    from citespan.qa.collections.view import CollectionsView

__all__ = (
    "Collection",
    "Collections",
    "CollectionsView",
    "Current",
    "EVERYTHING",
    "Jobs",
    "NOTHING",
    "REINDEX",
    "Rebuilding",
    "Reindexing",
    "Rights",
    "SYNC",
    "create_collection",
    "feedback_of",
    "going_back",
    "known",
    "met",
    "open_to_reindex",
    "using",
)

__getattr__ = names_of(
    __name__,
    {
        "Collection": "citespan.qa.collections.figures",
        "Collections": "citespan.qa.collections.registry",
        "CollectionsView": "citespan.qa.collections.view",
        "EVERYTHING": "citespan.qa.collections.rights",
        "NOTHING": "citespan.qa.collections.rights",
        "Rights": "citespan.qa.collections.rights",
        "SYNC": "citespan.qa.collections.syncs",
        "Current": "citespan.qa.collections.tasks",
        "Jobs": "citespan.qa.collections.jobs",
        "REINDEX": "citespan.qa.collections.rebuilds",
        "Rebuilding": "citespan.qa.collections.rebuilds",
        "Reindexing": "citespan.qa.collections.reindexing",
        "create_collection": "citespan.qa.collections.folders",
        "feedback_of": "citespan.qa.collections.places",
        "going_back": "citespan.qa.collections.reindexing",
        "known": "citespan.qa.collections.figures",
        "met": "citespan.qa.collections.use",
        "open_to_reindex": "citespan.qa.collections.reindexing",
        "using": "citespan.qa.collections.use",
    },
)
