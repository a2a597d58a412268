"""The search for evidence: passages in, sentences that answer out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.english.numbers import values_of
    from citespan.qa.evidence.covering import Wanted
    from citespan.qa.evidence.decision import AnswerThreshold
    from citespan.qa.evidence.finding import Finder, Found
    from citespan.qa.evidence.headings import sections_of
    from citespan.qa.evidence.hub import open_reader
    from citespan.qa.evidence.pieces import (
        Outlines,
        Piece,
        outline_of_text,
        pieces_of,
        read_as_one,
        row_cells,
    )
    from citespan.qa.evidence.selection import (
        Rules,
        Sentence,
        by_quote,
        folded,
        once,
        says_something,
    )

__all__ = (
    "AnswerThreshold",
    "Finder",
    "Found",
    "Outlines",
    "Piece",
    "Rules",
    "Sentence",
    "Wanted",
    "by_quote",
    "folded",
    "once",
    "open_reader",
    "outline_of_text",
    "pieces_of",
    "read_as_one",
    "row_cells",
    "says_something",
    "sections_of",
    "values_of",
)

__getattr__ = names_of(
    __name__,
    {
        "AnswerThreshold": "citespan.qa.evidence.decision",
        "Finder": "citespan.qa.evidence.finding",
        "Found": "citespan.qa.evidence.finding",
        "Outlines": "citespan.qa.evidence.pieces",
        "Piece": "citespan.qa.evidence.pieces",
        "Rules": "citespan.qa.evidence.selection",
        "Sentence": "citespan.qa.evidence.selection",
        "Wanted": "citespan.qa.evidence.covering",
        "by_quote": "citespan.qa.evidence.selection",
        "folded": "citespan.qa.evidence.selection",
        "once": "citespan.qa.evidence.selection",
        "open_reader": "citespan.qa.evidence.hub",
        "outline_of_text": "citespan.qa.evidence.pieces",
        "pieces_of": "citespan.qa.evidence.pieces",
        "read_as_one": "citespan.qa.evidence.pieces",
        "row_cells": "citespan.qa.evidence.pieces",
        "sections_of": "citespan.qa.evidence.headings",
        "says_something": "citespan.qa.evidence.selection",
        "values_of": "citespan.qa.english.numbers",
    },
)
