"""Questions that leave out what the one before said: "why?", "and in 2019?". Pure."""

import re

from qa.english import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS
from qa.leaning import ABOUT, agrees, bare, fragment
from qa.topics import names, words

_YEAR = re.compile(r"\b[12]\d{3}\b")
_BEGINS = re.compile(
    rf"(?P<topic>(?:.*:\s)?)(?:(?:{'|'.join(sorted(QUESTION_WORDS))})\s+)?(?P<rest>(?P<first>[\w']+).*)",
    re.IGNORECASE | re.DOTALL,
)
_PREPOSITION = "|".join(sorted(PREPOSITIONS))


def completed(question: str, before: str) -> str | None:
    """The question before with what this one puts in the place of something; None if it cannot be.

    Args:
        question: what the user says.
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
    """The question with another name in the place of its only one."""
    name = re.sub(r"^the\s+", "", put, flags=re.IGNORECASE)
    named = names(before)
    if names(f"of {name}") != [name] or len(named) != 1:
        return None
    return re.sub(rf"\b{re.escape(named[0])}(?!\w)", lambda _: name, before)


def _with_word(word: str, before: str) -> str | None:
    """The question as another question word would ask it; None if its own is its subject."""
    found = _BEGINS.fullmatch(before)
    if not found or found["first"].casefold() not in AUXILIARIES:
        return None
    rest = found["rest"]
    return f"{found['topic']}{word.capitalize()} {rest[0].lower()}{rest[1:]}"


def _with_phrase(phrase: str, before: str) -> str:
    """The phrase in the place of the last one with its preposition, or at the end."""
    word = re.escape(phrase.split()[0])
    old = re.compile(
        rf"\b{word}\s+(?:[^,?!.]|\.(?=\S))+?(?=\s+(?:{_PREPOSITION})\b|[,?!]|[.]?$)", re.IGNORECASE
    )
    places = list(old.finditer(before))
    if places:
        at = places[-1]
        return before[: at.start()] + phrase + before[at.end() :]
    end = len(before.rstrip(" ?!."))
    return f"{before[:end]} {phrase}{before[end:]}"
