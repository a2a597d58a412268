"""Labelled pairs from public data."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.data.claims import read_claims
    from citespan.evals.training.data.maker import Maker
    from citespan.evals.training.data.neighbours import Neighbours
    from citespan.evals.training.data.rows import read_objects, read_rows
    from citespan.evals.training.data.sampling import part_of
    from citespan.evals.training.data.sources import FOREIGN, Asked, excluded_from, load_library
    from citespan.evals.training.data.views import Views
    from citespan.evals.training.data.wording import keywords, request

__all__ = (
    "Asked",
    "FOREIGN",
    "Maker",
    "Neighbours",
    "Views",
    "excluded_from",
    "keywords",
    "load_library",
    "part_of",
    "read_claims",
    "read_objects",
    "read_rows",
    "request",
)

__getattr__ = names_of(
    __name__,
    {
        "Asked": "citespan.evals.training.data.sources",
        "FOREIGN": "citespan.evals.training.data.sources",
        "Maker": "citespan.evals.training.data.maker",
        "Neighbours": "citespan.evals.training.data.neighbours",
        "Views": "citespan.evals.training.data.views",
        "excluded_from": "citespan.evals.training.data.sources",
        "keywords": "citespan.evals.training.data.wording",
        "load_library": "citespan.evals.training.data.sources",
        "part_of": "citespan.evals.training.data.sampling",
        "read_claims": "citespan.evals.training.data.claims",
        "read_objects": "citespan.evals.training.data.rows",
        "read_rows": "citespan.evals.training.data.rows",
        "request": "citespan.evals.training.data.wording",
    },
)
