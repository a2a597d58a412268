"""Passive sentences made active, so that the doer comes before the deed. Pure; English."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from citespan.qa.english.verbs import (
    ARTICLES,
    BEING,
    HELPING,
    PARTICLES,
    is_plain,
    is_verb,
    verb_of,
    word_set,
)
from citespan.qa.english.wording import Word

_ASIDE = HELPING | {"not", "also", "later", "then"}
_RELATIVE = frozenset({"who", "which", "that"})
_NEW_CLAUSE = word_set("and but or while when where whereas because although as if after before")
_IN_NAMES = ARTICLES | PARTICLES | {"and"}
_NO_AGENT = word_set("this that which it then far")
_REACH = 8  # words from "was" to "by"


class Passive(NamedTuple):
    """Places in a sentence, half-open: the object of the deed, the verb, "by" and the doer."""

    start: int
    end: int
    verb: int
    by: int
    after: int


def active(words: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    """Return the words in the order of doer, verb, and object of the deed.

    Verbs that are passive in the other sentence, too, are not changed.
    """
    words = list(words)
    same = {verb_of(other[one.verb]) for one in _passives(other)}
    for one in reversed(list(_passives(words))):
        if verb_of(words[one.verb]) not in same:
            words[one.start : one.after] = [
                *words[one.by + 1 : one.after],
                words[one.verb],
                *words[one.start : one.end],
                *words[one.verb + 1 : one.by],
            ]
    return words


def owned(words: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    """Return the words with "part of Rome" as "Rome's part" if the other sentence has that."""
    words = list(words)
    neighbours = set(pairwise(verb_of(word) for word in other))
    for of in range(len(words) - 2, 0, -1):
        end = start = of + 1 + (words[of + 1].folded in ARTICLES)
        while end < len(words) and words[end].name:
            end += 1
        if words[of].folded != "of" or not is_plain(words[of - 1]) or end == start:
            continue
        if (verb_of(words[end - 1]), verb_of(words[of - 1])) in neighbours:
            words[of - 1 : end] = [*words[start:end], words[of - 1]]
    return words


def _passives(words: Sequence[Word]) -> Iterator[Passive]:
    """Yield every "was done by" and "done by", in order, without overlaps."""
    least = 0
    for by, word in enumerate(words[:-1]):
        if word.folded != "by" or not _is_doer(words[by + 1]):
            continue
        verb = _verb(words, by, least)
        if verb is not None:
            end = verb
            while end > least and _is_aside(words[end - 1]):
                end -= 1
            after = _end_of_doer(words, by + 1)
            yield Passive(_start_of_subject(words, end, least), end, verb, by, after)
            least = after


def _is_doer(word: Word) -> bool:
    how = word.folded.endswith("ing") and not word.name
    return not (word.number or how or word.folded in _NO_AGENT)


def _is_aside(word: Word) -> bool:
    return word.folded in _ASIDE or word.folded.endswith("ly")


def _verb(words: Sequence[Word], by: int, least: int) -> int | None:
    """Return the place of the verb of a deed; None if "by" does not name a doer."""
    for place in range(by - 1, max(least, by - _REACH) - 1, -1):
        if words[place].folded in BEING:
            verbs = (at for at in range(place + 1, by) if words[at].content)
            return next((at for at in verbs if not _is_aside(words[at])), None)
        if words[place].mark:
            break
    before = words[by - 1] if by > least else None
    return by - 1 if before and is_plain(before) and is_verb(before) else None


def _start_of_subject(words: Sequence[Word], end: int, least: int) -> int:
    """Return the start of the clause; before "who was", that of the name or word before "who"."""
    start = end
    if start > least and words[start - 1].folded in _RELATIVE:
        start = max(least, start - 2)
        while start > least and words[start].name and words[start - 1].name:
            start -= 1
        return start
    while start > least and words[start - 1].folded not in _NEW_CLAUSE:
        start -= 1
        if words[start].mark:
            break
    return start


def _end_of_doer(words: Sequence[Word], start: int) -> int:
    end = start + 1
    while end < len(words) and not words[end].mark:
        if not words[end].content and words[end].folded not in _IN_NAMES:
            break
        end += 1
    while end > start + 1 and words[end - 1].folded in _IN_NAMES:
        end -= 1
    return end
