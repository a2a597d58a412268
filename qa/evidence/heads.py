"""The fields at the head of documents and messages: front matter, mail headers, bylines. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from citespan.index.types import Span

_FRONT = re.compile(r"(?:---|\+\+\+)[ \t]*\n")
_MOST = 4000  # code points of front matter
_LINES = 12  # at the start of a text, in which fields may be by themselves
_FIELD = re.compile(
    r"^[ \t]{0,3}[*_\"]{0,3}(?P<key>[A-Za-z][A-Za-z_ -]{1,24}?)[*_\"]{0,3}[ \t]?[:=][*_]{0,3}[ \t]+"
    r"(?P<value>\S[^\n]{0,500})$",
    re.MULTILINE,
)
_HEADER = re.compile(
    r"^[>* \t]{0,9}(?P<key>From|To|Cc|Date|Sent|Subject|Re)\*{0,2}:[ \t]+"
    r"(?P<value>\S[^\n]{0,500})$",
    re.MULTILINE | re.IGNORECASE,
)
_BYLINE = re.compile(r"^[ \t*_]{0,4}(?P<key>By) (?P<value>[A-Z][^\n:]{2,80})$", re.MULTILINE)
WROTE = re.compile(
    r"^[> \t]{0,9}On (?P<date>[^\n]{6,60}), (?P<name>[^\n<>:,]{2,60}?)(?: <[^\n<>]{1,80}>)?"
    r" wrote:[ \t]*$",
    re.MULTILINE,
)
_APART = 2  # line ends between the fields of one head


class Field(NamedTuple):
    """A field: its name, the span of its value, and that of its line."""

    key: str
    value: Span
    line: Span


def heads_of(text: str) -> list[list[Field]]:
    """Return the heads of a text in order, each with its fields; that of a mail has a line each."""
    fields = sorted({field.line: field for field in _fields(text)}.items())
    heads: list[list[Field]] = []
    for line, field in fields:
        last = heads[-1][-1] if heads else None
        between = text[last.line.end : line.start] if last else ""
        if last and not between.strip(" \t\r\n>*") and between.count("\n") <= _APART:
            heads[-1].append(field)
        else:
            heads.append([field])
    wrote = [
        [
            Field("from", Span(*one.span("name")), Span(*one.span())),
            Field("date", Span(*one.span("date")), Span(*one.span())),
        ]
        for one in WROTE.finditer(text)
    ]
    return [*heads, *wrote]


def _fields(text: str) -> Iterator[Field]:
    front = _FRONT.match(text)
    end = text.find(f"\n{text[:3]}", front.end() - 1, _MOST) if front else -1
    top = end if end > 0 else _start(text)
    for match in _FIELD.finditer(text, front.end() if end > 0 and front else 0, top):
        yield _field(match)
    for match in _BYLINE.finditer(text, 0, _start(text)):
        yield _field(match)
    headers = [_field(match) for match in _HEADER.finditer(text)]
    for at, one in enumerate(headers):
        before = headers[at - 1].line.end if at else -1
        after = headers[at + 1].line.start if at + 1 < len(headers) else -1
        if _next_to(text, before, one.line.start) or _next_to(text, one.line.end, after):
            yield one


def _next_to(text: str, end: int, start: int) -> bool:
    """Return whether a line that ends at a place is the one before that which starts at another."""
    return 0 <= end < start and not text[end:start].strip(" \t\r\n>*")


def _start(text: str) -> int:
    at = 0
    for _ in range(_LINES):
        at = text.find("\n", at) + 1
        if not at:
            return len(text)
    return at


def _field(match: re.Match[str]) -> Field:
    value = match["value"].rstrip()
    start = match.start("value")
    return Field(match["key"].strip(), Span(start, start + len(value)), Span(*match.span()))
