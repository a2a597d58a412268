"""Training pairs made of guides: what their structure asks, and what a search finds for it."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.guides.pairs import pairs_of
    from citespan.evals.training.guides.questions import questions_of

__all__ = ("pairs_of", "questions_of")

__getattr__ = names_of(
    __name__,
    {
        "pairs_of": "citespan.evals.training.guides.pairs",
        "questions_of": "citespan.evals.training.guides.questions",
    },
)
