"""Training pairs made of guides: what their structure asks, and what a search finds for it."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.guides.pairs import pairs_of
    from citespan.evals.training.guides.passages import (
        Shown,
        drawn,
        found_pieces,
        is_within,
        shown_as,
        titled,
        without,
    )
    from citespan.evals.training.guides.questions import questions_of
    from citespan.evals.training.guides.store import store_guide

__all__ = (
    "Shown",
    "drawn",
    "found_pieces",
    "is_within",
    "pairs_of",
    "questions_of",
    "shown_as",
    "store_guide",
    "titled",
    "without",
)

_PASSAGES = "citespan.evals.training.guides.passages"

__getattr__ = names_of(
    __name__,
    {
        "Shown": _PASSAGES,
        "drawn": _PASSAGES,
        "found_pieces": _PASSAGES,
        "is_within": _PASSAGES,
        "pairs_of": "citespan.evals.training.guides.pairs",
        "questions_of": "citespan.evals.training.guides.questions",
        "shown_as": _PASSAGES,
        "store_guide": "citespan.evals.training.guides.store",
        "titled": _PASSAGES,
        "without": _PASSAGES,
    },
)
