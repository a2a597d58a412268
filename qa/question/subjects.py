"""What a question is about, as stems, however it is asked. Pure."""

import regex

from citespan.index.text import stem
from citespan.qa.english.words import STOP_WORDS

_WORD = regex.compile(r"[\p{L}\p{N}]+")


def gist(question: str) -> frozenset[str]:
    """Return the stems of the words that say what a question is about; else those of all words."""
    words = _WORD.findall(question.casefold())
    telling = [word for word in words if word not in STOP_WORDS] or words
    return frozenset(map(stem, telling))
