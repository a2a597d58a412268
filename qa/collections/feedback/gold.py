"""Accepted labels as questions with gold, moved to where their words are now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from citespan.index import Document, Span
from citespan.index.errors import DocumentNotFound
from citespan.qa.collections.feedback.labels import Label, LabelStore, Pointer, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A question, and where in the current documents its answer is; nowhere if they lack it."""

    label: Label
    spans: tuple[tuple[Document, Span], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An accepted label that is left out, and why."""

    label: Label
    why: str


def gold_of(
    labels: LabelStore, current: Callable[[str], Document]
) -> tuple[tuple[Gold, ...], tuple[Left, ...]]:
    """Return what the accepted labels say of the current documents, and what is left out.

    Args:
        labels: those of a collection.
        current: returns the current revision of a document, or raises DocumentNotFound.
    """
    made: list[Gold] = []
    left: list[Left] = []
    asked: set[str] = set()
    for label in labels.all():  # the newest first: what was said last of a question counts
        if label.state is not State.ACCEPTED:
            continue
        if label.question in asked:
            left.append(Left(label=label, why="a newer label is of the same question"))
            continue
        asked.add(label.question)
        spans = _moved(labels, label.gold, current)
        if isinstance(spans, str):
            left.append(Left(label=label, why=spans))
        else:
            made.append(Gold(label=label, spans=spans))
    return tuple(reversed(made)), tuple(left)


def _moved(
    labels: LabelStore, pointers: Iterable[Pointer], current: Callable[[str], Document]
) -> tuple[tuple[Document, Span], ...] | str:
    """Return the places of the words in the current documents, or why there are none."""
    found: dict[tuple[str, Span], Document] = {}
    for pointer in pointers:
        words = labels.quote(pointer)
        if words is None:
            return f"revision {pointer.revision} of {pointer.document_id!r} is no longer stored"
        try:
            document = current(pointer.document_id)
        except DocumentNotFound:
            return f"the document {pointer.document_id!r} is no longer stored"
        span = _place(words, pointer.start, document.text)
        if span is None:
            return f"its words are no longer in {pointer.document_id!r}, or more than once"
        found[document.id, span] = document
    return tuple((document, span) for (_, span), document in found.items())


def _place(words: str, start: int, text: str) -> Span | None:
    if text.startswith(words, start):
        return Span(start, start + len(words))
    first = text.find(words)
    if first < 0 or text.find(words, first + 1) >= 0:
        return None
    return Span(first, first + len(words))
