"""The passages that claims may name, sentence by sentence."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from citespan.index.layout import Outline, outline_of
from citespan.index.text import sentences
from citespan.index.types import Document, Passage, Span
from citespan.qa.claims.context import Stretch
from citespan.qa.english.wording import Wording, wording_of

_AROUND = 1000  # code points on each side of a passage that may retract its words


class SourceSentence(NamedTuple):
    """A sentence of a passage, and its wording; the span is of the document."""

    passage: Passage
    span: Span
    text: str
    wording: Wording


class Sources:
    """The sentences of the passages given to a writer; a passage is split once, on first use.

    For one thread.

    Args:
        passages: in the order in which they were given; a claim names them by number, from 1.
        documents: those that the passages are from, by id. If one is missing, its passages count
            as missing, too.
    """

    def __init__(self, passages: Sequence[Passage], documents: Mapping[str, Document]) -> None:
        self._passages, self._documents = passages, documents
        self._sentences: dict[int, list[SourceSentence]] = {}
        self._stretches: dict[int, Stretch] = {}
        self._outlines: dict[str, Outline] = {}

    def __contains__(self, number: int) -> bool:
        known = 1 <= number <= len(self._passages)
        return known and self.passage(number).chunk.document_id in self._documents

    def passage(self, number: int) -> Passage:
        """Return the passage with a number."""
        return self._passages[number - 1]

    def text(self, number: int) -> str:
        """Return the whole text of the document that a passage is from."""
        return self._documents[self.passage(number).chunk.document_id].text

    def stretch(self, number: int) -> Stretch:
        """Return the sentences of a passage and around it; the first and the last may be cut."""
        if number not in self._stretches:
            text, inside = self.text(number), self.passage(number).chunk.span
            wide = Span(max(0, inside.start - _AROUND), min(len(text), inside.end + _AROUND))
            self._stretches[number] = Stretch(text, sentences(text, wide))
        return self._stretches[number]

    def sentences_of(self, number: int) -> list[SourceSentence]:
        """Return the sentences of a passage, in order."""
        if number not in self._sentences:
            passage, text = self.passage(number), self.text(number)
            self._sentences[number] = [
                SourceSentence(passage, span, span.of(text), wording_of(span.of(text)))
                for span in sentences(text, passage.chunk.span)
            ]
        return self._sentences[number]

    def nearest(self, one: SourceSentence) -> list[str]:
        """Return a sentence, what precedes it in its paragraph, its headings and its title.

        The nearest is first.
        """
        name = one.passage.chunk.document_id
        if name not in self._outlines:
            self._outlines[name] = outline_of(self._documents[name], None)
        text = self._documents[name].text
        start = max(text.rfind("\n\n", 0, one.span.start), one.span.start - _AROUND, 0)
        path = reversed(self._outlines[name].path(one.span.start))
        return [one.text, text[start : one.span.start], *path, one.passage.chunk.context,
                one.passage.title]  # fmt: skip

    def read_ahead(self) -> None:
        """Split the next passage that has not been used yet, if there is one."""
        numbers = range(1, len(self._passages) + 1)
        ahead = next((one for one in numbers if one in self and one not in self._sentences), None)
        if ahead is not None:
            self.sentences_of(ahead)
            self.stretch(ahead)
