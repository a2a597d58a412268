"""The marks of Markdown inside of a line, and a text without them. Pure."""

import re

from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_SEEN = re.compile(
    r"!?\[(?P<label>[^\[\]\n]{0,300})\]"
    r"(?:\([^()\s]{0,2000}(?:[ \t]+\"[^\"\n]{0,300}\")?\)|\[[^\[\]\n]{0,200}\])"
    r"|`{1,2}(?P<code>[^`\n]{1,300})`{1,2}"
    r"|<(?P<link>https?://[^<>\s]{1,2000})>"
    r"|\[\^[^\[\]\s]{1,50}\]|</?[a-zA-Z][^<>\n]{0,300}>"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?<!\w)_{1,3}(?=\w)|(?<=[\w.,!?)])_{1,3}(?!\w)|\*{2,3}|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|~~"
)


def seen(text: str, span: Span, base: int = 0, *, between: str = " ") -> View:
    """Return a span without links, emphasis, escapes and line ends, as it is seen.

    Args:
        text: the text that the span is of.
        span: where to look.
        base: the offset of `text` in the whole text.
        between: what is read for the end of a line.
    """
    views = ViewBuilder()
    at = span.start

    def show(start: int, end: int) -> None:
        while (stop := text.find("\n", start, end)) >= 0:
            views.show(text, start, stop, base)
            views.add(between)
            start = stop + 1
            while start < end and text[start] in " \t>":
                start += 1
        views.show(text, start, end, base)

    for match in _SEEN.finditer(text, span.start, span.end):
        show(at, match.start())
        if name := match.lastgroup:
            show(*match.span(name))
        at = match.end()
    show(at, span.end)
    return views.done()
