"""Search indexes derived from the catalogue: dense and lexical ones, and their fusion."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.search.choice import drop_served, served_index
    from citespan.index.search.engine import EngineKind, SearchServer
    from citespan.index.search.fusion import reciprocal_rank_fusion
    from citespan.index.search.lexical import LexicalIndex
    from citespan.index.search.local import LocalSearchIndex

__all__ = (
    "EngineKind",
    "LexicalIndex",
    "LocalSearchIndex",
    "SearchServer",
    "drop_served",
    "reciprocal_rank_fusion",
    "served_index",
)

__getattr__ = names_of(
    __name__,
    {
        "EngineKind": "citespan.index.search.engine",
        "SearchServer": "citespan.index.search.engine",
        "drop_served": "citespan.index.search.choice",
        "served_index": "citespan.index.search.choice",
        "LexicalIndex": "citespan.index.search.lexical",
        "LocalSearchIndex": "citespan.index.search.local",
        "reciprocal_rank_fusion": "citespan.index.search.fusion",
    },
)
