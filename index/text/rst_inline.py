"""The marks of reStructuredText inside of a line, and a text without them. Pure."""

import re

from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_MOST = 400  # code points of a literal, a link or a role
_SEEN = re.compile(
    rf"``(?P<literal>[^`]{{1,{_MOST}}})``"
    rf"|(?P<role>:[\w+-]{{1,30}}(?::[\w+-]{{1,30}}){{0,2}}:)?`(?P<words>[^`<>]{{1,{_MOST}}}?)"
    rf"(?:\s{{0,9}}<[^<>`]{{1,{_MOST}}}>)?`(?P<link>__?)?"
    r"|(?<!\w)(?P<named>[^\W_]{1,60}(?:[-._+:][^\W_]{1,60}){0,8})__?(?![\w(])"
    r"|(?P<note>\s?\[\#?\w{0,20}\*?\]_)(?!\w)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])|\\\s"
    r"|\*\*(?=\S)|(?<=\S)\*\*|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])"
)


def rst_seen(text: str, span: Span, between: str = " ") -> View:
    """Return a span as it is seen: without roles, targets, marks of names and literals, line ends.

    Args:
        text: the text that the span is of.
        span: where to look.
        between: what is read for the end of a line.
    """
    views = ViewBuilder()
    at = span.start

    def show(start: int, end: int) -> None:
        while (stop := text.find("\n", start, end)) >= 0:
            views.show(text, start, stop)
            views.add(between)
            start = stop + 1
            while start < end and text[start] in " \t":
                start += 1
        views.show(text, start, end)

    for match in _SEEN.finditer(text, span.start, span.end):
        show(at, match.start())
        at = match.end()
        if match["words"]:
            start, end = match.span("words")
            show(start + _unseen(match["words"], role=bool(match["role"])), end)
        elif name := next((one for one in ("literal", "named", "escaped") if match[one]), None):
            show(*match.span(name))
    show(at, span.end)
    view = views.done()
    bare = view.text.rstrip()
    return view if len(bare) == len(view.text) else view.part(Span(0, len(bare)))


def _unseen(words: str, *, role: bool) -> int:
    """Return how many characters at the start of a role's words are not shown."""
    if role and words.startswith("~"):
        return max(1, 1 + words.rfind("."))
    return int(role and words.startswith(("!", ".")))
