"""The step from ranked passages to the sentences that answer one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citespan.index import Document, Passage
from citespan.index.runtime import parallel_map
from citespan.index.text import SMALL_WORDS
from citespan.qa.english.comparisons import set_apart
from citespan.qa.english.definitions import defined, defines
from citespan.qa.english.languages import has_stems, unread_language
from citespan.qa.english.question_parts import asks_for_several, asks_for_steps, parts
from citespan.qa.english.rewordings import figure_asked
from citespan.qa.english.spelling import respelled
from citespan.qa.english.words import STOP_WORDS
from citespan.qa.evidence.candidates import candidates, judged_passages, relevant
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.naming import Named
from citespan.qa.evidence.nearby import headed_by, helpful, in_force, units_near
from citespan.qa.evidence.newest import lacks_version, newest_of
from citespan.qa.evidence.pieces import Outlines, Piece, outline_of_text
from citespan.qa.evidence.pointing import pointed_at
from citespan.qa.evidence.protocol import Look, Polyglot, Reader, Speller, Titled, Worded
from citespan.qa.evidence.rows import Lookup, rows_about
from citespan.qa.evidence.selection import (
    ReadPassage,
    Rules,
    Sentence,
    choose,
    once,
    repeats,
)
from citespan.qa.evidence.source import PassageDocuments
from citespan.qa.evidence.wholes import wholes, with_antecedents, with_list_asked
from citespan.qa.types import Reason

_PIECES = 2  # times the passages that are read; a passage with several headings has several


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result for one part of a question: sentences, or the reason why there are none."""

    question: str
    confidence: float
    sentences: tuple[Sentence, ...] = ()
    reason: Reason | None = None


