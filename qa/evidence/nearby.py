"""What stands around chosen sentences, and which of them say how things are now. Pure."""

from collections.abc import Sequence

from citespan.qa.english.order import is_past
from citespan.qa.evidence.selection import ReadPassage, Sentence
from citespan.qa.evidence.source import PassageDocuments
from citespan.qa.evidence.wholes import UnitsRead


def units_near(
    chosen: Sequence[Sentence], read: Sequence[ReadPassage], source: PassageDocuments
) -> list[UnitsRead]:
    """Return the units of each piece with a chosen sentence, and of its section nearby."""
    return [
        UnitsRead(
            one.passage.chunk.document_id,
            source.units_around(one.piece),
            "\n".join(one.piece.above),
        )
        for one in read
        if any(it.document_id == one.passage.chunk.document_id and it.span.overlap(one.piece.span)
               for it in chosen)
    ]  # fmt: skip


def in_force(question: str, chosen: Sequence[Sentence], source: PassageDocuments) -> list[Sentence]:
    """Return the sentences without those of earlier messages and of what holds no longer.

    If nothing else is left, or if the question asks for what was, they stay.
    """
    left = [one for one in chosen if not source.is_history(one)] or list(chosen)
    if is_past(question):
        return left
    return [one for one in left if not is_past(source.above(one))] or left
