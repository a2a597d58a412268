"""What people review: judgements of answers, and the runs of a data folder."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.compare import Difference
    from citespan.evals.review.labelled import Labelled, labelled_dataset, zipped
    from citespan.evals.review.runs import (
        FoundRun,
        RunDetail,
        detail_of,
        found_runs,
        headline,
        title_of,
    )
    from citespan.evals.review.terminal import label
    from citespan.evals.review.turns import Turned, turned

__all__ = (
    "Difference",
    "FoundRun",
    "Labelled",
    "RunDetail",
    "Turned",
    "detail_of",
    "found_runs",
    "headline",
    "label",
    "labelled_dataset",
    "title_of",
    "turned",
    "zipped",
)

__getattr__ = names_of(
    __name__,
    {
        "Difference": "citespan.evals.compare",
        "FoundRun": "citespan.evals.review.runs",
        "Labelled": "citespan.evals.review.labelled",
        "RunDetail": "citespan.evals.review.runs",
        "Turned": "citespan.evals.review.turns",
        "detail_of": "citespan.evals.review.runs",
        "found_runs": "citespan.evals.review.runs",
        "headline": "citespan.evals.review.runs",
        "label": "citespan.evals.review.terminal",
        "labelled_dataset": "citespan.evals.review.labelled",
        "title_of": "citespan.evals.review.runs",
        "turned": "citespan.evals.review.turns",
        "zipped": "citespan.evals.review.labelled",
    },
)
