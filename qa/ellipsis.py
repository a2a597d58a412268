"""Questions that leave out what the one before said: "why?", "and in 2019?". Pure."""

import re

from qa.english import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS
from qa.leaning import ABOUT, bare, fragment
from qa.topics import names, words

_YEAR = re.compile(r"\b[12]\d{3}\b")
_BEGINS = re.compile(rf"\s*(?:(?:{'|'.join(sorted(QUESTION_WORDS))})\s+)?(?P<rest>(?P<first>[\w']+).*)", re.I | re.S)
_PREPOSITION = "|".join(sorted(PREPOSITIONS))


def completed(question: str, before: str) -> str | None:
    """The question before with what this one puts in the place of something; None if it cannot be.

    Args:
        question: what the user says.
        before: the last question, stand-alone.
    """
    rest = bare(question).strip()
    said = words(rest)
    if len(said) == 1 and said[0] in QUESTION_WORDS:
        return _with_word(said[0], before)
    if not fragment(question):
        return None
    put = (rest[about.end() :] if (about := ABOUT.match(rest)) else rest).strip(" ?!.")
    if put and words(put)[0] in PREPOSITIONS:
        return _with_phrase(put, before)
    if _YEAR.fullmatch(put) and len(_YEAR.findall(before)) == 1:
        return _YEAR.sub(put, before)
    if names(f"of {put}") == [put] and len(named := names(before)) == 1:
        return before.replace(named[0], put)
    return None


def _with_word(word: str, before: str) -> str | None:
    """"Did Rome fall?" or "When did Rome fall?", asked with another question word."""
    found = _BEGINS.fullmatch(before)
    if not found or found["first"].casefold() not in AUXILIARIES:
        return None
    rest = found["rest"]
    return f"{word.capitalize()} {rest[0].lower()}{rest[1:]}"


def _with_phrase(phrase: str, before: str) -> str:
    """The phrase in the place of the last one with its preposition, or at the end."""
    word = re.escape(phrase.split()[0])
    old = re.compile(rf"\b{word}\s+(?:[^,?!.]|\.(?=\S))+?(?=\s+(?:{_PREPOSITION})\b|[,?!]|[.]?$)", re.IGNORECASE)
    places = list(old.finditer(before))
    if places:
        at = places[-1]
        return before[: at.start()] + phrase + before[at.end() :]
    end = len(before.rstrip(" ?!."))
    return f"{before[:end]} {phrase}{before[end:]}"
