"""A span of reStructuredText in what it is inside of: where that begins. Pure."""

from dataclasses import replace

from citespan.index.text.markdown import Unit
from citespan.index.text.view import View, joined
from citespan.index.types import Span

_FURTHEST = 8000  # code points before a span in which what it is inside of begins


def context_of(text: str, at: int) -> int:
    """Return where what a character is inside of begins: a paragraph without indentation."""
    least = max(0, at - _FURTHEST)
    while True:
        before = text.rfind("\n\n", least, at)
        start = before + 2 if before >= 0 else 1 + text.rfind("\n", 0, least) if least else 0
        if before < 0 or text[start : start + 1] not in {" ", "\t", "\n"}:
            return start
        at = before + 1


def clipped(unit: Unit, within: Span) -> Unit | None:
    """Return what of a unit is inside of a span."""
    start, end = max(unit.span.start, within.start), min(unit.span.end, within.end)
    if start >= end:
        return None
    if (start, end) == (unit.span.start, unit.span.end):
        return unit
    shown: list[View] = []
    for run in unit.view.runs:
        low, high = max(run.at, start) - run.at, min(run.at + run.length, end) - run.at
        if low < high:
            shown.append(unit.view.part(Span(run.view + low, run.view + high)))
    if not shown:
        return None
    return replace(unit, span=Span(start, end), view=joined(shown, " "))


def lines_of(text: str, area: Span) -> list[Span]:
    """Return the lines of an area, in order."""
    found: list[Span] = []
    start = area.start
    for line in area.of(text).split("\n"):
        found.append(Span(start, start + len(line)))
        start += len(line) + 1
    return found
