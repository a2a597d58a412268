"""Shared parts of the patterns: dates, numbers, and phrases that fit into a question."""

from dataclasses import dataclass

import regex

from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    LEANING,
    MONTHS,
    NUMBER_WORDS,
    PARTICIPLES,
    PREPOSITIONS,
    PRONOUNS,
    TITLES,
    TRANSITIVE,
)
from citespan.index import Span


def any_of(words: frozenset[str] | dict[str, str]) -> str:
    """Return a regular expression for any of the words, the longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_MONTH = "(?:" + "|".join(sorted(MONTHS)) + ")"
YEAR = r"(?:1[0-9]|20)\d\d"
DATE = rf"(?:{_MONTH} \d{{1,2}}, {YEAR}|\d{{1,2}} {_MONTH} {YEAR}|{_MONTH} {YEAR}|{YEAR})"
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
COUNT = rf"(?:{NUMBER})(?: (?:million|billion|thousand))?|{'|'.join(sorted(NUMBER_WORDS))}"
ABOUT = r"(?:(?:about|around|over|nearly|almost|approximately|some|roughly|more than|at least) )?"
DONE = rf"(?:{any_of(PARTICIPLES)}|\p{{Ll}}{{2,}}ed)"


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and the place of the answer in its sentence."""

    question: str
    answer: Span


def subject_before(sentence: Sentence, end: int, start: int = 0) -> str | None:
    """Return the words up to a verb, if they are one definite thing with a name in it."""
    text = sentence.text[start:end].strip()
    words = text.split(" ")
    lower = [word.casefold() for word in words]
    if not 1 <= len(words) <= 9 or lower[0] in LEANING | PREPOSITIONS | {"a", "an", "no"}:
        return None
    if any(mark in text for mark in ',;:()"') or any(
        word in AUXILIARIES | CONJUNCTIONS | PRONOUNS for word in lower
    ):
        return None
    if any(word.endswith(("ing", "ed")) or word in TRANSITIVE for word in lower[1:]):
        return None
    inside = [m for m in sentence.mentions if start <= m.start and m.end <= end]
    if not inside or text.endswith(("'s", "’s")):
        return None
    text = text.removesuffix(" also").removesuffix(" first").removesuffix(" later")
    return text if start or inside[0].start == start else small_first(text)


def small_first(text: str) -> str:
    """Return a phrase from the start of a sentence as it is written inside one."""
    word = text.split(" ")[0]
    small = word in {"A", "An", "The"} or (word[1:].islower() and word not in TITLES)
    return text[0].lower() + text[1:] if small else text


def cut(text: str, most: int = 14) -> str | None:
    """Return the rest of a sentence up to a side remark; None if its start is unclear."""
    head, comma, tail = text.rstrip(".").partition(", ")
    if comma and not regex.match(
        r"(?:which|who|where|when|while|but|although|though|after|before|because|as|making"
        r"|becoming|leading|including|with|and (?:was|is|has|had|it|he|she|they|later))\b",
        tail,
    ):
        return None
    words = head.split(" ")
    lower = {word.casefold() for word in words}
    if len(words) > most or lower & (
        PRONOUNS | {"who", "which", "where", "while", "but", "because"}
    ):
        return None
    if any(mark in head for mark in '();"“”') or words[-1].casefold() in PREPOSITIONS:
        return None
    return head.replace(" also ", " ")


def has_name(sentence: Sentence, part: str) -> bool:
    """Return whether a name of the sentence is in this part of it."""
    return any(mention.text in part for mention in sentence.mentions)
