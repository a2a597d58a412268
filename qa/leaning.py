"""Whether a question can be understood without what was said before. Pure."""

import re
from collections.abc import Sequence

from qa.english import (
    AUXILIARIES,
    BEYOND,
    PERSONS,
    POINTERS,
    POSSESSIVES,
    PREPOSITIONS,
    QUESTION_WORDS,
    RELATIONAL,
    STOP_WORDS,
    THIRD_PERSON,
)
from qa.topics import names, words

_LEAD = re.compile(
    r"(?:(?:and|but|so|also|then|yes|yeah|yep|no|sure|ok|okay|thanks|thank you|great|right|cool"
    r"|i see|interesting|please|well|alright)\b(?:\s+(?:then|please|so much|very much))?"
    r"[\s,.;:!]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:what|how)\s+about\s", re.IGNORECASE)
_DEFINED = re.compile(r"(?:what(?:'s| is| are| was| were)|define|who(?:'s| is| was))\s+(?!the\b)", re.I)
_CLAUSE = re.compile(r"[,;]|\b(?:and|or|but|because|if|when|while|although)\b", re.IGNORECASE)


def bare(question: str) -> str:
    """The question without "and", "yes", "thanks" before it; as it is if that is all."""
    return question[lead.end() :] or question if (lead := _LEAD.match(question)) else question


def wants_person(question: str) -> bool:
    """Whether a pronoun of the question stands for a person."""
    return bool(set(words(question)) & PERSONS)


def leans(question: str) -> bool:
    """Whether a question cannot be understood without what was said before."""
    rest = bare(question)
    said = words(rest)
    content = [word for word in said if word not in STOP_WORDS]
    named = bool(names(rest))
    if not content or _ABOUT.match(rest) and len(content) < 4 or _fragment(question, said):
        return True
    if _refers(rest, said):
        return True
    if named:
        return False
    if len(content) == 1 and not _DEFINED.match(rest):
        return True
    if set(said) & BEYOND and len(content) < 3:
        return True
    return all(word in RELATIONAL for word in content)


def _fragment(question: str, said: Sequence[str]) -> bool:
    """Whether it goes on from a question before: "and in 2019?"."""
    verbless = not set(said) & (AUXILIARIES | QUESTION_WORDS) and question.rstrip().endswith("?")
    return verbless and len(said) < 6


def _refers(question: str, said: Sequence[str]) -> bool:
    """Whether a pronoun stands for what the question does not name."""
    for at, word in enumerate(said):
        plain = word.removesuffix("'s").removesuffix("'re")
        before, after = (said[at - 1] if at else ""), said[at + 1 : at + 2]
        if plain in THIRD_PERSON:
            return not _named_inside(question, said, at)
        if plain in POINTERS and (
            plain != "that" or not after or before in PREPOSITIONS | AUXILIARIES
        ):
            return not (plain == "those" and after and after[0] in {"who", "that", "of", "with"})
        if plain == "there" and before not in AUXILIARIES and not set(after) & AUXILIARIES:
            return True
    return False


def _named_inside(question: str, said: Sequence[str], at: int) -> bool:
    """Whether what the pronoun stands for comes before it in the question."""
    pieces = re.split(rf"\b{re.escape(said[at])}(?!\w)", question, maxsplit=1, flags=re.IGNORECASE)
    before = pieces[0]
    if names(before):
        return True
    earlier = [word for word in said[:at] if word not in STOP_WORDS]
    if earlier and _CLAUSE.search(before):
        return any(word not in STOP_WORDS for word in words(_CLAUSE.split(before)[0]))
    done = [n for n, word in enumerate(said[:at]) if word in {"do", "does", "did"}]
    return said[at] in POSSESSIVES and any(said[n + 1] not in STOP_WORDS for n in done)
