"""The results of an evidence model for a question and a passage, for every kind of model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from citespan.index.types import Passage, Span

Floats = NDArray[np.float64]

_LONGEST = 40  # tokens of a short answer
LEAD = 120  # code points of title and headings that are read
_CONTEXT = 80  # of them, those of headings and of the header of a table


class Mark(NamedTuple):
    """Characters of a passage, and the probability that they are evidence."""

    span: Span
    evidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A passage read with a question; spans are code points of its text, half-open.

    relevance: a raw logit; higher is better. Only logits of the same model are comparable.
    probability: that the passage holds the answer.
    marks: tokens or sentences, in order, that together cover the text that was read.
    answer: the likeliest short answer, if the model can point to one.
    """

    relevance: float
    probability: float
    marks: tuple[Mark, ...]
    answer: Span | None


class Look(Protocol):
    """A ranked passage that can be read."""

    @property
    def relevance(self) -> float:
        """A raw logit; higher is better. Only logits of the same model are comparable.

        It may be less exact for a passage that is not among the best of the call.
        """
        ...

    def read(self) -> Reading:
        """Return the model's reading, which depends only on this question and this passage."""
        ...


@dataclass(frozen=True, slots=True)
class Worded:
    """Looks at one passage with several wordings of one question.

    A model understands some wordings better than others. Every wording counts for the relevance;
    the reading is that of the wording with the greatest probability.
    """

    looks: Sequence[Look]

    @property
    def relevance(self) -> float:
        """The mean relevance."""
        return sum(look.relevance for look in self.looks) / len(self.looks)

    def read(self) -> Reading:
        """Return the reading by which the passage is likeliest to hold the answer."""
        return max((look.read() for look in self.looks), key=lambda one: one.probability)


class Reader(Protocol):
    """An evidence model. Safe for many threads."""

    def look(self, question: str, passages: Sequence["Titled"]) -> list[Look]:
        """Return a look at each passage, in order."""
        ...


@runtime_checkable
class Speller(Protocol):
    """A reader with a vocabulary."""

    def is_word(self, word: str) -> bool:
        """Return whether a string of small letters is a word of the vocabulary."""
        ...


@runtime_checkable
class Polyglot(Protocol):
    """A reader that may know other languages than English."""

    @property
    def is_polyglot(self) -> bool:
        """Whether it does."""
        ...


class Titled(NamedTuple):
    """A passage's text, and the title of its document with its headings, which may be empty."""

    title: str
    text: str

    @classmethod
    def of(cls, passage: Passage) -> "Titled":
        """Return a passage as a model reads it."""
        return cls.below(passage.title, passage.chunk.context, passage.text)

    @classmethod
    def below(cls, title: str, headings: str, text: str) -> "Titled":
        """Return a text as a model reads it; long titles are cut before the last headings."""
        context = headings[-_CONTEXT:]
        title = title[: LEAD - len(context) - 3] if context else title
        return cls(" › ".join(part for part in (title, context) if part), text)


def best_span(start: Floats, end: Floats, first: int) -> tuple[int, int, float]:
    """Return the first and last token of the likeliest answer, and the sum of their logits.

    Args:
        start: (tokens,) logits of a pair; the last token is [SEP], the first stands for no answer.
        end: the same for the answer's last token.
        first: the passage's first token.
    """
    inside = start[first:-1], end[first:-1]
    if not len(inside[0]):
        return 0, 0, float(start[0] + end[0])
    sums = inside[0][:, None] + inside[1][None, :]
    at = np.arange(len(inside[0]))
    length = at[None, :] - at[:, None]
    sums = np.where((length >= 0) & (length < _LONGEST), sums, -np.inf)
    i, j = np.unravel_index(int(sums.argmax()), sums.shape)
    return first + int(i), first + int(j), float(sums[i, j])
