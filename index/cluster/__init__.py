"""Ray's machines at work for an ingest: they read files, and make chunks and vectors."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.cluster.cluster import Cluster
    from citespan.index.cluster.plan import TorchModel
    from citespan.index.cluster.reach import ray_at

__all__ = ("Cluster", "TorchModel", "ray_at")

__getattr__ = names_of(
    __name__,
    {
        "Cluster": "citespan.index.cluster.cluster",
        "TorchModel": "citespan.index.cluster.plan",
        "ray_at": "citespan.index.cluster.reach",
    },
)
