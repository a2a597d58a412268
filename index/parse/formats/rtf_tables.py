"""Cells of RTF that cover several rows: a private character where one continues."""

import re

from citespan.index.parse.formats.rtf_bold import private

COVERED = 0xE0E2  # the private character
_ROW, _END = re.compile(r"\\trowd\b"), re.compile(r"\\row\b")
_WIDTH = re.compile(r"\\cellx-?\d{1,6}")
_CELL = re.compile(r"\\cell(?![a-z])")
_TEXT = re.compile(r"\\(?:pard|intbl)\b")


def with_covered(source: str) -> str:
    """Return a document with a private character in each cell that continues the row above."""
    if "\\clvmrg" not in source:
        return source
    pieces: list[str] = []
    at = 0
    while (start := _ROW.search(source, at)) and (end := _END.search(source, start.end())):
        pieces += [source[at : start.start()], _marked(source[start.start() : end.end()])]
        at = end.end()
    return "".join([*pieces, source[at:]])


def _marked(row: str) -> str:
    definitions, *_ = _TEXT.split(row, maxsplit=1)
    covered = [r"\clvmrg" in one for one in _WIDTH.split(definitions)[:-1]]
    numbers = iter(range(len(covered)))

    def mark(cell: re.Match[str]) -> str:
        at = next(numbers, None)
        return private(COVERED) + cell.group() if at is not None and covered[at] else cell.group()

    return _CELL.sub(mark, row)
