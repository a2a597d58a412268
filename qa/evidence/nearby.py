"""What stands around chosen sentences, and which of them say how things are now. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

from citespan.index.text import Unit
from citespan.qa.english.definitions import defined, says_what_it_is
from citespan.qa.english.order import is_past
from citespan.qa.english.question_parts import asks_for_steps
from citespan.qa.evidence.covering import Wanted, is_headed
from citespan.qa.evidence.selection import ReadPassage, Sentence
from citespan.qa.evidence.source import PassageDocuments
from citespan.qa.evidence.wholes import Said, UnitsRead

Candidates: TypeAlias = tuple[ReadPassage, list[Sentence]]


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


def headed_by(
    question: str, read: Sequence[Candidates], chosen: Sequence[Sentence]
) -> list[Candidates]:
    """Return the pieces below a heading that is what a question asks for, if none says it yet.

    That is the term whose meaning is asked for, or what is done ("Adding a remote").
    """
    if term := defined(question):
        said = any(says_what_it_is(term, one.shown) for one in chosen)
        return [] if said else [one for one in read if is_headed(term, one[0].piece.heading)]
    if not asks_for_steps(question):
        return []
    wanted = Wanted(question)
    headed = [
        (one, among)
        for one, among in read
        if wanted.named_by(one.piece.heading, "\n".join(one.piece.above))
    ]
    given = {(one.document_id, one.span) for one in chosen}
    said = any((one.document_id, one.span) in given for _, among in headed for one in among)
    return [] if said else headed


def helpful(read: Sequence[Candidates], least: float) -> Said:
    """Return what says whether a sentence helps the one who asks how something is done.

    Such a sentence leads to what they need, or is at least half as likely to be evidence as one
    that is quoted by itself.

    Args:
        read: the pieces, with what of them can be evidence.
        least: the least probability of evidence.
    """
    known = {(one.document_id, one.span): one.evidence for _, among in read for one in among}

    def helps(name: str, unit: Unit) -> bool:
        evidence = known.get((name, unit.span))
        return evidence is not None and (unit.view.text.endswith(":") or evidence >= least / 2)

    return helps


def in_force(question: str, chosen: Sequence[Sentence], source: PassageDocuments) -> list[Sentence]:
    """Return the sentences without those of earlier messages and of what holds no longer.

    If nothing else is left, or if the question asks for what was, they stay.
    """
    left = [one for one in chosen if not source.is_history(one)] or list(chosen)
    if is_past(question):
        return left
    return [one for one in left if not is_past(source.above(one))] or left
