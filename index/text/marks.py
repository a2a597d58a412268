"""Lines of Markdown that are marks of a site generator, and the fields before a text. Pure."""

import re
from typing import NamedTuple

from citespan.index.types import Span

_FRONT = 10_000  # code points in which the fields before a text end
_FIELDS = re.compile(r"---[ \t]*\n(?P<inside>(?:.*\n)*?)---[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"[\w][\w .-]{0,40}:(?:[ \t]|$)")
_STATED = re.compile(r"[\w][\w .-]{0,40}:[ \t]+[^\s\[{|>&!]")
_WORDS = re.compile(r"(?i)(?:title|subtitle|description|summary|abstract):[ \t]+")
_BOXED = ("!!! ", "???", '=== "')  # boxes and tabs of MkDocs; their contents are indented
_ALERT = re.compile(r"[ \t]{0,9}>[ \t]{0,9}\[![A-Za-z]{1,20}\][ \t]{0,9}")
_FENCED = re.compile(r"[ \t]{0,20}:{3,9}[ \t]{0,9}(?:\{?[\w-]{0,30}\}?)[ \t]{0,9}")


class MarkedLine(NamedTuple):
    """A line that is a mark; `title` is what people see of it, empty for nothing."""

    title: Span


def fields_end(text: str) -> int:
    """Return where the fields before a text end, with their last rule; 0 if there are none."""
    match = _FIELDS.match(text, 0, _FRONT)
    if not match or not any(map(_FIELD.match, match["inside"].split("\n"))):
        return 0
    return match.end()


def stated(line: str) -> Span | None:
    """Return what people read of a field before a text; None if its value is not for them.

    Of a title or a description that is the value, of others the name, too. Offsets are those of the
    line.
    """
    if not _STATED.match(line):
        return None
    named = _WORDS.match(line)
    start, end = named.end() if named else 0, len(line.rstrip())
    quoted = named and line[start] in "\"'" and line[start] == line[end - 1] and start < end - 1
    return Span(start + 1, end - 1) if quoted else Span(start, end)


def marked(line: str) -> MarkedLine | None:
    """Return what people see of a line that opens or closes a box or a tab; None for other lines.

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
    return None
