"""Questions that omit words of the previous one: "why?", "and in 2019?". Pure."""

import re
from itertools import pairwise

from citespan.qa.english.leaning import ABOUT, agrees, bare, fragment
from citespan.qa.english.topics import WORD, names, words
from citespan.qa.english.words import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS

_YEAR = re.compile(r"\b[12]\d{3}\b")
_BEGINS = re.compile(
    rf"(?P<topic>(?:.*:\s)?)(?:(?:{'|'.join(sorted(QUESTION_WORDS))})\s+)?(?P<rest>(?P<first>[\w']+).*)",
    re.IGNORECASE | re.DOTALL,
)
_ARTICLE = re.compile(r"the\s+", re.IGNORECASE)
_PHRASE_BEGINS = re.compile(r"\s++(?:[^,?!.]|\.(?=\S))")
_PHRASE_ENDS = re.compile(
    rf"(?<!\s)\s++(?:{'|'.join(sorted(PREPOSITIONS))})\b|[,?!]|\.(?!\S)|\Z", re.IGNORECASE
)


def completed(question: str, before: str) -> str | None:
    """Return the previous question with a part replaced by this one's; None if no part fits.

    Args:
        question: the user's text.
        before: the last question, stand-alone.
    """
    rest = bare(question).strip()
    said = words(rest)
    if agrees(question):
        return before
    if len(said) == 1 and said[0] in QUESTION_WORDS:
        return _with_word(said[0], before)
    if not said or not fragment(question):
        return None
    put = (rest[about.end() :] if (about := ABOUT.match(rest)) else rest).strip(" ?!.")
    if words(put)[:1] and words(put)[0] in PREPOSITIONS:
        return _with_phrase(put[0].lower() + put[1:], before)
    if _YEAR.fullmatch(put) and len(_YEAR.findall(before)) == 1:
        return _YEAR.sub(put, before)
    return _with_name(put, before) if about or rest != question.strip() else None


def _with_name(put: str, before: str) -> str | None:
    """Return the question with its only name replaced; None if it has none or several."""
    name = put[article.end() :] if (article := _ARTICLE.match(put)) else put
    named = names(before)
    if names(f"of {name}") != [name] or len(named) != 1:
        return None
    return _replaced(before, named[0], name)


def _replaced(text: str, old: str, new: str) -> str:
    """Return the text with one name replaced by another, except inside of words."""
    first, *others = text.split(old)
    found = [first]
    for before, after in pairwise([first, *others]):
        inside = _is_part_of_word(before[-1:]) or _is_part_of_word(after[:1])
        found += [old if inside else new, after]
    return "".join(found)


def _is_part_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _with_word(word: str, before: str) -> str | None:
    """Return the question with another question word; None if its own is its subject."""
    found = _BEGINS.fullmatch(before)
    if not found or found["first"].casefold() not in AUXILIARIES:
        return None
    rest = found["rest"]
    return f"{found['topic']}{word.capitalize()} {rest[0].lower()}{rest[1:]}"


def _with_phrase(phrase: str, before: str) -> str:
    """Replace the last phrase with the same preposition, or else append the phrase."""
    word = words(phrase)[0]
    for place in reversed([one for one in WORD.finditer(before) if one.group().lower() == word]):
        begun = _PHRASE_BEGINS.match(before, place.end())
        stop = begun and _PHRASE_ENDS.search(before, begun.end())
        if stop and (stop.group() != "." or stop.end() == len(before)):
            return before[: place.start()] + phrase + before[stop.start() :]
    end = len(before.rstrip(" ?!."))
    return f"{before[:end]} {phrase}{before[end:]}"
