"""Cells of RTF that cover several rows: a private character where one goes on."""

import re

from citespan.index.parse.formats.rtf_bold import private

COVERED = 0xE0E2  # the private character
_ROW = re.compile(r"\\trowd\b(.{0,100000}?)\\row\b", re.DOTALL)
_WIDTH = re.compile(r"\\cellx-?\d{1,6}")
_CELL = re.compile(r"\\cell(?![a-z])")
_TEXT = re.compile(r"\\(?:pard|intbl)\b")


def with_covered(source: str) -> str:
    """Return a document with a private character in each cell that goes on from the row above."""
    return _ROW.sub(_marked, source) if "\\clvmrg" in source else source


def _marked(row: re.Match[str]) -> str:
    definitions, *_ = _TEXT.split(row[1], maxsplit=1)
    covered = [r"\clvmrg" in one for one in _WIDTH.split(definitions)[:-1]]
    numbers = iter(range(len(covered)))

    def mark(cell: re.Match[str]) -> str:
        at = next(numbers, None)
        return private(COVERED) + cell.group() if at is not None and covered[at] else cell.group()

    return _CELL.sub(mark, row.group())
