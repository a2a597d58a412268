"""A claim against the passages that it names: whether they say so, and where."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.qa.claims.quotes import quoted_span
from citespan.qa.claims.sources import Sources, SourceSentence
from citespan.qa.claims.splitting import Claim
from citespan.qa.english.alignment import denied
from citespan.qa.english.clauses import crossed
from citespan.qa.english.numbers import missing
from citespan.qa.english.word_order import exchanged
from citespan.qa.english.wording import Wording, wording_of
from citespan.qa.evidence import Sentence
from citespan.qa.evidence.protocol import Reader, Titled
from citespan.qa.types import Support

_MOST = 3  # sentences that a claim may rest on
_LONGEST = 100  # words of a claim; the time to lay it beside a sentence grows with them
_LITTLE = 0.1  # a sentence that adds no more to the coverage is not cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When sentences support a claim; chosen on development data (docs/decisions).

    coverage: the least share of the claim's content words, rare ones weighing more.
    probability: the least that the evidence model gives the sentences, the claim its question.
    """

    coverage: float = 0.6
    probability: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of checking a claim.

    sentences: what supports it, in reading order within a document; none if it is unsupported.
        Of a quoted claim it is the quoted place alone, whose text is to be shown instead of the
        claim's. `evidence` is the model's probability for all of them together, 1 for a quote.
    why: of an unsupported claim, for people; otherwise None.
    """

    support: Support
    sentences: tuple[Sentence, ...] = ()
    why: str | None = None


class Checker:
    """Checks claims. Safe for many threads.

    Args:
        reader: the evidence model.
        limits: when sentences support a claim.
    """

    def __init__(self, reader: Reader, limits: Limits | None = None) -> None:
        self._reader = reader
        self._limits = limits or Limits()

    def check(self, claim: Claim, sources: Sources) -> Checked:
        """Whether the passages that a claim names say it, and where.

        Every span is found here in the stored text; nothing that the claim says is believed.
        """
        if not claim.sources:
            return _unsupported("no source named")
        if not all(number in sources for number in claim.sources):
            return _unsupported("no such passage")
        for number in claim.sources:
            passage, written = sources.passage(number), claim.written or claim.text
            if place := quoted_span(written, sources.stretch(number), passage.chunk.span):
                quote = Sentence(passage=passage, span=place, evidence=1.0, answer=None)
                return Checked(support=Support.QUOTED, sentences=(quote,))
        return self._supported(claim, sources)

    def _supported(self, claim: Claim, sources: Sources) -> Checked:
        said = wording_of(claim.text)
        if len(said.words) > _LONGEST:
            return _unsupported("too long to check")
        told = [sentence for number in claim.sources for sentence in sources.told(number)]
        titles = (sources.passage(number).title for number in claim.sources)
        about = wording_of(" . ".join(titles)).stems
        chosen, turned = _right_way_round(said, _choose(said, told, about), told)
        chosen = _smallest(said, chosen, told, about, turned=turned)
        if not chosen:
            return _unsupported("not in the passages")
        if why := _lacking(said, chosen, told, about, turned=turned):
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


def _choose(
    said: Wording, told: Sequence[SourceSentence], about: frozenset[str]
) -> list[SourceSentence]:
    """At most three sentences that hold the most of a claim's words, each by what it adds.

    The first is the one that is most like the claim.
    """
    chosen: list[SourceSentence] = []
    left = said.content.union(number.value for number in said.numbers)
    while left and len(chosen) < _MOST:
        best = max(told, key=lambda one: _adds(left, one), default=None)
        if best is None or not _held(left, best):
            break
        chosen.append(best)
        left -= _held(left, best) | about
    return chosen


def _right_way_round(
    said: Wording, chosen: list[SourceSentence], told: Sequence[SourceSentence]
) -> tuple[list[SourceSentence], bool]:
    """The chosen; for the first, if it has things exchanged, one with as many of the words.

    Also whether the first one has things exchanged then.
    """
    if not chosen or not _exchanged(said, chosen[0]):
        return chosen, False
    wanted = said.content.union(number.value for number in said.numbers)
    held = _held(wanted, chosen[0])
    others = (one for one in told if one not in chosen and held <= _held(wanted, one))
    first = next((one for one in others if not _exchanged(said, one)), None)
    return (chosen, True) if first is None else ([first, *chosen[1:]], False)


def _adds(left: frozenset[str], one: SourceSentence) -> tuple[int, int]:
    """How many of the words, and of two sentences with the same the shorter."""
    return len(_held(left, one)), -len(one.wording.words)


def _held(left: frozenset[str], one: SourceSentence) -> frozenset[str]:
    return left & one.wording.stems.union(number.value for number in one.wording.numbers)


def _smallest(
    said: Wording,
    chosen: list[SourceSentence],
    told: Sequence[SourceSentence],
    about: frozenset[str],
    *,
    turned: bool,
) -> list[SourceSentence]:
    """The first of the chosen that say as good as what all of them say."""
    least = _coverage(said, chosen, told, about) - _LITTLE
    for count in range(1, len(chosen)):
        few = chosen[:count]
        covered = _coverage(said, few, told, about) >= least
        if covered and not _lacking(said, few, told, about, turned=turned):
            return few
    return chosen


def _lacking(
    said: Wording,
    chosen: Sequence[SourceSentence],
    told: Sequence[SourceSentence],
    about: frozenset[str],
    *,
    turned: bool,
) -> str | None:
    """Why the chosen do not say what a claim says, by its words; None if they may."""
    if missing(said.numbers, [number for one in chosen for number in one.wording.numbers]):
        return "number not in source"
    if said.names.difference(about, *(one.wording.stems for one in chosen)):
        return "name not in source"
    names = said.names.union(about, *(one.wording.names for one in told))
    if why := denied(said.words, chosen[0].wording.words, names, about):
        return why
    alone = _coverage(said, chosen, told, about) - _coverage(said, chosen[:1], told, about)
    if turned or (alone < _LITTLE and _crossed(said, chosen[0])):
        return "said of another in the source"
    return None


def _exchanged(said: Wording, one: SourceSentence) -> bool:
    return exchanged(said.words, one.wording.words)


def _crossed(said: Wording, one: SourceSentence) -> bool:
    return crossed(said.words, one.wording.words)


def _coverage(
    said: Wording,
    chosen: Sequence[SourceSentence],
    told: Sequence[SourceSentence],
    about: frozenset[str],
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
