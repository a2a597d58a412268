"""The events while a question is answered, in order, and the answer that they add up to. Pure.

No event is taken back. The texts of all `Delta`, joined, are `Answer.text`. Each `CitationAdded` is
in `Answer.citations` and each `SegmentDone` in `Answer.segments`, in order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from citespan.index.types import Passage, Span
from citespan.qa.answer.bounds import MAX_ANSWER, MAX_CITATIONS
from citespan.qa.citation import Citation
from citespan.qa.types import Answer, Segment, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The passages that were found, best first; the evidence model has judged none of them."""

    question: str
    passages: tuple[Passage, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationAdded:
    """A checked citation, just before the text that rests on it."""

    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """More of the answer's text.

    as_is: whether a program reads it: it has no words of documents and is not to be escaped.
    """

    text: str
    as_is: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDone:
    """A complete part of the answer."""

    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The last event, with the whole answer."""

    answer: Answer


Event: TypeAlias = Retrieved | CitationAdded | Delta | SegmentDone | Done


def folded(events: Iterable[Event]) -> Answer:
    """Return the answer that ends the events; the events must not have been cancelled."""
    for event in events:
        if isinstance(event, Done):
            return event.answer
    raise ValueError("the events do not end with an answer")


Gap: TypeAlias = Literal["", "\n", "\n\n"]
_Place: TypeAlias = tuple[str, int, Span]
_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟", "。」", "๚")


class Composer:
    """An answer that is being composed."""

    def __init__(self) -> None:
        self.text = ""
        self.segments: list[Segment] = []
        self._said: set[str] = set()
        self._citations: dict[_Place, Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations, in the order of their first use, each once."""
        return tuple(self._citations.values())

    def cites(self, citations: Sequence[Citation]) -> bool:
        """Return whether the answer cites all of these places already."""
        return all(_place(one) in self._citations for one in citations)

    def has_said(self, text: str) -> bool:
        """Return whether the answer has a sentence already, word for word."""
        return text in self._said

    def say(
        self, text: str, citations: Sequence[Citation], support: Support, gap: Gap = ""
    ) -> Iterator[Event]:
        """Add a sentence and its citations; citations of the same characters are shared.

        If the answer has no room for a sentence, the sentence is omitted. Of several places with
        the same quote, as many are cited as there is room for.

        Args:
            text: the sentence.
            citations: its own.
            support: how they support it.
            gap: what stands before it at least, unless it is the first.
        """
        fitting = self._fitting(citations)
        whole = len(fitting) == len(citations) or (fitting and support is Support.QUOTED)
        # A line end is wider than a space: of two that are as long, the one asked for is first.
        between = max(gap, _gap(self.text, text), key=len) if self.text else ""
        if not whole or len(self.text) + len(between) + len(text) > MAX_ANSWER:
            return
        citations = fitting
        for one in citations:
            if _place(one) not in self._citations:
                numbered = replace(one, number=len(self._citations) + 1)
                self._citations[_place(one)] = numbered
                yield CitationAdded(citation=numbered)
        used = {_place(one): self._citations[_place(one)] for one in citations}
        self._said.add(text)
        start = len(self.text) + len(between)
        self.text += between + text
        yield Delta(text=between + text)
        span = Span(start, len(self.text))
        segment = Segment(span=span, citations=tuple(used.values()), support=support)
        self.segments.append(segment)
        yield SegmentDone(segment=segment)

    def _fitting(self, citations: Sequence[Citation]) -> list[Citation]:
        """Return the citations that the answer has, and as many more as there is room for."""
        room = MAX_CITATIONS - len(self._citations)
        fitting: list[Citation] = []
        for one in citations:
            known = _place(one) in self._citations
            if known or room > 0:
                fitting.append(one)
                room -= not known
        return fitting


def _gap(before: str, text: str) -> str:
    """Return what stands between two sentences: a line ends before and after lists and code."""
    last = before.rpartition("\n")
    whole = last[2].rstrip("\"'”’»)*_ ").endswith(_ENDS)
    return " " if whole and not last[1] and "\n" not in text else "\n"


def _place(citation: Citation) -> _Place:
    return citation.document.id, citation.document.revision, citation.span
