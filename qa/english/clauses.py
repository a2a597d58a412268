"""Whether a claim crosses from one clause of a sentence into another, and mixes two things up.

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


def crossed(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Return whether a claim attributes to one thing a statement about another."""
    mine = {word.stem for word in said}
    found = matches(said, source)
    things = [there for here, there in found if said[here].name or said[here].number]
    for (i, j), (k, n) in pairwise([(-1, -1), *found]):
        if n == j + 1:
            continue
        if k > i + 1 and _is_relation(source[n]) and source[n - 1].stem not in mine:
            last = things[-1] if things else n
            if source[n - 1].name and said[k - 1].name and _is_after(said[k - 1], source, last):
                return True
        skips_nothing = not any(word.name or word.number for word in said[i + 1 : k])
        if skips_nothing and _has_subject(said[: i + 1]) and _another(source, j, n, mine):
            return True
    return False


def _is_after(name: Word, source: Sequence[Word], place: int) -> bool:
    """Return whether a sentence has a name after a place: earlier words are not about the name."""
    return any(word.stem == name.stem for word in source[place + 1 :])


def _is_relation(word: Word) -> bool:
    return is_plain(word) or is_verb(word)


def _another(source: Sequence[Word], j: int, n: int, mine: Collection[str]) -> bool:
    """Return whether a subject that the claim does not name begins between two places."""
    starts = [
        at for at in range(j + 1, n + 1) if source[at].mark or source[at].folded in _NEW_CLAUSE
    ]
    if not starts or starts[-1] == n:
        return False
    start = subject = starts[-1]
    while subject < n and source[subject].folded in _BEFORE_SUBJECT:
        subject += 1
    last = subject
    while last + 1 < n and source[last].name and source[last + 1].name:
        last += 1
    if subject == n or source[last].stem in mine:
        return False
    done = {verb_of(word) for word in source[:start]}
    skipped, rest = source[j + 1 : start], source[last + 1 : n]
    if _does_the_same(source[last + 1], done):
        return _can_be_subject(source, subject)
    if source[subject].name or is_determined(source, subject):
        if any(is_verb(word) for word in rest):
            return any(is_verb(word) for word in source[:start])
        if is_verb(source[n]) and not rest:
            return any(is_verb(word) for word in skipped)
        return not rest and _is_left_out(skipped, source[n:], mine, names=source[start].mark)
    is_only_subject = not rest and _can_be_subject(source, subject)
    return is_only_subject and _is_left_out(skipped, source[n:], mine, names=False)


def _does_the_same(word: Word, done: Collection[str]) -> bool:
    return _is_relation(word) and verb_of(word) in done


def _can_be_subject(source: Sequence[Word], place: int) -> bool:
    word = source[place]
    adverb = word.folded in _AGAIN or word.folded.endswith("ly")
    return word.name or (is_plain(word) and not adverb)


def _is_left_out(
    skipped: Sequence[Word], after: Sequence[Word], mine: Collection[str], *, names: bool
) -> bool:
    """Return whether a verb is omitted, as in "in 1871, and Wilbur" before "in 1867".

    If `names`, places count as well as numbers.
    """
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
    """Return whether the words name something other than a time, a place or a manner."""
    return any(
        (word.name or is_determined(before, place)) and not _is_placed(before, place)
        for place, word in enumerate(before)
    )


def _is_placed(words: Sequence[Word], place: int) -> bool:
    place -= 1
    while place >= 0 and (words[place].folded in DETERMINING or words[place].name):
        place -= 1
    return place >= 0 and words[place].folded in PLACING
