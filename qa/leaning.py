"""Whether a question can be understood without what was said before. Pure."""

import re
from collections.abc import Sequence, Set
from itertools import takewhile

from qa.english import (
    AUXILIARIES,
    BEYOND,
    DETERMINERS,
    FORESEEN,
    PERSONS,
    POINTERS,
    POSSESSIVES,
    PREPOSITIONS,
    QUESTION_WORDS,
    RELATIONAL,
    STOP_WORDS,
    THIRD_PERSON,
)
from qa.topics import WORD, names, stems, words

_LEAD = re.compile(
    r"(?:(?:and|but|so|also|then|yes|yeah|yep|no|sure|ok|okay|thanks|thank you|great|right|cool"
    r"|i see|interesting|please|well|alright)\b(?:\s+(?:then|please|so much|very much))?"
    r"[\s,.;:!?]*)+",
    re.IGNORECASE,
)
ABOUT = re.compile(r"(?:what|how)\s+about\s", re.IGNORECASE)
_DEFINED = re.compile(
    r"(?:what(?:'s| is| are| was| were)|define|who(?:'s| is| was))\s+(?!the\b)", re.I
)
_EFFORT = re.compile(r"\bit\s+(?:takes?|took|costs?)\b.*\bto\b", re.IGNORECASE)
_UNSPACED = re.compile(r"[\u3040-\u9fff]")  # a word may be a whole question there
_SAYS_WHICH = {"of", "for", "to", "that", "which", "who", "with"}
_FRAGMENT_WORDS, _ABOUT_WORDS = 6, 4  # more say enough themselves
_CLAUSE = re.compile(
    r"[,;]|\b(?:because|if|when|while|although|before|after)\b|\b(?:and|or|but)\s+(?="
    + "|".join(sorted(QUESTION_WORDS | AUXILIARIES | THIRD_PERSON))
    + r")\b",
    re.IGNORECASE,
)


def bare(question: str) -> str:
    """The question without "and", "yes", "thanks" before it; as it is if that is all."""
    return question[lead.end() :] or question if (lead := _LEAD.match(question)) else question


def agrees(question: str) -> bool:
    """Whether it says no more than "yes, please"."""
    return bool(_LEAD.fullmatch(question.strip()))


def wants_person(question: str) -> bool:
    """Whether a pronoun of the question stands for a person."""
    return bool(set(words(question)) & PERSONS)


def leans(question: str, heard: Set[str]) -> bool:
    """Whether a question cannot be understood without what was said before.

    Args:
        question: as the user wrote it.
        heard: stems of all that was said before it.
    """
    rest = bare(question)
    said = words(rest)
    content = [word for word in said if word not in STOP_WORDS]
    if not content or fragment(question) or _refers(rest, said):
        return True
    if names(rest):
        return False
    if len(content) == 1 and len(said) > 1 and not _DEFINED.match(rest):
        return True
    if set(said) & (BEYOND - {"more", "further"}) and len(content) < 3:
        return True
    return _known_thing(said, heard) or all(word in RELATIONAL for word in content)


def _known_thing(said: Sequence[str], heard: Set[str]) -> bool:
    """Whether "the" stands before what was spoken of, and nothing says which one it is."""
    for at in (n for n, word in enumerate(said) if word == "the"):
        thing = list(takewhile(lambda word: word not in STOP_WORDS, said[at + 1 :]))
        after = said[at + 1 + len(thing) : at + 2 + len(thing)]
        if not thing or not thing[0].isalpha() or set(after) & _SAYS_WHICH:
            continue
        asked = at > 0 and said[at - 1] in AUXILIARIES  # "was the city built": a verb is last
        if any(
            stems(" ".join(one)) <= heard for one in (thing, thing[:-1] if asked else thing) if one
        ):
            return True
    return False


def fragment(question: str) -> bool:
    """Whether it goes on from a question before: "and in 2019?", "what about 2019?"."""
    said = words(rest := bare(question))
    if ABOUT.match(rest):
        return len([word for word in said if word not in STOP_WORDS]) < _ABOUT_WORDS
    if set(said) & (AUXILIARIES | QUESTION_WORDS) or not question.rstrip().endswith("?"):
        return False
    opens = _LEAD.match(question) or set(said[:1]) & (PREPOSITIONS | DETERMINERS)
    return len(said) < (_FRAGMENT_WORDS if opens else 3) and not _UNSPACED.search(question)


def _refers(question: str, said: Sequence[str]) -> bool:
    """Whether a word stands for what the question does not name."""
    return any(
        _stands_for_something(question, said, at) and not _named_inside(question, said, at)
        for at in range(len(said))
    )


def _stands_for_something(question: str, said: Sequence[str], at: int) -> bool:
    word = said[at].removesuffix("'s").removesuffix("'re")
    before, after = (said[at - 1] if at else ""), (said[at + 1] if at + 1 < len(said) else "")
    if word == "it" and (after in FORESEEN or _EFFORT.search(question)):
        return False
    if word == "that":  # it may as well join a clause
        return not after or before in PREPOSITIONS | AUXILIARIES
    if word == "those" and after in _SAYS_WHICH:
        return False
    if word in {"one", "ones"}:
        return before in {"the", "which", "other", "another"}
    if word == "there":
        return not {before, after} & AUXILIARIES
    return word in THIRD_PERSON | POINTERS


def _named_inside(question: str, said: Sequence[str], at: int) -> bool:
    """Whether what a word stands for comes before it in the question."""
    before = question[: list(WORD.finditer(question))[at].start()]
    if said[at] in {"one", "ones"} | POINTERS:
        return False
    if names(before):
        return True
    if _CLAUSE.search(before):
        return any(word not in STOP_WORDS for word in words(_CLAUSE.split(before)[0]))
    done = [n for n, word in enumerate(said[:at]) if word in {"do", "does", "did"}]
    return said[at] in POSSESSIVES and any(said[n + 1] not in STOP_WORDS for n in done)
