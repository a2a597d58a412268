"""The search for documents that contradict each other. Pure."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from citespan.index.types import Document
from citespan.qa.evidence import Sentence

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)(?!\d|[.,]\d|s\b)(?:\s*(\w+))?")
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ALIKE = 0.6  # the least share of common words around two answers on the same subject


def conflicting(
    sentences: Sequence[Sentence], documents: Mapping[str, Document]
) -> tuple[Sentence, Sentence] | None:
    """Return the first two sentences of different documents that give different numbers, or None.

    The sentences must say the same except for their answers, and both answers must hold a number.
    Names and phrases differ too often without a disagreement.
    """
    answers = [(one, *_numbers_and_context(one, documents)) for one in sentences if one.answer]
    numbered = [(one, numbers, rest) for one, numbers, rest in answers if numbers]
    for (a, numbers_a, rest_a), (b, numbers_b, rest_b) in combinations(numbered, 2):
        if a.document_id == b.document_id or numbers_a & numbers_b:
            continue
        if len(rest_a & rest_b) >= _ALIKE * len(rest_a | rest_b):
            return a, b
    return None


def _numbers_and_context(
    one: Sentence, documents: Mapping[str, Document]
) -> tuple[set[Decimal], set[str]]:
    """Return the numbers of the answer, and the words around the answer."""
    text = documents[one.document_id].text
    span, answer = one.span, one.answer or one.span
    around = text[span.start : answer.start] + " " + text[answer.end : span.end]
    return _numbers(answer.of(text)), set(_WORD.findall(around.casefold()))


def _numbers(text: str) -> set[Decimal]:
    """Return the values of numbers in any spelling, without decades ("1990s") and the like."""
    return {
        Decimal(digits.replace(",", "")).scaleb(_SCALES.get(word.casefold(), 0))
        for digits, word in _NUMBER.findall(text)
    }
