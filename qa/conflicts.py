"""Whether two documents contradict each other. Pure."""

import re
from collections.abc import Sequence
from itertools import combinations

from index.types import Document
from qa.extract import Sentence

_WORD = re.compile(r"\d+(?:\.\d+)+|\w+")  # 1.5 is one
_ALIKE = 0.6  # of the words around two answers: less, and they may speak of different things


def conflicting(
    sentences: Sequence[Sentence], documents: dict[str, Document]
) -> tuple[Sentence, Sentence] | None:
    """The first two sentences of different documents that give different numbers, or None.

    They must say the same but for their answers, and the answers must both hold a number: names
    and phrases differ too often without disagreeing.
    """
    told = [one for one in sentences if one.answer]
    for a, b in combinations(told, 2):
        if a.document_id == b.document_id:
            continue
        (answer_a, rest_a), (answer_b, rest_b) = (_told(one, documents) for one in (a, b))
        numbers_a, numbers_b = _numbers(answer_a), _numbers(answer_b)
        if not numbers_a or not numbers_b or numbers_a & numbers_b:
            continue
        if len(rest_a & rest_b) >= _ALIKE * len(rest_a | rest_b):
            return a, b
    return None


def _told(one: Sentence, documents: dict[str, Document]) -> tuple[set[str], set[str]]:
    """The words of the answer, and those around it."""
    text = documents[one.document_id].text
    span, answer = one.span, one.answer or one.span
    around = text[span.start : answer.start] + " " + text[answer.end : span.end]
    return _words(answer.of(text)), _words(around)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold().replace(",", "")))


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}
