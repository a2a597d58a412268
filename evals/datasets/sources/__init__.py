"""Conversion of public data sets, as published, to the project's own form."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.datasets.sources.chunking import convert_chunking
    from citespan.evals.datasets.sources.clapnq import convert_clapnq
    from citespan.evals.datasets.sources.inscit import Turn, convert_inscit
    from citespan.evals.datasets.sources.obliqa import convert_obliqa
    from citespan.evals.datasets.sources.squad import convert_squad

__all__ = (
    "Turn",
    "convert_chunking",
    "convert_clapnq",
    "convert_inscit",
    "convert_obliqa",
    "convert_squad",
)

__getattr__ = names_of(
    __name__,
    {
        "Turn": "citespan.evals.datasets.sources.inscit",
        "convert_chunking": "citespan.evals.datasets.sources.chunking",
        "convert_clapnq": "citespan.evals.datasets.sources.clapnq",
        "convert_inscit": "citespan.evals.datasets.sources.inscit",
        "convert_obliqa": "citespan.evals.datasets.sources.obliqa",
        "convert_squad": "citespan.evals.datasets.sources.squad",
    },
)
