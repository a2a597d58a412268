"""The stems of words, as the lexical index holds them: all forms of a word share one. Pure."""

from collections.abc import Callable
from functools import cache, lru_cache, partial

import regex
import tantivy

# A word in Arabic letters that Arabic itself lacks is of Persian, Urdu and the like.
_SCRIPT = regex.compile(
    r"(?P<russian>\p{Cyrillic})|(?P<greek>\p{Greek})|(?P<arabic>[\u0621-\u0652]+\Z)"
    r"|(?P<tamil>\p{Tamil})|(?P<hindi>[\p{Devanagari}\p{Bengali}\p{Gujarati}\p{Gurmukhi}])"
)
_VOWEL_SIGNS = regex.compile(r"(?<!\p{M})\p{M}++\Z")
_DIVIDING = regex.compile(r"[\p{M}--\p{Alphabetic}]+", regex.V1)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the English stem of one word, folded: "increased" and "increases" share one.

    A text that is no single word to the index ("isn't", 60 characters or more) is only folded.
    """
    stems = _analyzer().analyze(word)
    return stems[0] if len(stems) == 1 else word.casefold()


@lru_cache(maxsize=50_000)
def further_stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the stems of a word by its own languages that English analysis does not make of it.

    Args:
        word: in lower case and canonical form.
        languages: what it may be in if it is in Latin letters; other letters show theirs.
    """
    script = _SCRIPT.match(word)
    own = (str(script.lastgroup),) if script else languages
    stems = [_stemmer(language)(word) for language in own] or [word]
    made = {_indexed(one): one for one in map(undivided, stems)}
    made.pop(_indexed(word), None)
    return tuple(made.values())


def undivided(text: str) -> str:
    """Return a text without the marks that would divide its words in the index.

    Those are marks that are no letters to Unicode, as the virama of Hindi and the tones of Thai.
    """
    return _DIVIDING.sub("", text)


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


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    """Return what makes the stem of a word.

    Snowball has none for Hindi: without the vowel signs at their end, most forms of a word agree.
    """
    if language == "hindi":
        return partial(_VOWEL_SIGNS.sub, "")
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    analyzer = builder.filter(tantivy.Filter.stemmer(language)).build()
    return lambda word: analyzer.analyze(word)[0]


def _indexed(text: str) -> tuple[str, ...]:
    return tuple(_analyzer().analyze(text))


_analyzer = cache(english_analyzer)
