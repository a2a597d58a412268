"""The choice of the sentences that are evidence. Pure: readings in, spans out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.index.text import Unit
from citespan.index.types import Passage, Span
from citespan.qa.citation import Citation
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.protocol import Mark, Reading

_HEADING = re.compile(r"#{1,6}\s")
# Scripts without spaces between words: Thai to Tibetan, Burmese, Khmer, kana and ideographs.
_JOINED = r"\u0e00-\u109f\u1780-\u17ff\u3040-\u9fff"
_SINGLE_WORD = re.compile(rf"[^\w{_JOINED}]*[^\W{_JOINED}]+[^\w{_JOINED}]*")
# How often a text has its words, on average. Of 9,717 sentences of 20 words in 40 articles of
# SQuAD, the greatest average is 2.1. A table of short rows has some 4.
_STUFFED_MIN, _STUFFED_TIMES = 20, 6  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The limits on reading and citing; chosen on development data (docs/decisions).

    depth: the most ranked passages that are read to the end.
    keep: a passage is quoted if its probability is at least this share of the best one's.
    evidence: the least probability of a cited sentence, unless the sentence holds the answer.
    """

    depth: int = 4
    keep: float = 0.95
    evidence: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPassage:
    """A piece of a passage with the evidence model's reading of it, in offsets of the document."""

    piece: Piece
    passage: Passage
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, by its span in the document.

    shown: its text as people see it; empty if that is the text itself.
    evidence: the mean probability of its characters.
    answer: the short answer, if the passage has it inside this sentence.
    """

    passage: Passage
    span: Span
    evidence: float
    answer: Span | None
    shown: str = ""

    @property
    def document_id(self) -> str:
        """The id of the document of the sentence."""
        return self.passage.chunk.document_id


def says_something(text: str, *, single: bool = False) -> bool:
    """Return whether a sentence can be evidence: headings, questions and single words cannot.

    Nor can text without letters and digits, or text that repeats its words.

    Args:
        text: the sentence.
        single: whether a single word can be evidence, as in a list.
    """
    bare = text.rstrip("\"'”’»)*_ ")
    if not any(character.isalnum() for character in text):
        return False
    if bare.endswith(("?", "？", "؟", "⸮")):
        return False
    if _HEADING.match(text) and not single:
        return False
    return not ((_SINGLE_WORD.fullmatch(text) and not single) or repeats(text))


def repeats(text: str) -> bool:
    """Return whether a text has each of its words so often that it was made only to be found."""
    words = [word for word in text.casefold().split() if any(map(str.isalnum, word))]
    return len(words) >= _STUFFED_MIN and len(words) >= _STUFFED_TIMES * len(set(words))


def judged(read: ReadPassage, units: Sequence[Unit]) -> list[Sentence]:
    """Return the units of a read piece as sentences."""
    answer = read.reading.answer
    found: list[Sentence] = []
    for unit in units:
        span = unit.span
        inside = answer if answer and span.start <= answer.start < span.end else None
        found.append(
            Sentence(
                passage=read.passage,
                span=span,
                shown=unit.view.text,
                evidence=_mean(read.reading.marks, span),
                answer=inside and Span(inside.start, min(inside.end, span.end)),
            )
        )
    return found


def _mean(marks: Sequence[Mark], within: Span) -> float:
    """Return the mean probability over the characters that marks cover."""
    start, end = within.start, within.end  # compared here: most marks are elsewhere
    touching = [mark for mark in marks if mark.span.start < end and mark.span.end > start]
    shares = [(mark.span.overlap(within), mark.evidence) for mark in touching]
    covered = sum(length for length, _ in shares)
    return sum(length * chance for length, chance in shares) / covered if covered else 0.0


def choose(sentences: Sequence[Sentence], rules: Rules) -> list[Sentence]:
    """Return the evidence in the order of the documents, in reading order within a document.

    If there are sentences, at least one is returned: the likeliest.
    """
    chosen = [one for one in sentences if one.evidence >= rules.evidence or one.answer]
    if not chosen:
        chosen = sorted(sentences, key=lambda one: (-one.evidence, one.span))[:1]
    places: dict[str, int] = {}
    for sentence in sentences:
        places.setdefault(sentence.document_id, len(places))
    return sorted(once(chosen), key=lambda one: (places[one.document_id], one.span))


def once(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Return each sentence once, at its first place, preferably a copy with an answer."""
    found: dict[tuple[str, Span], Sentence] = {}
    for one in sentences:
        key = (one.document_id, one.span)
        if key not in found or (one.answer and not found[key].answer):
            found[key] = one
    return list(found.values())


def folded(quote: str) -> str:
    """Return the form in which quotes that differ only in their white space are equal."""
    return " ".join(quote.split())


def by_quote(citations: Sequence[Citation]) -> list[tuple[Citation, ...]]:
    """Return the citations in groups with the same quote, in order of the first of each group."""
    found: dict[str, list[Citation]] = {}
    for citation in citations:
        found.setdefault(folded(citation.quote), []).append(citation)
    return [tuple(same) for same in found.values()]
