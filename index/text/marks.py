"""Lines of Markdown that are marks of a site generator, and the fields before a text. Pure."""

import re
from typing import NamedTuple

from citespan.index.types import Span

_FRONT = 10_000  # code points in which the fields before a text end
_FIELDS = re.compile(r"---[ \t]*\n(?P<inside>(?:.*\n)*?)---[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"[\w][\w .-]{0,40}:(?:[ \t]|$)")
_STATED = re.compile(r"(?P<key>[\w][\w .-]{0,40}):[ \t]+(?=[^\s\[{|>&!])")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")  # of a name: last_updated, lastUpdated
_WORDS = {"title", "subtitle", "description", "summary", "abstract"}
_SETTINGS = {  # words of the names of fields that only a site's generator reads
    "alias", "aliases", "boost", "canonical", "collapsed", "cover", "css", "draft", "engine",
    "feed", "hidden", "hide", "icon", "image", "layout", "menu", "nav", "noindex", "og", "openapi",
    "pagination", "permalink", "position", "redirect", "redirects", "robots", "rss", "sidebar",
    "sitemap", "slug", "template", "theme", "thumbnail", "toc", "twitter", "weight",
}  # fmt: skip
_BOXED = ("!!! ", "???", '=== "')  # boxes and tabs of MkDocs; their contents are indented
_ALERT = re.compile(r"[ \t]{0,9}>[ \t]{0,9}\[![A-Za-z]{1,20}\][ \t]{0,9}")
_FENCED = re.compile(r"[ \t]{0,20}:{3,9}[ \t]{0,9}(?:\{?[\w-]{0,30}\}?)[ \t]{0,9}")
_ATTRIBUTE = r"""(?:"[^"\n]*+"|'[^'\n]*+'|\{(?:[^{}\n]|\{[^{}\n]*+\})*+\}|[^<>"'{}\n])*+"""
_IN_LINES = (  # elements that do not end a paragraph
    r"(?:a|abbr|b|br|code|em|font|i|img|input|kbd|label|mark|s|small|span|strong|sub|sup|u|wbr)\b"
)
_TAGS = re.compile(
    rf"[ \t]*+(?:<(?!/?{_IN_LINES})/?[A-Za-z][\w.:-]*+(?:[ \t]{_ATTRIBUTE}|/?)>[ \t]*+)++",
)
_COMPONENT = re.compile(r"[ \t]*+<(?P<name>[A-Z][\w.]{0,60})[ \t]")
_TITLE = re.compile(r"[ \t](?:title|label)=\"(?P<words>[^\"\n]{1,300})\"")
_NAMED = ("Field", "Param", "Property")  # ends of the names of components that describe a name
_NAME = re.compile(r"[ \t](?:name|path|query|body|header)=\"(?P<words>[^\"\n]{1,100})\"")


class MarkedLine(NamedTuple):
    """A line that is a mark; `title` is what people see of it, empty for nothing.

    term: what the text below describes; empty for nothing.
    step: whether the title is that of a step.
    """

    title: Span
    term: str = ""
    step: bool = False


class StatedField(NamedTuple):
    """A field before a text: what people read of it, and whether it is the title of the text."""

    span: Span
    title: bool


def fields_end(text: str) -> int:
    """Return where the fields before a text end, with their last rule; 0 if there are none."""
    match = _FIELDS.match(text, 0, _FRONT)
    if not match or not any(map(_FIELD.match, match["inside"].split("\n"))):
        return 0
    return match.end()


def stated(line: str) -> StatedField | None:
    """Return what people read of a field before a text; None if its value is not for them.

    Of a title or a description that is the value, of others the name, too. Offsets are those of the
    line.
    """
    match = _STATED.match(line)
    if not match:
        return None
    key, end = match["key"].casefold(), len(line.rstrip())
    if key in _WORDS:
        span = _unquoted(line, Span(match.end(), end))
        return StatedField(span, key == "title") if span.of(line).strip() else None
    parts = {one.casefold() for one in _PARTS.findall(match["key"])}
    return None if parts & _SETTINGS else StatedField(Span(0, end), title=False)


def _unquoted(line: str, value: Span) -> Span:
    """Return a value without the quotation marks around it; the second one may be cut off."""
    mark = line[value.start]
    if mark not in "\"'":
        return value
    last = line.rfind(mark, value.start + 1, value.end)
    return Span(value.start + 1, last if last >= 0 else value.end)


def marked(line: str) -> MarkedLine | None:
    """Return what people see of a line that opens or closes a box, a tab or an element, else None.

    Offsets are those of the line.
    """
    bare = line.lstrip()
    if bare.startswith(_BOXED):
        first, last = line.find('"'), line.rfind('"')
        return MarkedLine(Span(first + 1, last) if 0 <= first < last else Span(0, 0))
    if _ALERT.fullmatch(line):
        return MarkedLine(Span(0, 0))
    if found := _FENCED.match(line):
        rest = line[found.end() :]
        inner = rest.strip(" \t[]{}")
        start = found.end() + (rest.find(inner) if inner else 0)
        return MarkedLine(Span(start, start + len(inner)))
    return _tagged(line) if _TAGS.fullmatch(line) else None


def _tagged(line: str) -> MarkedLine:
    """Return what people see of a line that holds only tags: the title of a component."""
    component = _COMPONENT.match(line)
    if not component:
        return MarkedLine(Span(0, 0))
    if component["name"].endswith(_NAMED):
        name = _NAME.search(line)
        return MarkedLine(Span(0, 0), name["words"] if name else "")
    title = _TITLE.search(line)
    if not title:
        return MarkedLine(Span(0, 0))
    return MarkedLine(Span(*title.span("words")), step=component["name"].endswith("Step"))
