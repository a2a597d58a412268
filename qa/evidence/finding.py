"""The step from ranked passages to the sentences that answer one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citespan.index import Document, Passage
from citespan.index.runtime import parallel_map
from citespan.index.text import sentences
from citespan.qa.english.question_parts import parts
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.protocol import Look, Reader, Titled, Worded
from citespan.qa.evidence.selection import (
    ReadPassage,
    Rules,
    Sentence,
    choose,
    folded,
    judged,
    once,
    repeats,
    says_something,
)
from citespan.qa.types import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result for one part of a question: sentences, or the reason why there are none."""

    question: str
    confidence: float
    sentences: tuple[Sentence, ...] = ()
    reason: Reason | None = None


class Finder:
    """A judge that ranks passages, reads the best, and decides whether they answer.

    Safe for many threads.

    Args:
        reader: the evidence model.
        decision: the threshold from which evidence is enough for an answer.
        rules: the limits on reading and citing.
    """

    def __init__(self, reader: Reader, decision: AnswerThreshold, rules: Rules) -> None:
        self._reader, self._decision, self._rules = reader, decision, rules

    def find(
        self,
        question: str,
        passages: Sequence[Passage],
        documents: Mapping[str, Document],
        stand_alone: str = "",
    ) -> tuple[list[Found], tuple[Passage, ...]]:
        """Return the result for each part of a question, and the passages, likeliest first.

        Args:
            question: of one part or several.
            passages: at least one.
            documents: those that the passages are from, by id.
            stand_alone: the same question in other words, if there are any.
        """
        wordings = list(dict.fromkeys(filter(None, (question, stand_alone))))
        ranked, looks = self._look(wordings, passages)
        apart = [parts(one) for one in wordings]
        if len(apart[0]) == 1:
            read = self._read(ranked, looks)
            return [self._find(question, read, documents)], _judged(read, ranked)
        found: list[Found] = []
        all_read: list[ReadPassage] = []
        alike = [asked for asked in apart if len(asked) == len(apart[0])]
        for part in zip(*alike, strict=True):
            # ranked by the whole question: a part by itself may lack its topic
            read = self._read(*self._look(part, ranked[: self._rules.depth]))
            found.append(self._find(part[0], read, documents))
            all_read += read
        return found, _judged(all_read, ranked)

    def warm(self) -> None:
        """Run the model once."""
        for look in self._reader.look("warm", [Titled("", "warm"), Titled("", "up")]):
            look.read()

    def _look(
        self, wordings: Sequence[str], passages: Sequence[Passage]
    ) -> tuple[list[Passage], list[Look]]:
        """Return the passages, best first, and a look at each; those that repeat words are last."""
        titled = [Titled.of(passage) for passage in passages]
        by_wording = [self._reader.look(one, titled) for one in wordings]
        looks: list[Look] = [Worded(looks) for looks in zip(*by_wording, strict=True)]
        both = sorted(
            zip(passages, looks, strict=True),
            key=lambda pair: (repeats(pair[0].text), -pair[1].relevance),
        )
        ranked = [
            replace(passage, scores=replace(passage.scores, relevance=look.relevance))
            if passage.scores.relevance is None  # of the whole question, also for its parts
            else passage
            for passage, look in both
        ]
        return ranked, [look for _, look in both]

    def _read(self, ranked: Sequence[Passage], looks: Sequence[Look]) -> list[ReadPassage]:
        """Read the first passages to the end, and sort them, likeliest to hold the answer first."""
        least = looks[0].relevance - self._rules.gap
        close = [look for look in looks[: self._rules.depth] if look.relevance >= least]
        readings = parallel_map(lambda look: look.read(), close)
        read = [
            ReadPassage(
                passage=replace(
                    passage, scores=replace(passage.scores, evidence=reading.probability)
                ),
                reading=reading,
            )
            for passage, reading in zip(ranked, readings, strict=False)
        ]
        return sorted(read, key=lambda one: -one.reading.probability)

    def _find(
        self, question: str, read: Sequence[ReadPassage], documents: Mapping[str, Document]
    ) -> Found:
        best = read[0]
        confidence = self._decision.confidence(best.reading.probability)
        if confidence < self._decision.least:
            about = max(one.reading.relevance for one in read) >= self._decision.relevant
            reason = Reason.NOT_IN_PASSAGES if about else Reason.NO_RELEVANT_PASSAGE
            return Found(question=question, confidence=confidence, reason=reason)
        candidates = _candidates(read, documents)
        floor = self._rules.keep * best.reading.probability
        chosen = choose(
            [one for one in candidates if (one.passage.scores.evidence or 0.0) >= floor],
            self._rules,
        )
        if not chosen:
            return Found(question=question, confidence=confidence, reason=Reason.NOT_IN_PASSAGES)
        said = {folded(one.span.of(documents[one.document_id].text)) for one in chosen}
        twins = [
            one
            for one in candidates
            if folded(one.span.of(documents[one.document_id].text)) in said
        ]
        return Found(
            question=question, confidence=confidence, sentences=tuple(once([*chosen, *twins]))
        )


def _candidates(read: Sequence[ReadPassage], documents: Mapping[str, Document]) -> list[Sentence]:
    """Return the sentences of read passages that can be evidence."""
    return [
        sentence
        for one in read
        for text in [documents[one.passage.chunk.document_id].text]
        for sentence in judged(one, sentences(text, one.passage.chunk.span))
        if says_something(sentence.span.of(text))
    ]


def _judged(read: Sequence[ReadPassage], ranked: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return the passages that were read, likeliest first, then the others by relevance."""
    best: dict[int, Passage] = {}
    for one in sorted(read, key=lambda one: -one.reading.probability):
        best.setdefault(one.passage.chunk.id, one.passage)
    return (*best.values(), *(one for one in ranked if one.chunk.id not in best))
