"""A span of reStructuredText in what it is inside of. Pure."""

from dataclasses import replace

from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.view import joined
from citespan.index.types import Span

_FURTHEST = 8000  # code points before and after a span that are looked at


def context_of(text: str, within: Span) -> Span:
    """Return a span with all that it is inside of: paragraphs, and what indented ones are below."""
    least, most = max(0, within.start - _FURTHEST), min(len(text), within.end + _FURTHEST)
    stop = text.find("\n\n", max(within.start, within.end - 1), most)
    if stop < 0:
        stop = text.find("\n", most)
    end = len(text) if stop < 0 else stop
    at = within.start
    while True:
        before = text.rfind("\n\n", least, at)
        start = before + 2 if before >= 0 else 1 + text.rfind("\n", 0, least) if least else 0
        if before < 0 or text[start : start + 1] not in {" ", "\t", "\n"}:
            return Span(start, end)
        at = before + 1


def clipped(unit: Unit, within: Span) -> Unit | None:
    """Return what of a unit is inside of a span."""
    start, end = max(unit.span.start, within.start), min(unit.span.end, within.end)
    if start >= end:
        return None
    if (start, end) == (unit.span.start, unit.span.end):
        return unit
    shown: list[Span] = []
    for run in unit.view.runs:
        low, high = max(run.at, start) - run.at, min(run.at + run.length, end) - run.at
        if low < high:
            shown.append(Span(run.view + low, run.view + high))
    if not shown:
        return None
    if unit.kind is not Kind.ROW:  # only the lines of cells are in another order than in the text
        shown = [Span(shown[0].start, shown[-1].end)]
    view = joined(map(unit.view.part, shown), " ")
    return replace(unit, span=Span(start, end), view=view)


def lines_of(text: str, area: Span) -> list[Span]:
    """Return the lines of an area, in order."""
    found: list[Span] = []
    start = area.start
    for line in area.of(text).split("\n"):
        found.append(Span(start, start + len(line)))
        start += len(line) + 1
    return found
