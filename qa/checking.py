"""A claim against the passages that it names: whether they say so, and where."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.sentences import sentences
from index.types import Document, Passage, Span
from qa.alignment import denied
from qa.claims import Claim
from qa.extract import Sentence
from qa.numbers import missing
from qa.quoting import quoted_place
from qa.reading import Reader, Titled
from qa.types import Support
from qa.wording import Wording, wording

_MOST = 3  # sentences that a claim may rest on
_LONGEST = 100  # words of a claim; the time to lay it beside a sentence grows with them
_LITTLE = 0.1  # a sentence that adds no more to the coverage is not cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When sentences support a claim; chosen on development data (DECISIONS.md).

    coverage: the least share of the claim's content words, rare ones weighing more.
    probability: the least that the evidence model gives the sentences, the claim its question.
    """

    coverage: float = 0.6
    probability: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of checking a claim.

    sentences: what supports it, in reading order within a document; none if it is unsupported.
        Of a quoted claim it is the quoted place alone. `evidence` is the model's probability for
        all of them together, 1 for a quote.
    why: of an unsupported claim, for people; otherwise None.
    """

    support: Support
    sentences: tuple[Sentence, ...] = ()
    why: str | None = None


class _Told(NamedTuple):
    """A sentence of a named passage, and what it says."""

    passage: Passage
    span: Span
    text: str
    wording: Wording


class Checker:
    """Checks claims. Safe for many threads.

    Args:
        reader: the evidence model.
        limits: when sentences support a claim.
    """

    def __init__(self, reader: Reader, limits: Limits | None = None) -> None:
        self._reader = reader
        self._limits = limits or Limits()

    def check(
        self, claim: Claim, passages: Sequence[Passage], documents: Mapping[str, Document]
    ) -> Checked:
        """Whether the passages that a claim names say it, and where.

        Every span is found here in the stored text; nothing that the claim says is believed.

        Args:
            claim: names passages by their number, from 1.
            passages: those that were given to whoever wrote the claim, in their order.
            documents: those that the passages are from, by id; of one that is missing, the
                passages are as if they were not there.
        """
        if not claim.sources:
            return _unsupported("no source named")
        if not all(1 <= number <= len(passages) for number in claim.sources):
            return _unsupported("no such passage")
        named = [passages[number - 1] for number in claim.sources]
        if not all(one.chunk.document_id in documents for one in named):
            return _unsupported("no such passage")
        told = [sentence for one in named for sentence in _told(one, documents)]
        for passage in named:
            if place := _quoted(claim.text, passage, documents, told):
                quote = Sentence(passage=passage, span=place, evidence=1.0, answer=None)
                return Checked(support=Support.QUOTED, sentences=(quote,))
        return self._supported(claim, named, told)

    def _supported(self, claim: Claim, named: Sequence[Passage], told: Sequence[_Told]) -> Checked:
        said = wording(claim.text)
        if len(said.words) > _LONGEST:
            return _unsupported("too long to check")
        about = wording(" . ".join(one.title for one in named)).stems
        chosen = _smallest(said, _choose(said, told, about), told, about)
        if not chosen:
            return _unsupported("not in the passages")
        if why := _lacking(said, chosen, told, about):
            return _unsupported(why)
        if _coverage(said, chosen, told, about) < self._limits.coverage:
            return _unsupported("not in the passages")
        in_order = sorted(chosen, key=lambda one: (one.passage.chunk.document_id, one.span))
        titled = Titled(chosen[0].passage.title, " ".join(one.text for one in in_order))
        probability = self._reader.look(claim.text, [titled])[0].read().probability
        if probability < self._limits.probability:
            return _unsupported("not said so in the passages")
        return Checked(
            support=Support.SUPPORTED,
            sentences=tuple(
                Sentence(passage=one.passage, span=one.span, evidence=probability, answer=None)
                for one in in_order
            ),
        )


def _told(passage: Passage, documents: Mapping[str, Document]) -> list[_Told]:
    text = documents[passage.chunk.document_id].text
    return [
        _Told(passage, span, span.of(text), wording(span.of(text)))
        for span in sentences(text, passage.chunk.span)
    ]


def _quoted(
    claim: str, passage: Passage, documents: Mapping[str, Document], told: Sequence[_Told]
) -> Span | None:
    """Where a passage has a claim word for word, and says nothing around it that takes it back."""
    inside = passage.chunk.span
    place = quoted_place(inside.of(documents[passage.chunk.document_id].text), claim)
    if place is None:
        return None
    span = Span(inside.start + place.start, inside.start + place.end)
    for one in told:
        if one.passage is not passage or not one.span.overlap(span):
            continue
        start, end = max(one.span.start, span.start), min(one.span.end, span.end)
        before = one.text[: start - one.span.start]
        after = one.text[end - one.span.start :]
        if any(word.negation or word.doubt for word in wording(f"{before} {after}").words):
            return None
    return span


def _choose(said: Wording, told: Sequence[_Told], about: frozenset[str]) -> list[_Told]:
    """At most three sentences that hold the most of a claim's words, each by what it adds.

    The first is the one that is most like the claim.
    """
    chosen: list[_Told] = []
    left = said.content.union(number.value for number in said.numbers)
    while left and len(chosen) < _MOST:
        best = max(told, key=lambda one: _adds(left, one), default=None)
        if best is None or not _held(left, best):
            break
        chosen.append(best)
        left -= _held(left, best) | about
    return chosen


def _adds(left: frozenset[str], one: _Told) -> tuple[int, int]:
    """How many of the words, and of two sentences with the same the shorter."""
    return len(_held(left, one)), -len(one.wording.words)


def _held(left: frozenset[str], one: _Told) -> frozenset[str]:
    return left & one.wording.stems.union(number.value for number in one.wording.numbers)


def _smallest(
    said: Wording, chosen: list[_Told], told: Sequence[_Told], about: frozenset[str]
) -> list[_Told]:
    """The first of the chosen that say as good as what all of them say."""
    least = _coverage(said, chosen, told, about) - _LITTLE
    for count in range(1, len(chosen)):
        few = chosen[:count]
        if _coverage(said, few, told, about) >= least and not _lacking(said, few, told, about):
            return few
    return chosen


def _lacking(
    said: Wording, chosen: Sequence[_Told], told: Sequence[_Told], about: frozenset[str]
) -> str | None:
    """Why the chosen do not say what a claim says, by its words; None if they may."""
    if missing(said.numbers, [number for one in chosen for number in one.wording.numbers]):
        return "number not in source"
    if said.names.difference(about, *(one.wording.stems for one in chosen)):
        return "name not in source"
    names = said.names.union(about, *(one.wording.names for one in told))
    return denied(said.words, chosen[0].wording.words, names, about)


def _coverage(
    said: Wording, chosen: Sequence[_Told], told: Sequence[_Told], about: frozenset[str]
) -> float:
    """The share of a claim's content words, those that fewer sentences have weighing more."""
    weights = {
        word: math.log((2 + len(told)) / (1 + sum(word in one.wording.stems for one in told)))
        for word in said.content
    }
    total = sum(weights.values())
    held = about.union(*(one.wording.stems for one in chosen))
    return sum(weights[word] for word in said.content & held) / total if total else 0.0


def _unsupported(why: str) -> Checked:
    return Checked(support=Support.UNSUPPORTED, why=why)
