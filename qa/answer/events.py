"""What happens while a question is answered, in order, and the answer it adds up to. Pure.

Nothing that was said is taken back: the texts of all `Delta`, joined, are `Answer.text`, each
`CitationAdded` is in `Answer.citations` and each `SegmentDone` in `Answer.segments`, in order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from citespan.index.types import Passage, Span
from citespan.qa.answer.bounds import MAX_ANSWER, MAX_CITATIONS
from citespan.qa.citation import Citation
from citespan.qa.types import Answer, Segment, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Passages were found, best first; nothing has been judged."""

    question: str
    passages: tuple[Passage, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationAdded:
    """A citation that has been checked, just before the text that rests on it; `number` from 1."""

    citation: Citation
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDone:
    """A part of the answer, said in full."""

    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The whole answer: the last event."""

    answer: Answer


Event: TypeAlias = Retrieved | CitationAdded | Delta | SegmentDone | Done


def folded(told: Iterable[Event]) -> Answer:
    """The answer that events end with; they must not have been cancelled."""
    for event in told:
        if isinstance(event, Done):
            return event.answer
    raise ValueError("the events do not end with an answer")


_Place: TypeAlias = tuple[str, int, Span]


class Composer:
    """An answer in the making."""

    def __init__(self) -> None:
        self.text = ""
        self.segments: list[Segment] = []
        self._said: set[str] = set()
        self._citations: dict[_Place, Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """In the order of their first use, each once."""
        return tuple(self._citations.values())

    def cites(self, citations: Sequence[Citation]) -> bool:
        """Whether all these characters are cited already."""
        return all(_place(one) in self._citations for one in citations)

    def has_said(self, text: str) -> bool:
        """Whether a sentence is there already, word for word."""
        return text in self._said

    def say(self, text: str, citations: Sequence[Citation], support: Support) -> Iterator[Event]:
        """Add a sentence and what it rests on; the characters that were cited before are shared.

        Nothing is said that an answer has no room for. Of places that all say the same as a quote,
        those are cited that there is room for.
        """
        fitting = self._fitting(citations)
        whole = len(fitting) == len(citations) or (fitting and support is Support.QUOTED)
        if not whole or len(self.text) + 1 + len(text) > MAX_ANSWER:
            return
        citations = fitting
        for one in citations:
            if _place(one) not in self._citations:
                self._citations[_place(one)] = one
                yield CitationAdded(citation=one, number=len(self._citations))
        used = {_place(one): self._citations[_place(one)] for one in citations}
        self._said.add(text)
        gap = " " if self.text else ""
        start = len(self.text) + len(gap)
        self.text += gap + text
        yield Delta(text=gap + text)
        span = Span(start, len(self.text))
        segment = Segment(span=span, citations=tuple(used.values()), support=support)
        self.segments.append(segment)
        yield SegmentDone(segment=segment)

    def _fitting(self, citations: Sequence[Citation]) -> list[Citation]:
        """Those that are there already, and as many more as there is room for."""
        room = MAX_CITATIONS - len(self._citations)
        fitting: list[Citation] = []
        for one in citations:
            known = _place(one) in self._citations
            if known or room > 0:
                fitting.append(one)
                room -= not known
        return fitting


def _place(citation: Citation) -> _Place:
    return citation.document.id, citation.document.revision, citation.span
