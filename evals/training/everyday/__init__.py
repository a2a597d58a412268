"""Everyday questions that were written for documents, what answers them, and their pairs."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.everyday.pairs import pairs_of
    from citespan.evals.training.everyday.questions import (
        ABROAD,
        OWN,
        EverydayQuestion,
        drafts_of,
        read_questions,
    )
    from citespan.evals.training.everyday.store import (
        scratch_corpus,
        store_collection,
        stored_together,
    )

__all__ = (
    "ABROAD",
    "EverydayQuestion",
    "OWN",
    "drafts_of",
    "pairs_of",
    "read_questions",
    "scratch_corpus",
    "store_collection",
    "stored_together",
)

_QUESTIONS = "citespan.evals.training.everyday.questions"
_STORE = "citespan.evals.training.everyday.store"

__getattr__ = names_of(
    __name__,
    {
        "ABROAD": _QUESTIONS,
        "EverydayQuestion": _QUESTIONS,
        "OWN": _QUESTIONS,
        "drafts_of": _QUESTIONS,
        "pairs_of": "citespan.evals.training.everyday.pairs",
        "read_questions": _QUESTIONS,
        "scratch_corpus": _STORE,
        "store_collection": _STORE,
        "stored_together": _STORE,
    },
)
