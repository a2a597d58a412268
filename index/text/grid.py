"""Tables of Markdown: which lines are rows, with or without outer bars, and their cells. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from citespan.index.text.inline import seen
from citespan.index.text.view import View, ViewBuilder, joined
from citespan.index.types import Span

RULE = re.compile(r"[ \t|:=*_-]+$")
_HEADER = 4000  # code points at the start of a paragraph in which a table's header is


def is_row(line: str) -> bool:
    """Return whether a line is a row by itself: it begins with a bar."""
    return line.lstrip().startswith("|")


def is_rule(line: str) -> bool:
    """Return whether a line is what stands between the header of a table and its rows."""
    return "-" in line and "|" in line and bool(RULE.fullmatch(line))


def rows_without_bars(local: str, *, goes_on: bool) -> frozenset[int]:
    """Return where the rows of tables start that have bars only between their cells.

    Args:
        local: from the start of a line or from inside of one.
        goes_on: whether the first line continues a table that begins before.
    """
    if "|" not in local:
        return frozenset()
    found: set[int] = set()
    inside, start, before = goes_on, 0, -1
    for line in local.split("\n"):
        barred = "|" in line
        if is_rule(line) and before >= 0 and not inside:
            found |= {before, start}
            inside = True
        elif inside and barred:
            found.add(start)
        else:
            inside = False
        before = start if barred else -1
        start += len(line) + 1
    return frozenset(found)


def header_above(text: str, end: int) -> list[str] | None:
    """Return the header of the table that the text before `end` ends in; None if there is none."""
    before = text.rfind("\n\n", 0, end)
    start = before + 2 if before >= 0 else 0
    above = text[start : min(end, start + _HEADER)].split("\n")
    for first, second in pairwise(above):
        if "|" in first and is_rule(second):
            return [one.of(first).strip() for one in cells(first, Span(0, len(first)))]
    return None


def cells(text: str, line: Span) -> Iterator[Span]:
    """Yield the cells of a row, without its outer bars."""
    bare = trimmed(text, line)
    start = bare.start + text.startswith("|", bare.start)
    end = bare.end - (text.endswith("|", start, bare.end) and text[bare.end - 2] != "\\")
    for match in re.finditer(r"(?s)((?:[^|\\]|\\.?)*+)(?:\||\Z)", text[start:end]):
        if match.group() or match.start() < end - start:
            yield Span(start + match.start(1), start + match.end(1))


def row_view(text: str, row: Sequence[Span], header: Sequence[str], base: int = 0) -> View:
    """Return a row as it is seen, with the header before each of its cells.

    Args:
        text: the text that the cells are of.
        row: its cells; empty ones are left out.
        header: the names of the columns, as they are written; the last may be missing.
        base: the offset of `text` in the whole text.
    """
    pieces: list[View] = []
    for at, cell in enumerate(row):
        if cell:
            views = ViewBuilder()
            name = header[at] if at < len(header) else ""
            views.add(f"{seen(name, Span(0, len(name))).text}: " if name else "")
            views.append(seen(text, cell, base))
            pieces.append(views.done())
    return joined(pieces, "; ")


def trimmed(text: str, span: Span) -> Span:
    """Return a span without white space at either end; empty if there is nothing else."""
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.start + len(words.rstrip())))
