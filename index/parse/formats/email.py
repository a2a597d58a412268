"""Messages of e-mail (.eml)."""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias, cast

from citespan.index.parse.formats.details import details, moment
from citespan.index.parse.formats.mail import (
    MAX_HEADER,
    header_text,
    visible_length,
    write_headers,
    write_html,
    write_plain,
)
from citespan.index.parse.formats.texts import lenient
from citespan.index.parse.formats.writing import BlockWriter, short
from citespan.index.parse.parsed import Member, Parsed
from citespan.index.parse.places import Part
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "email 2"
MEDIA_TYPE = "message/rfc822"
MAX_PARTS, MAX_DEPTH, MAX_ATTACHMENTS = 1000, 20, 100
_MAX_KINDS = 200  # boundaries
_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_BOUNDARY = re.compile(rb"boundary\s{0,9}=\s{0,9}\"?([^\"\r\n;]{1,200})", re.IGNORECASE)
_NESTED = re.compile(rb"message/rfc822", re.IGNORECASE)
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature",
               "application/x-pkcs7-signature", "application/pgp-keys"}  # fmt: skip
Mail: TypeAlias = "Message[str, str]"


class Cut(Compat32):
    """The rules of parsing; headers are cut before anything reads them."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER]


def read(data: bytes, request: Request) -> Parsed:
    """Read a message: headers, the text of its parts, and attachments as members.

    Plain text is preferred to HTML unless it has less than half of its characters.

    Raises:
        Unreadable: it has too many parts, or holds no text.
    """
    message = message_of(data)
    reading = MailReading(request.encoding)
    reading.message(message, "", 0)
    return reading.writer.parsed(
        MEDIA_TYPE,
        MADE_BY,
        title=_header(message, "Subject"),
        metadata=details(author=_header(message, "From"), published=_date(message)),
    )


def message_of(data: bytes) -> Mail:
    """Return a message with its parts.

    Raises:
        Unreadable: it has too many parts, or is damaged.
    """
    _check(data)
    try:
        return message_from_bytes(data, policy=Cut())
    except (RecursionError, MessageError, ValueError, LookupError, AttributeError) as error:
        raise Unreadable(
            "corrupt", "the message is damaged or nested too deeply; save it again"
        ) from error


def _check(data: bytes) -> None:
    boundaries = set(_BOUNDARY.findall(data))
    parts = len(_NESTED.findall(data))
    if len(boundaries) <= _MAX_KINDS:
        parts += sum(data.count(b"\n--" + one.strip()) for one in boundaries)
    if len(boundaries) > _MAX_KINDS or parts > 2 * MAX_PARTS:
        raise Unreadable(
            "too_large", f"the message has more than {MAX_PARTS} parts; save them one by one"
        )


class MailReading:
    """A message while it is read."""

    def __init__(self, encoding: str | None) -> None:
        self.writer = BlockWriter()
        self._encoding = encoding
        self._parts = 0

    def message(self, message: Mail, path: str, depth: int) -> None:
        """Write a message; its first part is numbered below the path."""
        headers = [(name, _header(message, name)) for name in _SHOWN]
        write_headers(self.writer, headers, Part(path or "headers"))
        self._part(message, path if message.is_multipart() else _below(path, 1), depth)

    def _part(self, part: Mail, path: str, depth: int) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS or depth > MAX_DEPTH:
            raise Unreadable(
                "too_large", f"the message has more than {MAX_PARTS} parts, or {MAX_DEPTH} levels"
            )
        kind = part.get_content_type()
        children = _children(part)
        if kind == "message/rfc822" or (kind.startswith("message/") and children):
            for inner in children[:1]:
                self.message(inner, path, depth + 1)
        elif kind == "multipart/alternative":
            self._alternative(part, path, depth)
        elif children:
            for number, child in enumerate(children, 1):
                self._part(child, _below(path, number), depth + 1)
        else:
            self._leaf(part, path, kind)

    def _alternative(self, part: Mail, path: str, depth: int) -> None:
        """Write the best of the forms of a text, and what else there is."""
        children = {_below(path, n): child for n, child in enumerate(_children(part), 1)}
        plain = _first(children, "text/plain")
        page = _first(children, "text/html")
        if plain and page:
            shown = len("".join(self._text(children[plain]).split()))
            html = next(
                one for one in children[page].walk() if one.get_content_type() == "text/html"
            )
            if 2 * shown < visible_length(self._text(html)):
                del children[plain]
            else:
                del children[page]
        for below, child in children.items():
            self._part(child, below, depth + 1)

    def _leaf(self, part: Mail, path: str, kind: str) -> None:
        name = _filename(part)
        attached = name or (part.get_content_disposition() == "attachment")
        if attached or kind not in {"text/plain", "text/html"}:
            self._attachment(part, path, name, kind)
        elif kind == "text/html":
            write_html(self.writer, self._text(part), Part(path))
        else:
            write_plain(self.writer, self._text(part), Part(path))

    def _attachment(self, part: Mail, path: str, name: str, kind: str) -> None:
        if kind in _SIGNATURES or (kind.startswith("image/") and part.get("Content-ID")):
            return
        data = payload_of(part)
        if len(self.writer.members) >= MAX_ATTACHMENTS:
            self.writer.warn(
                "attachment", f"more than {MAX_ATTACHMENTS} attachments: {name!r}", partial=True
            )
        elif data:
            self.writer.members.append(Member(name or f"part {path}", data))

    def _text(self, part: Mail) -> str:
        return lenient(payload_of(part), charset_of(part) or self._encoding)


def _children(part: Mail) -> list[Mail]:
    payload: Any = part.get_payload()
    return cast("list[Mail]", payload) if isinstance(payload, list) else []


def _first(children: dict[str, Mail], kind: str) -> str:
    """Return the path of the first form that is of a kind, or holds one of it."""
    for path, child in children.items():
        kinds = {one.get_content_type() for one in child.walk()}
        if kind in kinds and (kind == "text/html" or not child.is_multipart()):
            return path
    return ""


def payload_of(part: Mail) -> bytes:
    """Return the bytes of a part, decoded as its transfer encoding says."""
    try:
        payload: Any = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError):
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return payload if isinstance(payload, bytes) else b""


def charset_of(part: Mail) -> str | None:
    """Return the encoding of characters that a part names."""
    charset: Any = part.get_param("charset")
    if isinstance(charset, tuple):  # with its own charset and language
        charset = cast("tuple[str, str, str]", charset)[-1]
    return str(charset).strip("'\" ") or None if charset else None


def _filename(part: Mail) -> str:
    try:
        return short(header_text(part.get_filename() or ""))
    except (ValueError, LookupError, TypeError):
        return ""


def _header(message: Mail, name: str) -> str:
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return header_text(str(raw))


def _date(message: Mail) -> str:
    try:
        return moment(parsedate_to_datetime(_header(message, "Date")[:100]))
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _below(path: str, number: int) -> str:
    return f"{path}.{number}" if path else str(number)
