"""Languages that the models do not read, known by a question's script and its small words. Pure."""

import re
from functools import lru_cache

from citespan.index.text import SMALL_WORDS
from citespan.qa.english.words import STOP_WORDS

_SCRIPTS = {
    "Chinese or Japanese": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "Korean": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "Russian or another Slavic language": re.compile(r"[\u0400-\u052f]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Arabic or Persian": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Hindi or another language of India": re.compile(r"[\u0900-\u0dff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
}
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 2  # small words of a language that tell it, if they outnumber those of English


@lru_cache(maxsize=1000)
def unread_language(question: str) -> str | None:
    """Return the name of a question's language if it is not English, as far as words can tell."""
    letters = len(_LETTER.findall(question))
    for name, script in _SCRIPTS.items():
        if 2 * len(script.findall(question)) > letters:
            return name
    said = [word.casefold() for word in _WORD.findall(question)]
    english = sum(word in STOP_WORDS for word in said)
    counts = {name: sum(word in small for word in said) for name, small in SMALL_WORDS.items()}
    likeliest = max(counts, key=lambda name: counts[name])
    return likeliest if counts[likeliest] >= _LEAST and counts[likeliest] > english else None


def has_stems(language: str) -> bool:
    """Return whether the words of a language can be compared: those of other scripts cannot."""
    return language in SMALL_WORDS
