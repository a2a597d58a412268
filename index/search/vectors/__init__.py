"""Nearest-vector search: exact, by inverted lists, and the index that chooses between both."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.search.vectors.adaptive import AdaptiveIndex
    from citespan.index.search.vectors.exact import ExactIndex, ranked_exactly
    from citespan.index.search.vectors.ivf import IvfIndex

__all__ = (
    "AdaptiveIndex",
    "ExactIndex",
    "IvfIndex",
    "ranked_exactly",
)

__getattr__ = names_of(
    __name__,
    {
        "AdaptiveIndex": "citespan.index.search.vectors.adaptive",
        "ExactIndex": "citespan.index.search.vectors.exact",
        "IvfIndex": "citespan.index.search.vectors.ivf",
        "ranked_exactly": "citespan.index.search.vectors.exact",
    },
)
