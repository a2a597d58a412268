"""What messages of both kinds share: lines of headers, and bodies with quoted history."""

import re
from email.errors import HeaderParseError
from email.header import decode_header

from citespan.index.parse.formats.epub import MemberPlaces
from citespan.index.parse.formats.markup_html import parse_text
from citespan.index.parse.formats.page import HtmlPage
from citespan.index.parse.formats.texts import lenient
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.places import Part

MAX_HEADER = 16_384  # characters; decoding takes more than linear time
_HISTORY = re.compile(
    r"(?:>[> ]{0,20})?(?:On .{6,200} wrote:|Am .{6,200} schrieb .{1,200}:|Le .{6,200} a écrit ?:"
    r"|-{2,20} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine)"
    r" ?-{2,20}|Begin forwarded message:)\s{0,9}"
)


def header_text(value: str) -> str:
    """Return a header's value in one line, with its encoded words decoded."""
    value = folded(value[:MAX_HEADER])
    if not value.isascii():
        raw = value.encode("utf-8", "surrogateescape")
        value = lenient(raw, None)
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):
        return value
    return folded("".join(_piece(piece, charset) for piece, charset in pieces))


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return lenient(piece, charset if charset and charset != "unknown-8bit" else None)


def write_headers(writer: BlockWriter, headers: list[tuple[str, str]], place: Part) -> None:
    """Write the headers that have a value, each as a line."""
    for number, (name, value) in enumerate((one for one in headers if one[1]), 1):
        if number > 1:
            writer.separate("\n")
        else:
            writer.paragraph()
        writer.add(name, place)
        writer.separate(": ")
        writer.add(value, place)


def write_plain(writer: BlockWriter, text: str, place: Part) -> None:
    """Write a body of plain text.

    Quoted lines keep their ">". A line that introduces history, such as "On … wrote:", is a
    heading of level 2.
    """
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        introduces = _HISTORY.fullmatch(line.strip()[:500]) is not None
        if line.strip() and not introduces:
            lines.append(line.rstrip())
            continue
        if lines:
            writer.block("\n".join(lines), place)
            lines = []
        if introduces:
            writer.block(line, place, level=2)


def write_html(writer: BlockWriter, text: str, place: Part) -> None:
    """Write a body of HTML; lines of quotes begin with ">"."""
    body = parse_text(text).body
    if body is not None:
        HtmlPage(writer, MemberPlaces(place.path, fragments=False), quoting=True).read(
            body, whole=True
        )


def visible_length(text: str) -> int:
    """Return the number of characters of a page that are no space, roughly."""
    body = parse_text(text).body
    if body is None:
        return 0
    body.strip_tags(["style", "script", "head"])
    return len("".join(body.text(deep=True).split()))
