"""A text that a reader made of a file, in units: headings, items of lists, sentences. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.segmentation import blocks, sentences, strip
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_ITEM = re.compile(
    r"[ \t]*(?:[-*+•◦▪‣●○■□➢✓–—]|o(?=[ \t]+[A-Z])|(?P<number>\(?\d{1,3})[.)]|\(?[a-z][)])"
    r"[ \t]+(?=\S)"
)
_LINE = re.compile(r"\S[^\n]*")  # without what it is indented by
_LONGEST_ITEM = 300  # code points; a longer one is a paragraph with a number


def structured_units(
    text: str, within: Span, headings: Sequence[Span], *, split: bool = True
) -> list[Unit]:
    """Return the units of a span of a file's text, in order; an item is without its mark.

    Args:
        text: the whole text.
        within: the span.
        headings: those of the text, ascending.
        split: whether paragraphs are split into sentences, which takes longer.
    """
    found: list[Unit] = []
    group = 0
    for part, heading in _parts(within, headings):
        units = [_heading(text, part)] if heading else list(_paragraphs(text, part, split=split))
        found += [replace(unit, group=group + unit.group) for unit in units]
        group += 1 + max((unit.group for unit in units), default=0)
    return found


def plain_units(text: str, within: Span, *, wrapped: bool = True) -> list[Unit]:
    """Return the sentences of a span of a text, in order, as they are written.

    Args:
        text: the whole text.
        within: the span.
        wrapped: whether the lines of a sentence are read as one, which those of code are not.
    """
    return [
        _unit(text, Kind.SENTENCE, span, group)
        if wrapped
        else Unit(kind=Kind.SENTENCE, span=span, view=View.same(text, span), group=group)
        for group, block in enumerate(blocks(text, within))
        for whole in sentences(text, block)
        if (span := _without_underline(text, whole))
    ]


def _without_underline(text: str, span: Span) -> Span:
    """Return a span without a last line that only underlines a heading."""
    words, _, last = span.of(text).rpartition("\n")
    underlined = words.strip() and len(set(last.strip())) == 1 and not last.strip().isalnum()
    return Span(span.start, span.start + len(words.rstrip())) if underlined else span


def _parts(within: Span, headings: Sequence[Span]) -> Iterator[tuple[Span, bool]]:
    """Yield the headings and what is between them."""
    at = within.start
    for one in headings:
        start, end = max(one.start, at), min(one.end, within.end)
        if start < end:
            if at < start:
                yield Span(at, start), False
            yield Span(start, end), True
            at = end
    if at < within.end:
        yield Span(at, within.end), False


def _heading(text: str, span: Span) -> Unit:
    return _unit(text, Kind.HEADING, strip(text, span), 0)


def _paragraphs(text: str, within: Span, *, split: bool) -> Iterator[Unit]:
    """Yield the units of what has no heading; the items of a list are one group."""
    group, last = -1, False
    for block in blocks(text, within):
        if not any(map(str.isalnum, block.of(text))):  # a rule
            continue
        item = _item(text, block)
        group += not (item and last)
        last = item is not None
        if item:
            yield replace(item, group=group)
            continue
        for one in sentences(text, block) if split else (strip(text, block),):
            if bare := _without_underline(text, one):
                yield _unit(text, Kind.SENTENCE, bare, group)


def _item(text: str, block: Span) -> Unit | None:
    """Return an item of a list; None for other paragraphs, and for long ones with a number."""
    line = 1 + text.rfind("\n", 0, block.start)
    match = _ITEM.match(text, line, block.end)
    if text[line : block.start].strip() or not match or match.end() <= block.start:
        return None
    inside = strip(text, Span(match.end(), block.end))
    if not inside or len(inside) > _LONGEST_ITEM:
        return None
    mark = match.group()
    return replace(
        _unit(text, Kind.ITEM, inside, 0),
        numbered=match["number"] is not None,
        number=int(match["number"].lstrip("(")) if match["number"] else None,
        indent=len(mark) - len(mark.lstrip()),
    )


def _unit(text: str, kind: Kind, span: Span, group: int) -> Unit:
    views = ViewBuilder()
    for line in _LINE.finditer(text, span.start, span.end):
        if len(views):
            views.add(" ")
        views.show(text, *line.span())
    return Unit(kind=kind, span=span, view=views.done(), group=group)
