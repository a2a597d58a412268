"""Search in Milvus: vectors, and words by its BM25."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.search.milvus.client import drop_collections
    from citespan.index.search.milvus.engine import MilvusEngine

__all__ = ("MilvusEngine", "drop_collections")

__getattr__ = names_of(
    __name__,
    {
        "MilvusEngine": "citespan.index.search.milvus.engine",
        "drop_collections": "citespan.index.search.milvus.client",
    },
)
