"""Resampling: intervals, paired tests and samples."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.statistics.bootstrap import (
        Floats,
        Interval,
        Statistic,
        intervals,
        resampling_units,
    )
    from citespan.evals.statistics.randomisation import holm, paired_randomisation
    from citespan.evals.statistics.sampling import spread

__all__ = (
    "Floats",
    "Interval",
    "Statistic",
    "holm",
    "intervals",
    "paired_randomisation",
    "resampling_units",
    "spread",
)

__getattr__ = names_of(
    __name__,
    {
        "Floats": "citespan.evals.statistics.bootstrap",
        "Interval": "citespan.evals.statistics.bootstrap",
        "Statistic": "citespan.evals.statistics.bootstrap",
        "holm": "citespan.evals.statistics.randomisation",
        "intervals": "citespan.evals.statistics.bootstrap",
        "paired_randomisation": "citespan.evals.statistics.randomisation",
        "resampling_units": "citespan.evals.statistics.bootstrap",
        "spread": "citespan.evals.statistics.sampling",
    },
)
