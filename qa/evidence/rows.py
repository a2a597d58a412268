"""The rows of tables that a question is about: by its words, or looked up by a cell. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from citespan.index.text import Kind, Unit
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.pieces import Piece, row_cells

_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]{0,300}; [^:;\n]{1,60}: ")  # as spreadsheets are stored


def rows_about(question: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without the rows of tables that have fewer words of a question than others.

    Args:
        question: one part of a question.
        pieces: from all documents; in plain text, a line with named cells is a row.
    """
    wanted = Wanted(question)
    divided = [(piece, piece.units or _lines(piece)) for piece in pieces]
    counts = [[wanted.count(one.view.text) if is_row(one) else 0 for one in units]
              for _, units in divided]  # fmt: skip
    most = max((count for among in counts for count in among), default=0)
    if not most:
        return list(pieces)
    kept: list[Piece] = []
    for (piece, units), among in zip(divided, counts, strict=True):
        left = [unit for unit, count in zip(units, among, strict=True)
                if not is_row(unit) or count == most]  # fmt: skip
        if len(left) == len(units):
            kept.append(piece)
        elif any(unit.kind is not Kind.HEADING for unit in left):
            kept.append(piece.with_units(units).narrowed(left))
    return kept


class Lookup:
    """What a question looks up in tables: the row that it names, by a column that it names.

    Such a row counts as one with all words of the question. It has every name and number of the
    question, of which there is at least one. One of its cells has only words of the question, and
    no other such row has the same cell. The question has another word of another cell's header.

    Args:
        question: one part of a question.
        pieces: from all documents, with all of their rows.
    """

    def __init__(self, question: str, pieces: Sequence[Piece]) -> None:
        self._question, self._pieces = question, pieces

    def finds(self, row: str) -> bool:
        """Return whether the text of a row is what the question looks up."""
        return row in self._found

    @cached_property
    def rows(self) -> list[Piece]:
        """The pieces with rows that are looked up, without all else below their headings."""
        found: list[Piece] = []
        for piece in self._pieces if self._found else ():
            units = piece.units or _lines(piece)
            left = [one for one in units
                    if one.kind is Kind.HEADING or one.view.text in self._found]  # fmt: skip
            if any(one.kind is not Kind.HEADING for one in left):
                found.append(piece.with_units(units).narrowed(left))
        return found

    @cached_property
    def _found(self) -> set[str]:
        names = Wanted(self._question, names=True)
        asked = Wanted(self._question).stems
        rows = {
            unit.view.text
            for piece in self._pieces
            for unit in piece.units or _lines(piece)
            if is_row(unit) and names.covered(unit.view.text, "")
        }
        keys = {row: _keys(row, asked) for row in rows}
        times = Counter(key for found in keys.values() for key in found)
        return {row for row, found in keys.items() if any(times[key] == 1 for key in found)}


def _keys(row: str, asked: frozenset[str]) -> set[frozenset[str]]:
    """Return the cells that have only words of a question, if it names another column."""
    cells = [
        (Wanted(header).stems & asked, Wanted(value).stems) for header, value in row_cells(row)
    ]
    return {
        said
        for at, (_, said) in enumerate(cells)
        if said
        and said <= asked
        and any(named - said for other, (named, _) in enumerate(cells) if other != at)
    }


def _lines(piece: Piece) -> Sequence[Unit]:
    text = piece.view.text
    rows = "; " in text and any(_ROW.match(line) for line in text.split("\n"))
    return piece.blocks() if rows else ()


def is_row(unit: Unit) -> bool:
    """Return whether a unit is a row of a table, as Markdown or spreadsheets have them."""
    text = unit.view.text
    return unit.kind is Kind.ROW or ("; " in text and bool(_ROW.match(text)))
