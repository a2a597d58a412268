"""The search for documents that contradict each other. Pure."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

from citespan.index.types import Document
from citespan.qa.evidence import Sentence, values_of

_WORD = re.compile(r"\w+")
_ALIKE = 0.6  # the least share of common words around two answers on the same subject
_SAME = 0.8  # the same if the answers are plain words, which differ more often without conflict


def conflicting(
    sentences: Sequence[Sentence], documents: Mapping[str, Document]
) -> tuple[Sentence, Sentence] | None:
    """Return the first two sentences of different documents that contradict each other, or None.

    The sentences must say the same except for their answers. The answers must give different
    numbers, in digits or in words, or other days, months or plain words. Names differ too often
    without a disagreement.
    """
    answers = [(one, *_answer_and_context(one, documents)) for one in sentences if one.answer]
    for (a, said_a, rest_a), (b, said_b, rest_b) in combinations(answers, 2):
        alike = len(rest_a & rest_b) / max(1, len(rest_a | rest_b))
        if a.document_id == b.document_id or alike < _ALIKE:
            continue
        numbers_a, numbers_b = values_of(said_a), values_of(said_b)
        if numbers_a and numbers_b:
            if not numbers_a & numbers_b:
                return a, b
        elif alike >= _SAME and _plain(said_a) and _plain(said_b) and said_a != said_b:
            return a, b
    return None


def _plain(answer: str) -> bool:
    """Return whether an answer is a word that is no name."""
    return answer.isalpha() and answer.islower()


def _answer_and_context(
    one: Sentence, documents: Mapping[str, Document]
) -> tuple[str, frozenset[str]]:
    """Return the answer, and the words around it."""
    text = documents[one.document_id].text
    span, answer = one.span, one.answer or one.span
    around = text[span.start : answer.start] + " " + text[answer.end : span.end]
    return answer.of(text), frozenset(_WORD.findall(around.casefold()))
