"""Whether a claim goes from one clause of a sentence over to another: then two things are mixed up.

"Alice has 3, Bob has 5" has the words of "Alice has 5" in their order. Pure; English.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise

from citespan.qa.english.alignment import matches
from citespan.qa.english.verbs import (
    DETERMINING,
    PLACING,
    is_determined,
    is_plain,
    is_verb,
    verb_of,
    word_set,
)
from citespan.qa.english.wording import Word

_NEW_CLAUSE = word_set("and but while whereas where when although because as yet")
_BEFORE_SUBJECT = _NEW_CLAUSE | DETERMINING | word_set("that those of then later")
_AGAIN = word_set("again once first last soon afterwards")


def crossed(said: Sequence[Word], told: Sequence[Word]) -> bool:
    """Whether a claim says of one thing what a sentence tells of another."""
    mine = {word.stem for word in said}
    found = matches(said, told)
    things = [there for here, there in found if said[here].name or said[here].number]
    for (i, j), (k, n) in pairwise([(-1, -1), *found]):
        if n == j + 1:
            continue
        if k > i + 1 and _is_relation(told[n]) and told[n - 1].stem not in mine:
            last = things[-1] if things else n
            if told[n - 1].name and said[k - 1].name and _is_after(said[k - 1], told, last):
                return True
        skips_nothing = not any(word.name or word.number for word in said[i + 1 : k])
        if skips_nothing and _has_subject(said[: i + 1]) and _another(told, j, n, mine):
            return True
    return False


def _is_after(name: Word, told: Sequence[Word], place: int) -> bool:
    """Whether a sentence has a name only after a place: with what comes before it does nothing."""
    return any(word.stem == name.stem for word in told[place + 1 :])


def _is_relation(word: Word) -> bool:
    return is_plain(word) or is_verb(word)


def _another(told: Sequence[Word], j: int, n: int, mine: Collection[str]) -> bool:
    """Whether something that a claim does not name is spoken of from between two places on."""
    starts = [at for at in range(j + 1, n + 1) if told[at].mark or told[at].folded in _NEW_CLAUSE]
    if not starts or starts[-1] == n:
        return False
    start = subject = starts[-1]
    while subject < n and told[subject].folded in _BEFORE_SUBJECT:
        subject += 1
    last = subject
    while last + 1 < n and told[last].name and told[last + 1].name:
        last += 1
    if subject == n or told[last].stem in mine:
        return False
    done = {verb_of(word) for word in told[:start]}
    skipped, rest = told[j + 1 : start], told[last + 1 : n]
    if _does_the_same(told[last + 1], done):
        return _can_be_subject(told, subject)
    if told[subject].name or is_determined(told, subject):
        if any(is_verb(word) for word in rest):
            return any(is_verb(word) for word in told[:start])
        if is_verb(told[n]) and not rest:
            return any(is_verb(word) for word in skipped)
        return not rest and _is_left_out(skipped, told[n:], mine, names=told[start].mark)
    alone = not rest and _can_be_subject(told, subject)
    return alone and _is_left_out(skipped, told[n:], mine, names=False)


def _does_the_same(word: Word, done: Collection[str]) -> bool:
    return _is_relation(word) and verb_of(word) in done


def _can_be_subject(told: Sequence[Word], place: int) -> bool:
    word = told[place]
    adverb = word.folded in _AGAIN or word.folded.endswith("ly")
    return word.name or (is_plain(word) and not adverb)


def _is_left_out(
    skipped: Sequence[Word], after: Sequence[Word], mine: Collection[str], *, names: bool
) -> bool:
    """Whether a verb is left out: "in 1871, and Wilbur" before "in 1867"; `names`: so of places."""
    if skipped and skipped[0].folded in PLACING:
        if skipped[0].folded != after[0].folded:
            return False
        skipped, after = skipped[1:], after[1:]
    skipped = [word for word in skipped if word.folded not in DETERMINING]
    after = [word for word in after if word.folded not in DETERMINING]
    if not skipped or not after or skipped[0].stem in mine:
        return False
    one, other = skipped[0], after[0]
    return (one.number and other.number) or (names and one.name and other.name)


def _has_subject(before: Sequence[Word]) -> bool:
    """Whether the words name something that is not only when, where or how."""
    return any(
        (word.name or is_determined(before, place)) and not _is_placed(before, place)
        for place, word in enumerate(before)
    )


def _is_placed(words: Sequence[Word], place: int) -> bool:
    place -= 1
    while place >= 0 and (words[place].folded in DETERMINING or words[place].name):
        place -= 1
    return place >= 0 and words[place].folded in PLACING
