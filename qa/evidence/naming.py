"""What may answer a question that names something: not the evidence of another thing. Pure."""

from collections.abc import Mapping, Sequence

from citespan.index.text import Kind, Unit
from citespan.index.types import Document
from citespan.qa.english.identifiers import (
    Identifier,
    code_names,
    identifiers,
    is_of,
    siblings,
)
from citespan.qa.english.rewordings import without
from citespan.qa.evidence.pieces import Piece


class Named:
    """What a question names by a number, a code, a letter or a date.

    Args:
        question: one part of a question.
    """

    def __init__(self, question: str) -> None:
        self._question = question
        self._asked = identifiers(question)
        self._code = code_names(question)
        self._siblings = siblings(question)

    def is_in(self, text: str) -> bool:
        """Return whether a text has something that the question names for sure."""
        return any(one.firm and one.this.search(text) for one in self._asked)

    def below(self, piece: Piece) -> str | None:
        """Return the question without what the headings or the title of a piece name for it.

        Returns:
            None if they name nothing of it, or if the text names it as well.
        """
        if not self._asked:
            return None
        above, text = "\n".join(piece.above), piece.body
        question = self._question
        for one in sorted(self._asked, key=lambda one: one.at, reverse=True):
            if one.this.search(above) and not one.this.search(text):
                question = without(question, *one.at)
        return question if question != self._question else None

    def among(self, pieces: Sequence[Piece], documents: Mapping[str, Document]) -> list[Piece]:
        """Return the pieces that may be about what is named; none if no document has it.

        If a piece has all that is named, those that name another of the same kind are about that
        one. Otherwise those that have some of it for sure may be, or all if there are none.
        """
        firm = [one for one in self._asked if one.firm]
        if not (self._asked or self._code) or not pieces:
            return list(pieces)
        scopes = [(piece, "\n".join(piece.scope)) for piece in pieces]
        names = {piece.passage.chunk.document_id for piece in pieces}
        for this in (*self._code, *(one.this for one in firm)):
            if any(this.search(scope) for _, scope in scopes):
                continue  # whole documents may be long
            if not any(this.search(documents[name].text) for name in names):
                return []
        if not self._asked:
            return list(pieces)
        verdicts = [
            (piece, [is_of(one, [scope]) for one in self._asked]) for piece, scope in scopes
        ]
        if any(all(each) for _, each in verdicts):
            kept = [piece for piece, each in verdicts if False not in each]
        else:
            kept = [piece for piece, text in scopes if any(one.this.search(text) for one in firm)]
        return [self._not_others(one) for one in kept or pieces]

    def _not_others(self, piece: Piece) -> Piece:
        """Return a piece without what is about another thing of the same kind."""
        units = piece.blocks()
        verdicts = [self._verdict(piece, units, at, self._asked) for at in range(len(units))]
        if True not in verdicts or False not in verdicts:
            return piece
        left = [unit for unit, verdict in zip(units, verdicts, strict=True) if verdict is not False]
        return piece.with_units(units).narrowed(left)

    def about(self, piece: Piece, units: Sequence[Unit]) -> list[Unit]:
        """Return the units of a piece that are about what is named, as far as words can tell.

        What stands nearest decides: the unit itself, those before it in its paragraph or block,
        the headings, the title. Units that nothing decides count if none is decided to be about it.
        """
        if self._siblings:
            of_siblings = [self._verdict(piece, units, at, self._siblings) is False
                           for at in range(len(units))]  # fmt: skip
            units = [one for one, other in zip(units, of_siblings, strict=True) if not other]
        if not self._asked:
            return list(units)
        verdicts = [self._verdict(piece, units, at, self._asked) for at in range(len(units))]
        judged = list(zip(units, verdicts, strict=True))
        if True not in verdicts:
            return [unit for unit, verdict in judged if verdict is None]
        return [
            unit
            for unit, verdict in judged
            if verdict or (verdict is None and unit.kind is Kind.HEADING)
        ]

    def _verdict(
        self, piece: Piece, units: Sequence[Unit], at: int, asked: Sequence[Identifier]
    ) -> bool | None:
        before = [one.view.text for one in units[:at] if one.group == units[at].group]
        above = [  # the piece's own heading, or its first words
            one.view.text for one in units[:1] if asked is self._asked or one.kind is Kind.HEADING
        ]
        nearest = [units[at].view.text, *reversed(before), *above, *piece.scope[1:]]
        verdicts = [is_of(one, nearest) for one in asked]
        if any(verdicts):
            return True
        return False if False in verdicts else None
