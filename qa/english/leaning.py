"""Whether a question can be understood without the earlier messages. Pure."""

import re
from collections.abc import Sequence, Set

from citespan.qa.english.topics import WORD, name_spans, names, stems, words
from citespan.qa.english.words import (
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

_LEAD = re.compile(
    r"(?:(?:and|but|so|also|then|yes|yeah|yep|no|sure|ok|okay|thanks|thank you|great|right|cool"
    r"|i see|interesting|please|well|alright)\b(?:\s++(?:then|please|so much|very much))?+"
    r"[\s,.;:!?]*+)++",  # possessive: "then" may match either way, and nothing backtracks
    re.IGNORECASE,
)
ABOUT = re.compile(r"(?:what|how)\s+about\s", re.IGNORECASE)
_DEFINED = re.compile(
    r"(?:what(?:'s| is| are| was| were)|define|who(?:'s| is| was))\s+(?!the\b)", re.I
)
_EFFORT = re.compile(r"\bit\s+(?:takes?|took|costs?)\b", re.IGNORECASE)
_TO = re.compile(r"\bto\b", re.IGNORECASE)
_UNSPACED = re.compile(r"[\u3040-\u9fff]")  # in these scripts one word may be a whole question
_SAYS_WHICH = {"of", "for", "to", "that", "which", "who", "with"}
_FRAGMENT_WORDS, _ABOUT_WORDS = 6, 4  # a question with more words says enough itself
_CLAUSE = re.compile(
    r"[,;]|\b(?:because|if|when|while|although|before|after)\b|\b(?:and|or|but)\s+(?="
    + "|".join(sorted(QUESTION_WORDS | AUXILIARIES | THIRD_PERSON))
    + r")\b",
    re.IGNORECASE,
)


def bare(question: str) -> str:
    """Return the question without a leading "and", "yes" or "thanks", unless that is all of it."""
    return question[lead.end() :] or question if (lead := _LEAD.match(question)) else question


def agrees(question: str) -> bool:
    """Return whether a question says no more than "yes, please"."""
    return bool(_LEAD.fullmatch(question.strip()))


def wants_person(question: str) -> bool:
    """Return whether a pronoun of the question refers to a person."""
    return bool(set(words(question)) & PERSONS)


def leans(question: str, heard: Set[str]) -> bool:
    """Return whether a question cannot be understood without the earlier messages.

    Args:
        question: as the user wrote it.
        heard: stems of all words said before the question.
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
    """Return whether "the" precedes a thing said before, and no word says which one it is."""
    for at in (n for n, word in enumerate(said) if word == "the"):
        end = at + 1
        while end < len(said) and said[end] not in STOP_WORDS:
            end += 1
        thing, after = said[at + 1 : end], said[end : end + 1]
        if not thing or not thing[0].isalpha() or set(after) & _SAYS_WHICH:
            continue
        asked = at > 0 and said[at - 1] in AUXILIARIES  # "was the city built": a verb is last
        if any(
            stems(" ".join(one)) <= heard for one in (thing, thing[:-1] if asked else thing) if one
        ):
            return True
    return False


def fragment(question: str) -> bool:
    """Return whether a question continues the previous one: "and in 2019?", "what about 2019?"."""
    said = words(rest := bare(question))
    if ABOUT.match(rest):
        return len([word for word in said if word not in STOP_WORDS]) < _ABOUT_WORDS
    if set(said) & (AUXILIARIES | QUESTION_WORDS) or not question.rstrip().endswith("?"):
        return False
    opens = _LEAD.match(question) or set(said[:1]) & (PREPOSITIONS | DETERMINERS)
    return len(said) < (_FRAGMENT_WORDS if opens else 3) and not _UNSPACED.search(question)


def _refers(question: str, said: Sequence[str]) -> bool:
    """Return whether a word refers to something that the question does not name."""
    effort = _takes_effort(question)
    pointing = [at for at in range(len(said)) if _stands_for_something(said, at, effort=effort)]
    if any(said[at] in {"one", "ones"} | POINTERS for at in pointing):
        return True
    return bool(pointing) and not _all_named_before(question, said, pointing)


def _takes_effort(question: str) -> bool:
    """Return whether "it" may refer to later words: "how long does it take to boil an egg"."""
    found = _EFFORT.search(question)
    return bool(found and _TO.search(question, found.end()))


def _stands_for_something(said: Sequence[str], at: int, *, effort: bool) -> bool:
    word = said[at].removesuffix("'s").removesuffix("'re")
    before, after = (said[at - 1] if at else ""), (said[at + 1] if at + 1 < len(said) else "")
    if word == "it" and (after in FORESEEN or effort):
        return False
    if word == "that":  # "that" may also join a clause
        return not after or before in PREPOSITIONS | AUXILIARIES
    if word == "those" and after in _SAYS_WHICH:
        return False
    if word in {"one", "ones"}:
        return before in {"the", "which", "other", "another"}
    if word == "there":
        return not {before, after} & AUXILIARIES
    return word in THIRD_PERSON | POINTERS


def _all_named_before(question: str, said: Sequence[str], pointing: Sequence[int]) -> bool:
    """Return whether each referring word comes after the thing that it refers to.

    The first such thing is found once, as a question may consist of pronouns only.
    """
    starts = [match.start() for match in WORD.finditer(question)]
    named = min((end for _, end in name_spans(question)), default=len(question))
    clause = _CLAUSE.search(question)
    # "and it" begins a clause for the words after "it"
    clause_end = clause.end() + clause.group()[-1].isspace() if clause else len(question)
    is_named_in_clause = clause is not None and any(
        word not in STOP_WORDS for word in words(question[: clause.start()])
    )
    doing = (
        at
        for at, word in enumerate(said[:-1])
        if word in {"do", "does", "did"} and said[at + 1] not in STOP_WORDS
    )
    done = next(doing, len(said))

    def is_named(at: int) -> bool:
        if named <= starts[at]:
            return True
        if clause_end <= starts[at]:
            return is_named_in_clause
        return said[at] in POSSESSIVES and done < at

    return all(is_named(at) for at in pointing)
