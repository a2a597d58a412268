"""The stems of words, as the lexical index holds them: all forms of a word share one."""

from functools import cache, lru_cache

import tantivy


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the English stem of one word, folded: "increased" and "increases" share one.

    A text that is no single word to the index ("isn't", 60 characters or more) is only folded.
    """
    stems = _analyzer().analyze(word)
    return stems[0] if len(stems) == 1 else word.casefold()


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
