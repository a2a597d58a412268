"""A claim against the passages that it names: whether they say so, and where."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When sentences support a claim; chosen on development data (DECISIONS.md).

    coverage: the least share of the claim's content words, rare ones weighing more.
    evidence: the least evidence that the model sees in the best sentence.
    """

    coverage: float = 0.7
    evidence: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of checking a claim.

    sentences: what supports it, in reading order within a passage; none if it is unsupported.
    why: of an unsupported claim, for people; otherwise None.
    """

    support: Support
    sentences: tuple[Sentence, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A sentence of a named passage, and what it says."""

    sentence: Sentence
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

        Every span is found here in the stored text; nothing of the claim is believed.

        Args:
            claim: names passages by their number, from 1.
            passages: those that were given to whoever wrote the claim, in their order.
            documents: those that the passages are from, by id.
        """
        if not claim.sources:
            return _unsupported("no source named")
        if not all(1 <= number <= len(passages) for number in claim.sources):
            return _unsupported("no such passage")
        named = [passages[number - 1] for number in claim.sources]
        named = [one for one in named if one.chunk.document_id in documents]
        for passage in named:
            text = documents[passage.chunk.document_id].text
            if place := quoted_place(passage.chunk.span.of(text), claim.text):
                start = passage.chunk.span.start
                span = Span(start + place.start, start + place.end)
                quote = Sentence(passage=passage, span=span, evidence=1.0, answer=None)
                return Checked(support=Support.QUOTED, sentences=(quote,))
        return self._supported(claim, named, documents)

    def _supported(
        self, claim: Claim, named: Sequence[Passage], documents: Mapping[str, Document]
    ) -> Checked:
        said = wording(claim.text)
        told = self._told(claim, named, documents)
        about = wording(" . ".join(one.title for one in named)).stems
        names = said.names.union(about, *(one.wording.names for one in told))
        chosen = _choose(said, told, about)
        if not chosen:
            return _unsupported("not in the passages")
        source = frozenset().union(*(one.wording.stems for one in chosen))
        if missing(said.numbers, [number for one in chosen for number in one.wording.numbers]):
            return _unsupported("number not in source")
        if said.names - source - about:
            return _unsupported("name not in source")
        if why := denied(said.words, chosen[0].wording.words, names, about):
            return _unsupported(why)
        if _coverage(said, source | about, told) < self._limits.coverage:
            return _unsupported("not in the passages")
        return Checked(
            support=Support.SUPPORTED,
            sentences=tuple(one.sentence for one in sorted(chosen, key=_place)),
        )

    def _told(
        self, claim: Claim, named: Sequence[Passage], documents: Mapping[str, Document]
    ) -> list[_Told]:
        looks = self._reader.look(claim.text, [Titled(one.title, one.text) for one in named])
        found: list[_Told] = []
        for passage, look in zip(named, looks, strict=True):
            text = documents[passage.chunk.document_id].text
            for span in sentences(text, passage.chunk.span):
                one = Sentence(passage=passage, span=span, evidence=look.relevance, answer=None)
                found.append(_Told(sentence=one, wording=wording(span.of(text))))
        return found


def _choose(said: Wording, told: Sequence[_Told], about: frozenset[str]) -> list[_Told]:
    """The fewest sentences that hold the most of a claim's words: greedily, at most three.

    The first is the one that is most like the claim.
    """
    chosen: list[_Told] = []
    left = said.content.union(number.value for number in said.numbers)
    while left and len(chosen) < _MOST:
        best = max(told, key=lambda one: _weight(left, one), default=None)
        if best is None or not _held(left, best):
            break
        chosen.append(best)
        left -= _held(left, best) | about
    return chosen


def _weight(left: frozenset[str], one: _Told) -> tuple[int, int]:
    return len(_held(left, one)), -len(one.wording.words)


def _held(left: frozenset[str], one: _Told) -> frozenset[str]:
    return left & one.wording.stems.union(number.value for number in one.wording.numbers)


def _place(one: _Told) -> tuple[str, Span]:
    return one.sentence.document_id, one.sentence.span


def _coverage(said: Wording, source: frozenset[str], told: Sequence[_Told]) -> float:
    weights = {
        word: math.log(2 + len(told)) - math.log(1 + sum(word in one.wording.stems for one in told))
        for word in said.content
    }
    total = sum(weights.values())
    return sum(weights[word] for word in said.content & source) / total if total else 0.0


def _unsupported(why: str) -> Checked:
    return Checked(support=Support.UNSUPPORTED, why=why)
