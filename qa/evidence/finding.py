"""The step from ranked passages to the sentences that answer one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citespan.index import Document, Passage
from citespan.index.layout import Outline, outline_of
from citespan.index.runtime import parallel_map
from citespan.index.text import Kind, Unit
from citespan.qa.english.question_parts import parts
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.naming import Named
from citespan.qa.evidence.pieces import Outlines, Piece, pieces_of, units_of
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
from citespan.qa.evidence.wholes import wholes
from citespan.qa.types import Reason

_PIECES = 2  # times the passages that are read; a passage with several headings has several


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result for one part of a question: sentences, or the reason why there are none."""

    question: str
    confidence: float
    sentences: tuple[Sentence, ...] = ()
    reason: Reason | None = None


_LACKED = Reason.NOT_IN_PASSAGES  # no document has what the question names


def _outline(document: Document) -> Outline:
    return outline_of(document, None)


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
        outline: Outlines = _outline,
    ) -> tuple[list[Found], tuple[Passage, ...]]:
        """Return the result for each part of a question, and the passages, likeliest first.

        Args:
            question: of one part or several.
            passages: at least one.
            documents: those that the passages are from, by id.
            stand_alone: the same question in other words, if there are any.
            outline: returns the headings and tables of a document.
        """
        wordings = list(dict.fromkeys(filter(None, (question, stand_alone))))
        outlines = {name: outline(document) for name, document in documents.items()}
        source = _Source(documents, outlines)
        pieces = [piece for passage in passages for piece in source.pieces(passage)]
        apart = [parts(one) for one in wordings]
        if len(apart[0]) == 1:
            named = Named(wordings[-1])
            among = named.among(pieces, documents)
            if not among:
                return [Found(question=question, confidence=0.0, reason=_LACKED)], tuple(passages)
            ranked, looks = self._look(wordings, among)
            read = self._read(ranked, looks)
            return [self._find(question, named, read, source)], _judged(read, ranked, passages)
        ranked, looks = self._look(wordings, pieces)
        found: list[Found] = []
        all_read: list[ReadPassage] = []
        alike = [asked for asked in apart if len(asked) == len(apart[0])]
        for part in zip(*alike, strict=True):
            # ranked by the whole question: a part by itself may lack its topic
            named = Named(part[-1])
            among = named.among(ranked[: _PIECES * self._rules.depth], documents)
            if not among:
                found.append(Found(question=part[0], confidence=0.0, reason=_LACKED))
                continue
            read = self._read(*self._look(part, among))
            found.append(self._find(part[0], named, read, source))
            all_read += read
        return found, _judged(all_read, ranked, passages)

    def warm(self) -> None:
        """Run the model once."""
        for look in self._reader.look("warm", [Titled("", "warm"), Titled("", "up")]):
            look.read()

    def _look(
        self, wordings: Sequence[str], pieces: Sequence[Piece]
    ) -> tuple[list[Piece], list[Look]]:
        """Return the pieces, best first, and a look at each; those that repeat words are last."""
        titled = [piece.titled for piece in pieces]
        by_wording = [self._reader.look(one, titled) for one in wordings]
        looks: list[Look] = [Worded(looks) for looks in zip(*by_wording, strict=True)]
        both = sorted(
            zip(pieces, looks, strict=True),
            key=lambda pair: (repeats(pair[0].view.text), -pair[1].relevance),
        )
        ranked = [
            replace(piece, passage=_relevant(piece.passage, look.relevance)) for piece, look in both
        ]
        return ranked, [look for _, look in both]

    def _read(self, ranked: Sequence[Piece], looks: Sequence[Look]) -> list[ReadPassage]:
        """Read the first pieces to the end, and sort them, likeliest to hold the answer first."""
        least = looks[0].relevance - self._rules.gap
        close: list[tuple[Piece, Look]] = []
        chunks: set[int] = set()
        for piece, look in zip(ranked, looks, strict=True):
            chunks.add(piece.passage.chunk.id)
            enough = len(chunks) > self._rules.depth or len(close) == _PIECES * self._rules.depth
            if enough or look.relevance < least:
                break
            close.append((piece, look))
        readings = parallel_map(lambda one: one[1].read(), close)
        read = [
            ReadPassage(
                piece=piece,
                passage=replace(
                    piece.passage,
                    scores=replace(piece.passage.scores, evidence=reading.probability),
                ),
                reading=piece.placed(reading),
            )
            for (piece, _), reading in zip(close, readings, strict=True)
        ]
        return sorted(read, key=lambda one: -one.reading.probability)

    def _find(
        self, question: str, named: Named, read: Sequence[ReadPassage], source: "_Source"
    ) -> Found:
        best = read[0]
        confidence = self._decision.confidence(best.reading.probability)
        if confidence < self._decision.least:
            about = max(one.reading.relevance for one in read) >= self._decision.relevant
            reason = Reason.NOT_IN_PASSAGES if about else Reason.NO_RELEVANT_PASSAGE
            return Found(question=question, confidence=confidence, reason=reason)
        units = {id(one): named.about(one.piece, source.units(one.piece)) for one in read}
        candidates = [sentence for one in read for sentence in _candidates(one, units[id(one)])]
        floor = self._rules.keep * best.reading.probability
        chosen = choose(
            [one for one in candidates if (one.passage.scores.evidence or 0.0) >= floor],
            self._rules,
        )
        if not chosen:
            return Found(question=question, confidence=confidence, reason=Reason.NOT_IN_PASSAGES)
        said = {source.quote(one) for one in chosen}
        twins = [one for one in candidates if source.quote(one) in said]
        whole = wholes(
            once([*chosen, *twins]), [source.units(one.piece) for one in read], named.is_in
        )
        return Found(question=question, confidence=confidence, sentences=tuple(once(whole)))


