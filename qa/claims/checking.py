"""The check of a claim against the passages that it names: whether they say it, and where."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.qa.claims.quotes import quoted_span
from citespan.qa.claims.sources import Sources, SourceSentence
from citespan.qa.claims.splitting import Claim
from citespan.qa.english.alignment import denied
from citespan.qa.english.clauses import crossed
from citespan.qa.english.identifiers import identifiers, is_of
from citespan.qa.english.numbers import missing
from citespan.qa.english.word_order import exchanged
from citespan.qa.english.wording import Wording, wording_of
from citespan.qa.evidence import Sentence
from citespan.qa.evidence.protocol import Reader, Titled
from citespan.qa.types import Support

_MOST = 3  # sentences that a claim may rest on
_LONGEST = 100  # words of a claim; the time to align it with a sentence grows with them
_LITTLE = 0.1  # a sentence that adds no more to the coverage is not cited


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLimits:
    """The limits for support of a claim; chosen on development data (docs/decisions).

    coverage: the least share of the claim's content words; rare words weigh more.
    probability: the least that the evidence model gives the sentences, with the claim as question.
    """

    coverage: float = 0.6
    probability: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of checking a claim.

    sentences: those that support the claim, in reading order within a document; none if it is
        unsupported. For a quoted claim, only the quoted place, whose text is shown instead of the
        claim's. `evidence` is the model's probability for all sentences together, 1 for a quote.
    why: the reason why a claim is unsupported, for people; otherwise None.
    """

    support: Support
    sentences: tuple[Sentence, ...] = ()
    why: str | None = None


class Checker:
    """A checker of claims. Safe for many threads.

    Args:
        reader: the evidence model.
        limits: the limits for support of a claim.
    """

    def __init__(self, reader: Reader, limits: SupportLimits | None = None) -> None:
        self._reader = reader
        self._limits = limits or SupportLimits()

    def check(self, claim: Claim, sources: Sources) -> Checked:
        """Return whether and where the passages that a claim names say it.

        The checker finds every span in the stored text, and believes nothing that the claim says.
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
        candidates = [
            sentence for number in claim.sources for sentence in sources.sentences_of(number)
        ]
        passages = map(sources.passage, claim.sources)
        titles = (one.chunk.titled(one.title) for one in passages)
        about = wording_of(" . ".join(titles)).stems
        chosen, turned = _right_way_round(said, _choose(said, candidates, about), candidates)
        chosen = _smallest(said, chosen, candidates, about, turned=turned)
        if not chosen:
            return _unsupported("not in the passages")
        if why := _lacking(said, chosen, candidates, about, turned=turned):
            return _unsupported(why)
        if _coverage(said, chosen, candidates, about) < self._limits.coverage:
            return _unsupported("not in the passages")
        if _of_another(claim.text, chosen, sources):
            return _unsupported("said of another in the source")
        in_order = sorted(chosen, key=lambda one: (one.passage.chunk.document_id, one.span))
        titled = Titled.of(chosen[0].passage)._replace(text=" ".join(one.text for one in in_order))
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
    said: Wording, candidates: Sequence[SourceSentence], about: frozenset[str]
) -> list[SourceSentence]:
    """Return at most three sentences that hold the most of a claim's words.

    Each is chosen for the words that it adds. The first sentence is the most like the claim.
    """
    chosen: list[SourceSentence] = []
    left = said.content.union(number.value for number in said.numbers)
    while left and len(chosen) < _MOST:
        best = max(candidates, key=lambda one: _adds(left, one), default=None)
        if best is None or not _held(left, best):
            break
        chosen.append(best)
        left -= _held(left, best) | about
    return chosen


def _right_way_round(
    said: Wording, chosen: list[SourceSentence], candidates: Sequence[SourceSentence]
) -> tuple[list[SourceSentence], bool]:
    """Replace a first sentence that has things exchanged, if another one has as many of the words.

    Return the sentences, and whether the first of them still has things exchanged.
    """
    if not chosen or not _exchanged(said, chosen[0]):
        return chosen, False
    wanted = said.content.union(number.value for number in said.numbers)
    held = _held(wanted, chosen[0])
    others = (one for one in candidates if one not in chosen and held <= _held(wanted, one))
    first = next((one for one in others if not _exchanged(said, one)), None)
    return (chosen, True) if first is None else ([first, *chosen[1:]], False)


def _adds(left: frozenset[str], one: SourceSentence) -> tuple[int, int]:
    """Return how many of the words a sentence has; among equals, the shorter one is greater."""
    return len(_held(left, one)), -len(one.wording.words)


def _held(left: frozenset[str], one: SourceSentence) -> frozenset[str]:
    return left & one.wording.stems.union(number.value for number in one.wording.numbers)


def _smallest(
    said: Wording,
    chosen: list[SourceSentence],
    candidates: Sequence[SourceSentence],
    about: frozenset[str],
    *,
    turned: bool,
) -> list[SourceSentence]:
    """Return the shortest prefix that covers the claim almost as well as all sentences together."""
    least = _coverage(said, chosen, candidates, about) - _LITTLE
    for count in range(1, len(chosen)):
        few = chosen[:count]
        covered = _coverage(said, few, candidates, about) >= least
        if covered and not _lacking(said, few, candidates, about, turned=turned):
            return few
    return chosen


def _lacking(
    said: Wording,
    chosen: Sequence[SourceSentence],
    candidates: Sequence[SourceSentence],
    about: frozenset[str],
    *,
    turned: bool,
) -> str | None:
    """Return why the chosen sentences do not support a claim, by its words; None if they may."""
    if missing(said.numbers, [number for one in chosen for number in one.wording.numbers]):
        return "number not in source"
    if said.names.difference(about, *(one.wording.stems for one in chosen)):
        return "name not in source"
    names = said.names.union(about, *(one.wording.names for one in candidates))
    if why := denied(said.words, chosen[0].wording.words, names, about):
        return why
    gained = _coverage(said, chosen, candidates, about) - _coverage(
        said, chosen[:1], candidates, about
    )
    if turned or (gained < _LITTLE and _crossed(said, chosen[0])):
        return "said of another in the source"
    return None


def _of_another(claim: str, chosen: Sequence[SourceSentence], sources: Sources) -> bool:
    """Return whether a claim names a thing, and the sentences are about others of its kind."""
    named = identifiers(claim)
    if not named:
        return False
    around = [sources.nearest(one) for one in chosen]
    verdicts = [[is_of(one, nearest) for nearest in around] for one in named]
    return any(False in among and True not in among for among in verdicts)


def _exchanged(said: Wording, one: SourceSentence) -> bool:
    return exchanged(said.words, one.wording.words)


def _crossed(said: Wording, one: SourceSentence) -> bool:
    return crossed(said.words, one.wording.words)


def _coverage(
    said: Wording,
    chosen: Sequence[SourceSentence],
    candidates: Sequence[SourceSentence],
    about: frozenset[str],
) -> float:
    """Return the covered share of a claim's content words; those in fewer sentences weigh more."""
    weights = {
        word: math.log(
            (2 + len(candidates)) / (1 + sum(word in one.wording.stems for one in candidates))
        )
        for word in said.content
    }
    total = sum(weights.values())
    held = about.union(*(one.wording.stems for one in chosen))
    return sum(weights[word] for word in said.content & held) / total if total else 0.0


def _unsupported(why: str) -> Checked:
    return Checked(support=Support.UNSUPPORTED, why=why)
