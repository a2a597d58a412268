"""The words that a text has only as parts or as forms of others, for the lexical index. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

import regex

from citespan.index.text.languages import languages_of
from citespan.index.text.stems import further_stems, undivided

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"[a-z][A-Z]")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNSPACED = regex.compile(rf"[{_SCRIPTS}]{{2,}}")
_SPACED = regex.compile(rf"[[\p{{Alphabetic}}\p{{M}}\p{{N}}]--[{_SCRIPTS}]]+", regex.V1)
_LONGEST = 60  # characters: the index leaves longer words out


def taken_apart(text: str) -> str:
    """Return a text with the words at its end that it has only as parts or as forms of others.

    Those are the words of names such as "OrderManager"; all pairs of neighbouring characters in
    scripts that put no spaces between words, as Lucene's CJKBigramFilter makes them; and the stems
    of words in other languages than English. BM25 counts all of them in the length of the text.
    """
    added = [*_of_names(text), *_of_other_languages(normalize("NFC", text.lower()))]
    return f"{text}\n{' '.join(added)}" if added else text


def _of_names(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        if _JOINT.search(word) and word.isascii() and word.isalpha():
            parts = _PARTS.findall(word)
            if all(len(part) > 1 for part in parts):
                yield from parts


def _of_other_languages(text: str) -> Iterator[str]:
    languages = languages_of(text)
    if not languages:
        text = " ".join(word for word in text.split() if not word.isascii())
    for run in _UNSPACED.findall(undivided(text)):
        yield from map("".join, pairwise(run))
    for word in _SPACED.findall(text):
        if len(word) < _LONGEST:
            yield from further_stems(word, languages)