class _Source:
    """The documents of the passages, with their outlines."""

    def __init__(self, documents: Mapping[str, Document], outlines: Mapping[str, Outline]) -> None:
        self._documents, self._outlines = documents, outlines
        self._units: dict[tuple[int, int], list[Unit]] = {}

    def pieces(self, passage: Passage) -> list[Piece]:
        """Return a passage in pieces."""
        name = passage.chunk.document_id
        return pieces_of(passage, self._documents[name], self._outlines[name])

    def units(self, piece: Piece) -> list[Unit]:
        """Return what of a piece can be cited."""
        key = (piece.passage.chunk.id, piece.span.start)
        if key not in self._units:
            name = piece.passage.chunk.document_id
            self._units[key] = units_of(piece, self._documents[name], self._outlines[name])
        return self._units[key]

    def quote(self, sentence: Sentence) -> str:
        """Return the text of a sentence, with single spaces."""
        return folded(sentence.span.of(self._documents[sentence.document_id].text))


def _candidates(read: ReadPassage, units: Sequence[Unit]) -> list[Sentence]:
    """Return the units of a read piece that can be evidence; a heading if it has the answer."""
    return [
        sentence
        for unit, sentence in zip(units, judged(read, units), strict=True)
        if (unit.kind is not Kind.HEADING or _answers(sentence, read))
        and says_something(unit.view.text, single=unit.kind is not Kind.SENTENCE)
    ]


def _answers(one: Sentence, reading: ReadPassage) -> bool:
    """Return whether a sentence has the whole short answer."""
    return one.answer is not None and one.answer == reading.reading.answer


def _relevant(passage: Passage, relevance: float) -> Passage:
    """Return a passage with its relevance for the whole question, also for its parts."""
    if passage.scores.relevance is not None:
        return passage
    return replace(passage, scores=replace(passage.scores, relevance=relevance))


def _judged(
    read: Sequence[ReadPassage], ranked: Sequence[Piece], passages: Sequence[Passage]
) -> tuple[Passage, ...]:
    """Return the passages that were read, likeliest first, then the others by relevance."""
    best: dict[int, Passage] = {}
    for one in sorted(read, key=lambda one: -one.reading.probability):
        best.setdefault(one.passage.chunk.id, one.passage)
    for passage in (*(piece.passage for piece in ranked), *passages):
        best.setdefault(passage.chunk.id, passage)
    return tuple(best.values())
