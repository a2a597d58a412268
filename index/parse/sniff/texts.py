"""Kinds of texts: the first characters decide, then the name and the media type that came along."""

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePath

from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff.names import HINTS, SUFFIXES

MARKED = frozenset(
    {"text/html", "text/csv", "text/tab-separated-values", "text/x-rst", "text/asciidoc"}
    | {"text/x-tex", "text/vtt", "text/xml"}
)  # texts that a reader takes apart

_HEAD = 8192  # bytes that are looked at
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MARKUP = re.compile(r"(?:\s|<\?[^>]{0,500}\?>|<!--.{0,2000}?-->)+", re.DOTALL)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta|h[1-6]|table)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:[a-z][a-z0-9]{0,20}|!doctype\s+html)[\s>/]", re.IGNORECASE)
_JSON = re.compile(r"""(?:\{\s*["}]|\[\s*["\[{\]\dtfn-])""")
_LINE_OF_JSON = re.compile(r"[ \t]*\{.*\}[ \t]*")
_SUBRIP = re.compile(r"\d+\s*\n\d{1,2}:\d\d:\d\d[,.]\d{1,3}\s*-->")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):")
_MACHINE = {"received", "message-id", "mime-version", "return-path", "delivered-to"}
_MAIL = _MACHINE | {"from", "to", "cc", "date", "subject", "sender", "reply-to", "content-type"}
_DELIMITED = (("\t", "text/tab-separated-values"), (",", "text/csv"), (";", "text/csv"))


def kind_of_text(data: bytes, request: Request) -> str:
    """Return the media type of a text.

    Raises:
        Unreadable: the bytes are no text.
    """
    head = _decoded(data, request.encoding).lstrip("\ufeff").replace("\r\n", "\n")
    hint = _hint(request)
    for found in (_markup, _mail, _data, _marked):
        if media_type := found(head, hint):
            return media_type
    return hint if hint.startswith("text/") and hint not in MARKED - _AS_NAMED else "text/plain"


_AS_NAMED = frozenset({"text/csv", "text/tab-separated-values", "text/x-rst", "text/asciidoc"})


def _decoded(data: bytes, encoding: str | None) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[:_HEAD].decode(name, "replace")
    head = data[:_HEAD]
    if encoding:
        with suppress(LookupError, ValueError):  # the reader refuses it by name
            return head.decode(encoding, "replace")
    if b"\0" in head:
        raise Unreadable("unsupported", "the file is binary data of an unknown kind")
    return head.decode("utf-8", "replace")


def _hint(request: Request) -> str:
    """Return the media type that the name or the request gives, or ""."""
    named = SUFFIXES.get(PurePath(request.name).suffix.lower(), "")
    given = request.media_type.partition(";")[0].strip().lower()
    return named or HINTS.get(given, given if given.startswith("text/") else "")


def _markup(head: str, hint: str) -> str:
    match = _MARKUP.match(head)
    rest = head[match.end() :] if match else head
    if not rest.startswith("<"):
        return ""
    if _HTML.match(rest) or (hint == "text/html" and _TAG.match(rest)):
        return "text/html"
    return "application/xml" if head.lstrip().startswith("<?xml") or hint == _XML else ""


_XML = "application/xml"


def _mail(head: str, hint: str) -> str:
    """Return the type of a message if the text begins as one does."""
    lines = head.split("\n")
    if lines[0].startswith(("From ", ">From ")):
        lines = lines[1:]
    found: set[str] = set()
    for line in lines:
        if line.startswith((" ", "\t")) and found:
            continue
        if not (match := _HEADER.match(line)):
            break
        found.add(match.group(1).lower())
    wanted = _MAIL & found
    mail = wanted if hint == "message/rfc822" else len(wanted) > 1 and _MACHINE & found
    return "message/rfc822" if mail else ""


def _data(head: str, hint: str) -> str:
    """Return the type of JSON, JSON Lines or, without a name, a table."""
    if _JSON.match(head.lstrip()):
        lines = head.strip().split("\n")[:2]
        many = len(lines) > 1 and all(map(_LINE_OF_JSON.fullmatch, lines))
        if many or hint == "application/x-ndjson":
            return "application/x-ndjson"
        if hint in {"", "application/json"}:
            return "application/json"
    return _table(head) if not hint else ""


def _table(head: str) -> str:
    lines = head.split("\n")[:-1][:10]
    if len(lines) > 2:
        for delimiter, media_type in _DELIMITED:
            counts = {line.count(delimiter) for line in lines}
            spaced = any(f"{delimiter} " in line for line in lines)
            if len(counts) == 1 and counts.pop() > 1 and not spaced:
                return media_type
    return ""


def _marked(head: str, hint: str) -> str:
    """Return the type of subtitles and LaTeX, which begin in a way of their own."""
    start = head.lstrip()
    rules: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("text/vtt", lambda text: re.match(r"WEBVTT\s", text)),
        ("application/x-subrip", _SUBRIP.match),
        ("text/x-tex", lambda text: text.startswith((r"\documentclass", r"\documentstyle"))),
    )
    for media_type, matches in rules:
        if matches(start):
            return media_type
    return hint if hint == "text/x-tex" else ""
