"""Search indexes derived from the catalogue: dense and lexical ones, and their fusion."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.search.fusion import reciprocal_rank_fusion
    from citespan.index.search.lexical import LexicalIndex
    from citespan.index.search.local import LocalSearchIndex

__all__ = (
    "LexicalIndex",
    "LocalSearchIndex",
    "reciprocal_rank_fusion",
)

__getattr__ = names_of(
    __name__,
    {
        "LexicalIndex": "citespan.index.search.lexical",
        "LocalSearchIndex": "citespan.index.search.local",
        "reciprocal_rank_fusion": "citespan.index.search.fusion",
    },
)
