"""Questions with gold spans: read, checked, written, converted."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.datasets.articles import Part, role
    from citespan.evals.datasets.loading import open_dataset
    from citespan.evals.datasets.writing import write_dataset

__all__ = (
    "Part",
    "open_dataset",
    "role",
    "write_dataset",
)

__getattr__ = names_of(
    __name__,
    {
        "Part": "citespan.evals.datasets.articles",
        "open_dataset": "citespan.evals.datasets.loading",
        "role": "citespan.evals.datasets.articles",
        "write_dataset": "citespan.evals.datasets.writing",
    },
)
