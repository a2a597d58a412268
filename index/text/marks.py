"""Lines of Markdown that are marks of a site generator, and the fields before a text. Pure."""

import re
from typing import NamedTuple

from citespan.index.types import Span

_FRONT = 10_000  # code points in which the fields before a text end
_FIELD = re.compile(r"[\w][\w .-]{0,40}:(?:[ \t]|$)")
_STATED = re.compile(r"[\w][\w .-]{0,40}:[ \t]+[^\s\[{|>&!]")
_BOXED = ("!!! ", "???", '=== "')  # boxes and tabs of MkDocs; their contents are indented
_ALERT = re.compile(r"[ \t]{0,9}>[ \t]{0,9}\[![A-Za-z]{1,20}\][ \t]{0,9}")
_FENCED = re.compile(r"[ \t]{0,20}:{3,9}[ \t]{0,9}(?:\{?[\w-]{0,30}\}?)[ \t]{0,9}")


class MarkedLine(NamedTuple):
    """A line that is a mark; `title` is what people see of it, empty for nothing."""

    title: Span


def fields_end(text: str) -> int:
    """Return where the fields before a text end, with their last rule; 0 if there are none."""
    if not text.startswith("---\n"):
        return 0
    end = text.find("\n---\n", 3, _FRONT)
    inside = text[4 : end + 1]
    if end < 0 or not any(map(_FIELD.match, inside.split("\n"))):
        return 0
    return end + 5


def states(line: str) -> bool:
    """Return whether a line before a text is a field with a value that people can read."""
    return bool(_STATED.match(line))


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
