"""Slips of the fingers in a question: words that are no words, one letter from one of a text. Pure.

Whether a string is a word is left to a caller, such as the vocabulary of a model.
"""

import re
from collections.abc import Callable, Collection, Iterable

_SHORTEST = 5  # letters; a shorter word is one letter from too many others
_WORD = re.compile(r"[^\W\d_]+")


def respelled(question: str, texts: Iterable[str], is_word: Callable[[str], bool]) -> str | None:
    """Return a question with its slips corrected by the words of some texts.

    A slip is a word of small letters that no text has and that is no word. One word of the texts
    must be one letter from it: added, left out, replaced or swapped with the next one.

    Args:
        question: one part of a question.
        texts: what was found for it.
        is_word: returns whether a string of small letters is a word.

    Returns:
        None if nothing is corrected.
    """
    asked = list(_WORD.finditer(question))
    doubtful = [one for one in asked if _doubtful(one.group()) and not is_word(one.group())]
    if not doubtful:
        return None
    known = {word for text in texts for word in _WORD.findall(text.casefold())}
    for one in reversed(doubtful):
        word = one.group()
        near = set[str]() if word in known else _near(word, known)
        if near and _one_word(near):
            best = min(near, key=len)
            question = question[: one.start()] + best + question[one.end() :]
    found = [word.group() for word in asked] != _WORD.findall(question)
    return question if found else None


def _doubtful(word: str) -> bool:
    return len(word) >= _SHORTEST and word.islower() and word.isascii()


def _near(word: str, known: Collection[str]) -> set[str]:
    lengths = range(len(word) - 1, len(word) + 2)
    return {
        one
        for one in known
        if len(one) in lengths
        and one[0] == word[0]
        and len(one) >= _SHORTEST
        and _one_off(word, one)
    }


def _one_word(near: Collection[str]) -> bool:
    """Return whether words are forms of one, such as singular and plural."""
    shortest = min(near, key=len)
    return all(one.startswith(shortest) for one in near)


def _one_off(one: str, other: str) -> bool:
    """Return whether two different words of nearly equal length are one letter apart."""
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
              len(one))  # fmt: skip
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]
