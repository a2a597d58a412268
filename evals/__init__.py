"""Data sets, metrics, runs, comparisons and reports."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.commands import evaluate
    from citespan.evals.scoring import score
    from citespan.evals.terminal import print_differences

__all__ = (
    "evaluate",
    "print_differences",
    "score",
)

__getattr__ = names_of(
    __name__,
    {
        "evaluate": "citespan.evals.commands",
        "print_differences": "citespan.evals.terminal",
        "score": "citespan.evals.scoring",
    },
)
