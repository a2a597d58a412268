"""Which sentences are the evidence. Pure: readings in, spans out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.index.types import Passage, Span
from citespan.qa.citation import Citation
from citespan.qa.evidence.protocol import Mark, Reading

_HEADING = re.compile(r"#{1,6}\s")
# Scripts without spaces between words: Thai to Tibetan, Burmese, Khmer, kana and ideographs.
_JOINED = r"\u0e00-\u109f\u1780-\u17ff\u3040-\u9fff"
_SINGLE_WORD = re.compile(rf"[^\w{_JOINED}]*[^\W{_JOINED}]+[^\w{_JOINED}]*")
# On average. The most that a sentence of 20 words has, of 9,717 in 40 articles of SQuAD, is 2.1; a
# table of short rows has some 4.
_STUFFED_MIN, _STUFFED_TIMES = 20, 6  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is read, and what is cited of it; chosen on development data (docs/decisions).

    depth: at most so many of the ranked passages are read to the end.
    gap: less relevant than the best by this many logits, a passage is not read.
    keep: a passage is quoted if its probability is at least this share of the best one's.
    evidence: a sentence is cited if at least so likely to be evidence, or if it holds the answer.
    """

    depth: int = 4
    gap: float = 4.0
    keep: float = 0.95
    evidence: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPassage:
    """A passage with what the evidence model says of it."""

    passage: Passage
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, by its span in the document.

    evidence: the mean probability of its characters.
    answer: the short answer inside it, if this is where the passage has it.
    """

    passage: Passage
    span: Span
    evidence: float
    answer: Span | None

    @property
    def document_id(self) -> str:
        """The document that it is in."""
        return self.passage.chunk.document_id


def says_something(text: str) -> bool:
    """Whether a sentence can be evidence: headings, questions and single words say nothing.

    Nor does what has no letter and no digit, or what repeats its words.
    """
    bare = text.rstrip("\"'”’»)*_ ")
    if not any(character.isalnum() for character in text):
        return False
    if _HEADING.match(text) or bare.endswith(("?", "？", "؟", "⸮")):
        return False
    return not (_SINGLE_WORD.fullmatch(text) or repeats(text))


def repeats(text: str) -> bool:
    """Return whether a text has each of its words so often that it is there to be found."""
    words = [word for word in text.casefold().split() if any(map(str.isalnum, word))]
    return len(words) >= _STUFFED_MIN and len(words) >= _STUFFED_TIMES * len(set(words))


def judged(read: ReadPassage, spans: Sequence[Span]) -> list[Sentence]:
    """The sentences of a read passage, by their spans in the document."""
    start = read.passage.chunk.span.start
    answer = read.reading.answer
    found: list[Sentence] = []
    for span in spans:
        local = Span(span.start - start, span.end - start)
        inside = answer if answer and local.start <= answer.start < local.end else None
        found.append(
            Sentence(
                passage=read.passage,
                span=span,
                evidence=_mean(read.reading.marks, local),
                answer=inside and Span(inside.start + start, min(inside.end + start, span.end)),
            )
        )
    return found


def _mean(marks: Sequence[Mark], within: Span) -> float:
    """The mean over the characters that marks cover."""
    shares = [(mark.span.overlap(within), mark.evidence) for mark in marks]
    covered = sum(length for length, _ in shares)
    return sum(length * chance for length, chance in shares) / covered if covered else 0.0


def choose(sentences: Sequence[Sentence], rules: Rules) -> list[Sentence]:
    """The evidence: in the order of the documents given, in reading order within a document.

    Always at least one sentence if there are any: the likeliest.
    """
    chosen = [one for one in sentences if one.evidence >= rules.evidence or one.answer]
    if not chosen:
        chosen = sorted(sentences, key=lambda one: (-one.evidence, one.span))[:1]
    places: dict[str, int] = {}
    for sentence in sentences:
        places.setdefault(sentence.document_id, len(places))
    return sorted(once(chosen), key=lambda one: (places[one.document_id], one.span))


def once(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Each sentence once, where it first is; one that has the answer before one that has not."""
    found: dict[tuple[str, Span], Sentence] = {}
    for one in sentences:
        key = (one.document_id, one.span)
        if key not in found or (one.answer and not found[key].answer):
            found[key] = one
    return list(found.values())


def folded(quote: str) -> str:
    """Equal for quotes that differ in their white space alone."""
    return " ".join(quote.split())


def by_quote(citations: Sequence[Citation]) -> list[tuple[Citation, ...]]:
    """Citations whose quotes say the same together, in order of the first of each."""
    found: dict[str, list[Citation]] = {}
    for citation in citations:
        found.setdefault(folded(citation.quote), []).append(citation)
    return [tuple(same) for same in found.values()]
