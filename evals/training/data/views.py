"""Passages as the model will meet them, and the labels that a question has in each."""

from collections.abc import Callable, Sequence

import msgspec

from citespan.evals.training.data.sources import Asked, SourceText
from citespan.evals.training.examples import Example
from citespan.index.text import chunk_spans, sentences
from citespan.index.types import Span


class Views:
    """A cutter of passages out of documents.

    Args:
        count_tokens: the tokens of a text, without special tokens.
        chunk_tokens: the size of the index's chunks.
        passage_tokens: longer paragraphs are cut into chunks instead.
    """

    def __init__(
        self, count_tokens: Callable[[str], int], chunk_tokens: int, passage_tokens: int
    ) -> None:
        self._count = count_tokens
        self._chunk_tokens = chunk_tokens
        self._passage_tokens = passage_tokens
        self._chunks: dict[int, list[Span]] = {}

    def chunks(self, document: SourceText) -> list[Span]:
        """Return the chunks that an index would make of the document."""
        key = id(document)
        if key not in self._chunks:
            self._chunks[key] = chunk_spans(document.text, self._chunk_tokens, self._count)
        return self._chunks[key]

    def chunk(self, document: SourceText, of: Span) -> Span:
        """Return the chunk that holds most of a span; the first of equals."""
        return max(self.chunks(document), key=lambda chunk: chunk.overlap(of))

    def paragraph(self, document: SourceText, paragraph: Span, keep: Span) -> Span:
        """Return the paragraph, or its chunk around `keep` if it is too long."""
        if self._count(paragraph.of(document.text)) <= self._passage_tokens:
            return paragraph
        return self.chunk(document, keep)

    def neighbours(self, document: SourceText, paragraph: Span, keep: Span) -> Span:
        """Return the paragraph with the next one, or the one before; by itself if both are too
        long.
        """
        place = document.paragraphs.index(paragraph)
        for other in document.paragraphs[place + 1 : place + 2], document.paragraphs[:place][-1:]:
            for neighbour in other:
                both = Span(
                    min(paragraph.start, neighbour.start), max(paragraph.end, neighbour.end)
                )
                if self._count(both.of(document.text)) <= self._passage_tokens:
                    return both
        return self.paragraph(document, paragraph, keep)


def holding(asked: Asked, view: Span, *, kind: str, question: str, title: str) -> Example | None:
    """Return the example of a passage that answers; None if the passage cuts every answer.

    Evidence are the sentences that people marked, or else the whole sentences that an answer
    touches.
    """
    inside = _inside(asked.answers, view)
    marked = _inside(asked.evidence or (), view)
    if not (inside or marked):
        return None
    text = asked.document.text
    evidence = marked or [
        sentence
        for sentence in sentences(text, view)
        if any(sentence.overlap(answer) for answer in inside)
    ]
    return _example(
        asked,
        (asked.document, view),
        kind=kind,
        question=question,
        title=title,
        answers=inside,
        evidence=evidence,
        answerable=True,
    )


def answering(asked: Asked, view: Span, *, question: str, title: str) -> Example:
    """Return the example of a passage that answers, if the place of the answer is not known."""
    return msgspec.structs.replace(
        _example(
            asked,
            (asked.document, view),
            kind="given",
            question=question,
            title=title,
            answers=[],
            evidence=[],
            answerable=True,
        ),
        evidence=None,
    )


def lacking(
    asked: Asked,
    place: tuple[SourceText, Span],
    *,
    kind: str,
    question: str,
    title: str,
) -> Example:
    """Return the example of a passage that does not answer."""
    return _example(
        asked,
        place,
        kind=kind,
        question=question,
        title=title,
        answers=[],
        evidence=[],
        answerable=False,
    )


def _example(
    asked: Asked,
    place: tuple[SourceText, Span],
    *,
    kind: str,
    question: str,
    title: str,
    answers: list[Span],
    evidence: list[Span],
    answerable: bool,
) -> Example:
    document, view = place
    return Example(
        id=f"{asked.id}#{kind}",
        source=asked.source,
        group=asked.document.group,
        kind=kind,
        question=question,
        title=title,
        passage=view.of(document.text),
        answerable=answerable,
        answers=tuple(_moved(span, view) for span in answers),
        evidence=tuple(_moved(span, view) for span in evidence),
    )


def _inside(spans: Sequence[Span], view: Span) -> list[Span]:
    return [span for span in spans if view.start <= span.start and span.end <= view.end]


def _moved(span: Span, view: Span) -> Span:
    return Span(span.start - view.start, span.end - view.start)
