"""The rows of tables that a question is about: those with most of its words. Pure."""

import re
from collections.abc import Sequence

from citespan.index.text import Kind, Unit
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.pieces import Piece

_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]{0,300}; [^:;\n]{1,60}: ")  # as spreadsheets are stored


def rows_about(question: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without the rows of tables that have fewer words of a question than others.

    Args:
        question: one part of a question.
        pieces: from all documents; in plain text, a line with named cells is a row.
    """
    wanted = Wanted(question)
    divided = [(piece, piece.units or _lines(piece)) for piece in pieces]
    counts = [[wanted.count(one.view.text) if _is_row(one) else 0 for one in units]
              for _, units in divided]  # fmt: skip
    most = max((count for among in counts for count in among), default=0)
    if not most:
        return list(pieces)
    kept: list[Piece] = []
    for (piece, units), among in zip(divided, counts, strict=True):
        left = [unit for unit, count in zip(units, among, strict=True)
                if not _is_row(unit) or count == most]  # fmt: skip
        if len(left) == len(units):
            kept.append(piece)
        elif any(unit.kind is not Kind.HEADING for unit in left):
            kept.append(piece.with_units(units).narrowed(left))
    return kept


def _lines(piece: Piece) -> Sequence[Unit]:
    text = piece.view.text
    rows = "; " in text and any(_ROW.match(line) for line in text.split("\n"))
    return piece.blocks() if rows else ()


def _is_row(unit: Unit) -> bool:
    text = unit.view.text
    return unit.kind is Kind.ROW or ("; " in text and bool(_ROW.match(text)))