_SURE = 0.9  # the confidence in what headings and fields say by themselves
_SHARED = 0.5  # of the words of a question in a language that the models do not read
_LACKED = Reason.NOT_IN_PASSAGES  # no document has what the question names


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
        self._is_polyglot = isinstance(reader, Polyglot) and reader.is_polyglot

    def find(
        self,
        question: str,
        passages: Sequence[Passage],
        documents: Mapping[str, Document],
        stand_alone: str = "",
        outline: Outlines = outline_of_text,
    ) -> tuple[list[Found], tuple[Passage, ...]]:
        """Return the result for each part of a question, and the passages, likeliest first.

        Args:
            question: of one part or several.
            passages: at least one.
            documents: those that the passages are from, by id.
            stand_alone: the same question in other words, if there are any.
            outline: returns the headings and tables of a document.
        """
        language = self.unread(question)
        if language and not has_stems(language):
            return [Found(question=question, confidence=0.0, reason=_LACKED)], tuple(passages)
        wordings = list(dict.fromkeys(filter(None, (question, stand_alone))))
        outlines = {name: outline(one) for name, one in documents.items()}
        source = PassageDocuments(documents, outlines)
        pieces = [piece for passage in passages for piece in source.pieces(passage)]
        if not pieces:
            return [Found(question=question, confidence=0.0, reason=_LACKED)], tuple(passages)
        apart = [parts(one) for one in wordings]
        if len(apart[0]) == 1:
            one = self._find_one(wordings, pieces, passages, source)
            each = [set_apart(wording) for wording in wordings]
            apart = [both for both in each if both]
            if one[0][0].sentences or not each[0]:
                return one
        ranked, _ = self._look(wordings, pieces)
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
        return found, judged_passages(all_read, ranked, passages)

    def _find_one(
        self,
        wordings: Sequence[str],
        pieces: Sequence[Piece],
        passages: Sequence[Passage],
        source: PassageDocuments,
    ) -> tuple[list[Found], tuple[Passage, ...]]:
        """Return the result for a question of one part, and the passages, likeliest first."""
        question = wordings[0]
        if pointed := pointed_at(wordings[-1], passages, source):
            return [Found(question=question, confidence=_SURE, sentences=pointed)], tuple(passages)
        newest = newest_of(wordings[-1], pieces, source)
        named = Named(wordings[-1])
        among = named.among(newest.pieces, source.documents)
        if not among:
            return [Found(question=question, confidence=0.0, reason=_LACKED)], tuple(passages)
        lookup = Lookup(wordings[-1], among)
        about = rows_about(wordings[-1], among)
        others = [figure_asked(wordings[-1]), newest.question, self._respelled(wordings[-1], about)]
        others = [one for one in others if one]

        def judged(pieces: Sequence[Piece]) -> tuple[list[Found], tuple[Passage, ...]]:
            ranked, looks = self._look([*wordings, *others], pieces)
            read = self._read(ranked, looks)
            found = self._find(question, named, read, source, others, lookup)
            return [found], judged_passages(read, ranked, passages)

        by_cell = judged(lookup.rows) if lookup.rows else None
        return by_cell if by_cell and by_cell[0][0].sentences else judged(about)

    def unread(self, question: str) -> str | None:
        """Return the language of a question if the model does not read it."""
        return None if self._is_polyglot else unread_language(question)

    def warm(self) -> None:
        """Run the model once."""
        for look in self._reader.look("warm", [Titled("", "warm"), Titled("", "up")]):
            look.read()

    def _respelled(self, question: str, pieces: Sequence[Piece]) -> str | None:
        """Return a question without slips of the fingers; None if it has none."""
        if not isinstance(self._reader, Speller):
            return None
        texts = ("\n".join(piece.scope) for piece in pieces)
        return respelled(question, texts, self._reader.is_word)

    def _look(
        self, wordings: Sequence[str], pieces: Sequence[Piece]
    ) -> tuple[list[Piece], list[Look]]:
        """Return the pieces, best first, and a look at each; those that repeat words are last."""
        titled = [piece.titled for piece in pieces]
        by_piece: list[list[Look]] = [[] for _ in pieces]
        asked = {one: list(range(len(pieces))) for one in wordings}
        for named in [Named(one) for one in wordings]:
            for at, piece in enumerate(pieces):
                if other := named.below(piece):
                    asked.setdefault(other, []).append(at)
        for wording, places in asked.items():
            seen = self._reader.look(wording, [titled[at] for at in places])
            for at, look in zip(places, seen, strict=True):
                by_piece[at].append(look)
        looks: list[Look] = [Worded(looks) for looks in by_piece]
        both = sorted(
            zip(pieces, looks, strict=True),
            key=lambda pair: (repeats(pair[0].view.text), -pair[1].relevance),
        )
        ranked = [
            replace(piece, passage=relevant(piece.passage, look.relevance)) for piece, look in both
        ]
        return ranked, [look for _, look in both]

    def _read(self, ranked: Sequence[Piece], looks: Sequence[Look]) -> list[ReadPassage]:
        """Read the first pieces to the end, and sort them, likeliest to hold the answer first."""
        least = looks[0].relevance - self._decision.gap
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
        self,
        question: str,
        named: Named,
        read: Sequence[ReadPassage],
        source: PassageDocuments,
        others: Sequence[str] = (),
        lookup: Lookup | None = None,
    ) -> Found:
        units = {id(one): named.about(one.piece, source.units(one.piece)) for one in read}
        by_piece = [(one, candidates(one, units[id(one)], question)) for one in read]
        by_piece = [
            one for one in by_piece if one[1]
        ] or by_piece  # nothing may be of the thing asked about
        wordings = [question, *others]
        chosen, confidence = self._chosen(wordings, by_piece, source, lookup)
        if headed := headed_by(question, by_piece, chosen):
            below = self._chosen(wordings, headed, source, lookup)
            chosen, confidence = below if below[0] else (chosen, confidence)
        if not chosen:
            about = max(one.reading.relevance for one in read) >= self._decision.relevant
            enough = confidence >= self._decision.least
            reason = Reason.NOT_IN_PASSAGES if about or enough else Reason.NO_RELEVANT_PASSAGE
            return Found(question=question, confidence=confidence, reason=reason)
        said = {source.quote(one) for one in chosen}
        twins = [one for _, among in by_piece for one in among if source.quote(one) in said]
        around = units_near([*chosen, *twins], read, source)
        several = asks_for_several(question)
        whole = wholes(
            once([*chosen, *twins]), around, named.is_in, helpful(by_piece, self._rules.evidence),
            steps=asks_for_steps(question), several=several,
        )  # fmt: skip
        whole = with_antecedents(whole, around, named.is_in)
        if several:
            whole = with_list_asked(whole, around, Wanted(question).covered)
        return Found(question=question, confidence=confidence, sentences=tuple(once(whole)))

    def _chosen(
        self,
        wordings: Sequence[str],
        by_piece: Sequence[tuple[ReadPassage, list[Sentence]]],
        source: PassageDocuments,
        lookup: Lookup | None,
    ) -> tuple[list[Sentence], float]:
        """Return the evidence, none if there is not enough, and the confidence in it."""
        best = by_piece[0][0].reading.probability
        confidence = self._decision.confidence(best)
        language = unread_language(wordings[0])
        unread = self.unread(wordings[0])
        small = SMALL_WORDS.get(language or "", STOP_WORDS)
        wanted = [Wanted(one, small) for one in wordings]
        if confidence >= self._decision.least:
            floor = self._rules.keep * best
            likely = [one for read, among in by_piece if read.reading.probability >= floor
                      for one in among]  # fmt: skip
            chosen = in_force(wordings[0], choose(likely, self._rules), source)
            if unread and not any(wanted[0].share(one.shown) >= _SHARED for one in chosen):
                return [], confidence
            shown = [one.shown for one in chosen]
            return ([] if lacks_version(wordings[0], shown) else chosen), confidence
        term = defined(wordings[0])
        first = [(read, [one for one in among if term and defines(term, one.shown)])
                 for read, among in by_piece]  # fmt: skip
        # if a sentence defines the term, others only mention it
        for read, among in first if any(among for _, among in first) else by_piece:
            surer = self._decision.confidence(read.reading.probability, covered=True)
            covering = [
                one
                for one in among
                if (one.answer or one.evidence >= self._rules.evidence)
                and (
                    any(it.covered(one.shown, source.around(one, read.piece)) for it in wanted)
                    or (lookup and lookup.finds(one.shown))
                )
            ]
            if covering and surer >= self._decision.least:
                return choose(covering, self._rules), surer
        return [], confidence
