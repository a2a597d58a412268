"""The rules for English: words, small talk, clauses."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.english.numbers import missing
    from citespan.qa.english.question_parts import parts
    from citespan.qa.english.topics import stems
    from citespan.qa.english.wording import wording_of

__all__ = (
    "missing",
    "parts",
    "stems",
    "wording_of",
)

__getattr__ = names_of(
    __name__,
    {
        "missing": "citespan.qa.english.numbers",
        "parts": "citespan.qa.english.question_parts",
        "stems": "citespan.qa.english.topics",
        "wording_of": "citespan.qa.english.wording",
    },
)
