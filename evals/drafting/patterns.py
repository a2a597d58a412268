"""Questions that a sentence of a known form answers: who, when, where, what, how many."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import regex

from citespan.evals.drafting.counts import ask_how_many, ask_how_much_done
from citespan.evals.drafting.dates import ask_birth, ask_when, ask_where
from citespan.evals.drafting.people import ask_office, ask_role, ask_who
from citespan.evals.drafting.phrases import Finding
from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.things import ask_abbreviation, ask_what_is, ask_what_is_the

_SAID = regex.compile(r",[\"”’'] said \p{Lu}")
_Pattern: TypeAlias = Callable[[Sentence], Iterator[Finding]]

_PATTERNS: tuple[_Pattern, ...] = (
    ask_abbreviation,
    ask_birth,
    ask_when,
    ask_who,
    ask_role,
    ask_office,
    ask_where,
    ask_how_many,
    ask_how_much_done,
    ask_what_is_the,
    ask_what_is,
)


def ask(sentence: Sentence) -> Finding | None:
    """Return the first question that a pattern makes of the sentence."""
    return _first(sentence, _PATTERNS)


def ask_speaker(sentence: Sentence) -> Finding | None:
    """Ask for the speaker of a quotation, which may have begun earlier."""
    return _first(sentence, (ask_role, ask_office)) if _SAID.search(sentence.text) else None


def _first(sentence: Sentence, patterns: Sequence[_Pattern]) -> Finding | None:
    for pattern in patterns:
        for finding in pattern(sentence):
            answer = finding.answer.of(sentence.text)
            if answer.casefold() not in finding.question.casefold():
                return finding
    return None
