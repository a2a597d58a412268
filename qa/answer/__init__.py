"""The writing of answers: evidence in, quoted or generated answers with citations out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.answer.bounds import MAX_FETCH, MAX_LISTED, bounded
    from citespan.qa.answer.events import (
        CitationAdded,
        Delta,
        Done,
        Event,
        Retrieved,
        SegmentDone,
        folded,
    )

__all__ = (
    "CitationAdded",
    "Delta",
    "Done",
    "Event",
    "MAX_FETCH",
    "MAX_LISTED",
    "Retrieved",
    "SegmentDone",
    "bounded",
    "folded",
)

__getattr__ = names_of(
    __name__,
    {
        "CitationAdded": "citespan.qa.answer.events",
        "Delta": "citespan.qa.answer.events",
        "Done": "citespan.qa.answer.events",
        "Event": "citespan.qa.answer.events",
        "MAX_FETCH": "citespan.qa.answer.bounds",
        "MAX_LISTED": "citespan.qa.answer.bounds",
        "Retrieved": "citespan.qa.answer.events",
        "SegmentDone": "citespan.qa.answer.events",
        "bounded": "citespan.qa.answer.bounds",
        "folded": "citespan.qa.answer.events",
    },
)
