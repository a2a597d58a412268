"""What may answer a question that names something: not the evidence of another thing. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from citespan.index.text import Unit
from citespan.index.types import Document
from citespan.qa.english.identifiers import Identifier, identifiers, is_of
from citespan.qa.evidence.pieces import Piece


class Named:
    """What a question names by a number, a code, a letter or a date.

    Args:
        question: one part of a question.
    """

    def __init__(self, question: str) -> None:
        self._asked = identifiers(question)

    def is_in(self, text: str) -> bool:
        """Return whether a text has something that the question names for sure."""
        return any(one.firm and one.this.search(text) for one in self._asked)

    def among(self, pieces: Sequence[Piece], documents: Mapping[str, Document]) -> list[Piece]:
        """Return the pieces that may be about what is named; none if no document has it.

        Pieces that have all of it come before those that have some, and those before the others.
        Only the first sort that there is counts.
        """
        firm = [one for one in self._asked if one.firm]
        if not self._asked or not pieces:
            return list(pieces)
        scopes = [(piece, "\n".join(piece.scope)) for piece in pieces]
        names = {piece.passage.chunk.document_id for piece in pieces}
        for one in firm:
            if any(one.this.search(scope) for _, scope in scopes):
                continue  # whole documents may be long
            if not any(one.this.search(documents[name].text) for name in names):
                return []
        kept = [piece for piece, scope in scopes if _has(all, self._asked, scope)]
        kept = kept or [piece for piece, scope in scopes if _has(any, firm, scope)]
        return [one.narrowed(self._not_others(one)) for one in kept or pieces]

    def _not_others(self, piece: Piece) -> list[Unit]:
        """Return the units of a piece that are not about another thing of the same kind."""
        units = piece.units
        verdicts = [self._verdict(piece, units, at) for at in range(len(units))]
        if True not in verdicts:
            return list(units)
        return [unit for unit, verdict in zip(units, verdicts, strict=True) if verdict is not False]

    def about(self, piece: Piece, units: Sequence[Unit]) -> list[Unit]:
        """Return the units of a piece that are about what is named, as far as words can tell.

        What stands nearest decides: the unit itself, those before it in its paragraph or block,
        the headings, the title. Units that nothing decides count if none is decided to be about it.
        """
        if not self._asked:
            return list(units)
        verdicts = [self._verdict(piece, units, at) for at in range(len(units))]
        sure = [unit for unit, verdict in zip(units, verdicts, strict=True) if verdict]
        return sure or [
            unit for unit, verdict in zip(units, verdicts, strict=True) if verdict is None
        ]

    def _verdict(self, piece: Piece, units: Sequence[Unit], at: int) -> bool | None:
        before = [one.view.text for one in units[:at] if one.group == units[at].group]
        above = [one.view.text for one in units[:1]]  # the piece's own heading, or its first words
        nearest = [units[at].view.text, *reversed(before), *above, *piece.scope[1:]]
        verdicts = [is_of(one, nearest) for one in self._asked]
        if any(verdicts):
            return True
        return False if False in verdicts else None


def _has(
    every: Callable[[Iterable[object]], bool], asked: Sequence[Identifier], scope: str
) -> bool:
    return every(one.this.search(scope) for one in asked)
