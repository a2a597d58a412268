"""The stems of words, as the lexical index holds them: all forms of a word share one."""

import re
from functools import cache, lru_cache
from itertools import pairwise

import regex
import tantivy

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"[a-z][A-Z]")
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{2,}"
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the English stem of one word, folded: "increased" and "increases" share one.

    A text that is no single word to the index ("isn't", 60 characters or more) is only folded.
    """
    stems = _analyzer().analyze(word)
    return stems[0] if len(stems) == 1 else word.casefold()


def taken_apart(text: str) -> str:
    """Return a text with the words at its end that it writes as a part of others.

    Those are the words of names such as "OrderManager", and all pairs of neighbouring characters in
    scripts that put no spaces between words, as Lucene's CJKBigramFilter makes them.
    """
    words = (word for word in _WORD.findall(text) if word.isascii() and word.isalpha())
    names = (_PARTS.findall(word) for word in words if _JOINT.search(word))
    parts = [part for name in names if all(len(one) > 1 for one in name) for part in name]
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            parts += map("".join, pairwise(run))
    return f"{text}\n{' '.join(parts)}" if parts else text


def english_analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer that turns a text into the stems that are indexed."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(60),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


_analyzer = cache(english_analyzer)
