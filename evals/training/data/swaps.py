"""Questions turned into ones that their passage does not answer. Pure but for the generator.

The changes are those that people made for SQuAD 2.0 (Rajpurkar et al. 2018, table 2): another name,
another number, the opposite word, another word of the same kind, a negation.
"""

import re
from collections.abc import Callable, Sequence

from numpy.random import Generator

_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<=[a-z,;)] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")  # none that begins a sentence
_OPPOSITES = (
    ("first", "last"), ("before", "after"), ("largest", "smallest"), ("highest", "lowest"),
    ("most", "least"), ("more", "fewer"), ("oldest", "youngest"), ("longest", "shortest"),
    ("increase", "decrease"), ("increased", "decreased"), ("began", "ended"), ("begin", "end"),
    ("start", "end"), ("started", "ended"), ("won", "lost"), ("win", "lose"), ("best", "worst"),
    ("north", "south"), ("northern", "southern"), ("east", "west"), ("eastern", "western"),
    ("early", "late"), ("older", "younger"), ("larger", "smaller"), ("higher", "lower"),
    ("above", "below"), ("joined", "left"), ("founded", "dissolved"), ("opened", "closed"),
    ("born", "buried"), ("male", "female"), ("men", "women"), ("king", "queen"),
    ("father", "mother"), ("brother", "sister"), ("son", "daughter"), ("maximum", "minimum"),
    ("positive", "negative"), ("allowed", "forbidden"), ("supported", "opposed"),
)  # fmt: skip
_OPPOSITE = {**dict(_OPPOSITES), **{b: a for a, b in _OPPOSITES}}
_WORDS = re.compile(r"\w+")
_WORD = re.compile(r"(?<![\w'’-])[a-z]{4,}(?![\w'’-])")
_PLAIN = re.compile(
    "what|when|where|which|whose|whom|does|have|been|were|that|this|these|those|with|from|into|"
    "about|many|much|kind|type|name|term|other|than|they|them|their|there|being|some|such|also|"
    "more|most|after|before|during|over|under|between|would|could|should|will|year|date|time|"
    "called|known|used|said|made"
)
_AUXILIARY = re.compile(r"\b(did|does|do|was|were|is|are|can|could|has|have|had|will|would)\b\s")


def names(text: str) -> list[str]:
    """Return runs of capitalised words inside sentences, in order, each once."""
    return list(dict.fromkeys(match.group() for match in _NAME.finditer(text)))


def swapped(
    question: str,
    passage: str,
    others: Sequence[str],
    near: Callable[[str], Sequence[str]],
    rng: Generator,
) -> str | None:
    """Return the question with one thing changed, or None if there is nothing to change.

    Args:
        question: a question that the passage answers.
        passage: the passage that must not answer the result: only words that it contains are
            changed.
        others: names from elsewhere in its document.
        near: words of the same kind as a word.
        rng: decides which kind of change is made, and which of that kind.
    """
    kinds = [
        _other_names(question, passage, others, rng),
        _other_numbers(question, passage, rng),
        _opposites(question, passage),
        _other_words(question, passage, near, rng),
    ]
    if rng.random() < 0.1:  # easily learnt from only the word: a few are enough
        kinds.append(_negated(question))
    kinds = [changes for changes in kinds if changes]
    if not kinds:
        return None
    changes = kinds[int(rng.integers(len(kinds)))]
    return changes[int(rng.integers(len(changes)))]


def _other_names(question: str, passage: str, others: Sequence[str], rng: Generator) -> list[str]:
    changes: list[str] = []
    for match in _NAME.finditer(question):
        name = match.group()
        words = len(name.split())
        fitting = [
            other
            for other in others
            if len(other.split()) == words
            and other.casefold() not in f"{passage} {question}".casefold()
        ]
        if fitting and name in passage:
            other = fitting[int(rng.integers(len(fitting)))]
            changes.append(question[: match.start()] + other + question[match.end() :])
    return changes


def _other_numbers(question: str, passage: str, rng: Generator) -> list[str]:
    changes: list[str] = []
    for match in _NUMBER.finditer(question):
        if match.group() not in passage:
            continue
        last = int(match.group()[-1])
        other = match.group()[:-1] + str((last + int(rng.integers(1, 9))) % 10)
        if other not in passage:
            changes.append(question[: match.start()] + other + question[match.end() :])
    return changes


def _opposites(question: str, passage: str) -> list[str]:
    changes: list[str] = []
    held = set(_WORDS.findall(passage.casefold()))
    for match in _WORDS.finditer(question):
        other = _OPPOSITE.get(match.group())
        if other and other not in held:
            changes.append(question[: match.start()] + other + question[match.end() :])
    return changes


def _other_words(
    question: str, passage: str, near: Callable[[str], Sequence[str]], rng: Generator
) -> list[str]:
    """Return the question with one ordinary word replaced by another of its kind.

    The passage has the old word and not the new one.
    """
    text = passage.casefold()
    changes: list[str] = []
    for match in _WORD.finditer(question):
        word = match.group()
        if _PLAIN.fullmatch(word) or word not in text:
            continue
        fitting = [other for other in near(word) if other not in text and other not in question]
        if fitting:
            other = fitting[int(rng.integers(len(fitting)))]
            changes.append(question[: match.start()] + other + question[match.end() :])
    return changes


def _negated(question: str) -> list[str]:
    match = _AUXILIARY.search(question)
    if match is None:
        return []
    # without a parser the place of the verb is unknown: "did X never …" reads well after a name
    rest = question[match.end() :].split(" ", 1)
    if len(rest) < 2:
        return []
    return [f"{question[: match.end()]}{rest[0]} never {rest[1]}"]
