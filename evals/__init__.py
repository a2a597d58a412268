"""Data sets, metrics, runs, comparisons and reports."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.commands import evaluate
    from citespan.evals.datasets import open_dataset
    from citespan.evals.scoring import score
    from citespan.evals.terminal import print_differences
    from citespan.evals.types import CitedSpan, Response

__all__ = (
    "CitedSpan",
    "Response",
    "evaluate",
    "open_dataset",
    "print_differences",
    "score",
)

__getattr__ = names_of(
    __name__,
    {
        "CitedSpan": "citespan.evals.types",
        "Response": "citespan.evals.types",
        "evaluate": "citespan.evals.commands",
        "open_dataset": "citespan.evals.datasets.loading",
        "print_differences": "citespan.evals.terminal",
        "score": "citespan.evals.scoring",
    },
)
