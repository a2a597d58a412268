"""The rankings of the early layers, taught with all passages that a search finds."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.ranking.heads import train_rankings
    from citespan.evals.training.ranking.lists import FoundList, read_lists

__all__ = ("FoundList", "read_lists", "train_rankings")

_LISTS = "citespan.evals.training.ranking.lists"

__getattr__ = names_of(
    __name__,
    {
        "FoundList": _LISTS,
        "read_lists": _LISTS,
        "train_rankings": "citespan.evals.training.ranking.heads",
    },
)
