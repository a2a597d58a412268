"""Whether a sentence has the words of a question, in the place where it stands. Pure."""

from collections.abc import Set

from citespan.index.text import taken_apart
from citespan.qa.english.definitions import defined
from citespan.qa.english.verbs import verb_of
from citespan.qa.english.wording import Word, wording_of
from citespan.qa.english.words import STOP_WORDS

_LEAST = 2  # words of a heading that name what is done, and to what


class Wanted:
    """The words of a question that mean something.

    Args:
        question: one part of a question.
        small: words of its language that mean nothing by themselves.
        names: whether only names and numbers are wanted.
    """

    def __init__(self, question: str, small: Set[str] = STOP_WORDS, *, names: bool = False) -> None:
        self.stems = frozenset(
            _stem(word)
            for word in wording_of(question).words
            if word.number
            or ((word.name or (word.content and not names)) and word.folded not in small)
        )

    def share(self, text: str) -> float:
        """Return the share of the words that a text has, in [0, 1]."""
        return len(self.stems & _said(text)) / len(self.stems) if self.stems else 0.0

    def count(self, text: str) -> int:
        """Return how many of the words a text has."""
        return len(self.stems & _said(text))

    def within(self, words: Set[str]) -> bool:
        """Return whether all the words are among some stems."""
        return self.stems <= words

    def same(self, text: str) -> bool:
        """Return whether a text has the same words that mean something, and no other."""
        return bool(self.stems) and self.stems == Wanted(text).stems

    def named_by(self, heading: str, above: str) -> bool:
        """Return whether a heading has only words of the question, two or more, and all of them
        are in it or above it.
        """
        said = Wanted(heading).stems
        return len(said) >= _LEAST and said <= self.stems and self.covered(heading, above)

    def covered(self, text: str, around: str) -> bool:
        """Return whether a text has all the words, some of them maybe in what is around it.

        The text itself must have at least one of them.
        """
        said = _said(text)
        return bool(self.stems & said) and self.stems <= said | _said(around)


def is_headed(term: str, heading: str) -> bool:
    """Return whether a heading is a term, or asks what the term means."""
    return bool(heading) and Wanted(term).same(defined(heading) or heading)


def _said(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in wording_of(taken_apart(text)).words)


def _stem(word: Word) -> str:
    return word.stem if word.number else verb_of(word)
