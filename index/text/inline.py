"""The marks of Markdown inside of a line, and a text without them. Pure."""

import re
from html import unescape

from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_TAG = r"\{[{%][^{}\n]{0,300}[}%]\}"  # what a site's templates fill in: {% link page.md %}
_TARGET = rf"\((?:{_TAG}|\{{|[^(){{\s]++|\([^()\s]*+\))*+(?:[ \t]++\"[^\"\n]{{0,300}}\")?\)"
_PICTURE = rf"!\[[^\[\]\n]{{0,300}}\](?:{_TARGET}|\[[^\[\]\n]{{0,200}}\])"
_SEEN = re.compile(
    r"<(?P<link>https?://[^<>\s]{1,2000})>"
    rf"|(?P<unseen>\[{_PICTURE}\](?:{_TARGET}|\[[^\[\]\n]{{0,200}}\])|{_PICTURE}"
    r"|\{%[^{}\n]{0,300}%\}|\{\{[<%][^{}\n]{0,300}[>%]\}\}"
    r"|\{:?[ ]?(?:[#.][a-zA-Z][\w-]{0,60}|[a-z-]{1,30}=\"[^{}\n]{0,200})[^{}\n]{0,200}\}"
    r"|\[\^[^\[\]\s]{1,50}\]|</?[a-zA-Z][^<>]{0,500}>)"
    rf"|\[(?P<label>[^\[\]\n]{{0,300}})\](?:{_TARGET}|\[[^\[\]\n]{{0,200}}\])"
    r"|`{1,3}(?P<code>[^`\n]{1,300})`{1,3}"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});)"
    r"|(?<!\w)_{1,3}(?=\w)|(?<=[\w.,!?)])_{1,3}(?!\w)|\*{2,3}|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|~~"
)
_BREAK = re.compile(r"<br[ \t]?/?>", re.IGNORECASE)


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
        at = match.end()
        if match["entity"]:
            views.add(unescape(match["entity"]).replace("\u00a0", " "))
        elif match["unseen"]:
            apart = match.start() == span.start or text[match.start() - 1].isspace()
            if not apart and _BREAK.fullmatch(match["unseen"]):
                views.add(" ")
                apart = True
            while apart and at < span.end and text[at] in " \t":
                at += 1
        elif name := match.lastgroup:
            show(*match.span(name))
    show(at, span.end)
    return _stripped(views.done())


def _stripped(view: View) -> View:
    """Return a view without white space at its end."""
    bare = view.text.rstrip()
    return view if len(bare) == len(view.text) else view.part(Span(0, len(bare)))
