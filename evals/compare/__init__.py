"""Comparisons of two runs, and of a run with its baseline."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.compare.differences import SIGNIFICANT, Difference, compare
    from citespan.evals.compare.gates import committed, failures, read_baseline, write_baseline
    from citespan.evals.compare.rebuilt import check_holds, compared
    from citespan.evals.compare.table import markdown

__all__ = (
    "Difference",
    "SIGNIFICANT",
    "check_holds",
    "committed",
    "compare",
    "compared",
    "failures",
    "markdown",
    "read_baseline",
    "write_baseline",
)

__getattr__ = names_of(
    __name__,
    {
        "Difference": "citespan.evals.compare.differences",
        "SIGNIFICANT": "citespan.evals.compare.differences",
        "check_holds": "citespan.evals.compare.rebuilt",
        "committed": "citespan.evals.compare.gates",
        "compare": "citespan.evals.compare.differences",
        "compared": "citespan.evals.compare.rebuilt",
        "failures": "citespan.evals.compare.gates",
        "markdown": "citespan.evals.compare.table",
        "read_baseline": "citespan.evals.compare.gates",
        "write_baseline": "citespan.evals.compare.gates",
    },
)
