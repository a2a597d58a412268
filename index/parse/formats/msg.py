"""Messages of Outlook (.msg)."""

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import olefile  # pyright: ignore[reportMissingTypeStubs]

from citespan.index.parse.formats.details import details, moment
from citespan.index.parse.formats.email import MAX_ATTACHMENTS
from citespan.index.parse.formats.mail import header_text, write_headers, write_html, write_plain
from citespan.index.parse.formats.rtf import plain_text
from citespan.index.parse.formats.rtf_packed import unpacked
from citespan.index.parse.formats.texts import lenient
from citespan.index.parse.formats.writing import BlockWriter, short
from citespan.index.parse.parsed import Member, Parsed
from citespan.index.parse.places import Part
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "msg 2"
MEDIA_TYPE = "application/vnd.ms-outlook"
_ole: Any = olefile
_MAX_STREAM = 100_000_000
_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_#"
# Numbers of properties in the standard, [MS-OXPROPS].
_SUBJECT, _FROM, _TO, _CC, _BODY, _HTML, _RTF = (
    "0037",
    "0C1A",
    "0E04",
    "0E03",
    "1000",
    "1013",
    "1009",
)
_ADDRESSES = ("5D01", "0C1F", "0065")
_SENT, _RECEIVED, _CODEPAGES = 0x00390040, 0x0E060040, (0x3FFD0003, 0x3FDE0003)
_NAMES, _DATA = ("3707", "3704", "3001"), "3701"


def read(data: bytes, _: Request) -> Parsed:
    """Read a message: headers, its text, and attachments as members; the request adds nothing.

    Raises:
        Unreadable: it is damaged, or holds no text.
    """
    try:
        file = _ole.OleFileIO(io.BytesIO(data), raise_defects=_ole.DEFECT_FATAL)
    except Exception as error:  # of all kinds on damaged files
        raise _damaged(error) from error
    return Outlook(file).parsed()


def _damaged(error: Exception) -> Unreadable:
    return Unreadable("corrupt", f"the message is damaged ({str(error)[:100]}); save it as .eml")


class Outlook:
    """A message's streams: each holds a property, and is named by the property's number."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._streams = {"/".join(path).upper(): path for path in file.listdir()}
        self._fixed = dict(self._fixed_properties())
        self._charset = self._codepage()

    def parsed(self) -> Parsed:
        """Return the message."""
        writer = BlockWriter()
        sent = self._time(_SENT) or self._time(_RECEIVED)
        subject = header_text(self._text(_SUBJECT))
        headers = [
            ("From", self._sender()),
            ("To", header_text(self._text(_TO))),
            ("Cc", header_text(self._text(_CC))),
            ("Date", sent),
            ("Subject", subject),
        ]
        write_headers(writer, headers, Part("headers"))
        self._body(writer)
        self._attachments(writer)
        metadata = details(author=self._sender(), published=sent)
        return writer.parsed(MEDIA_TYPE, MADE_BY, title=subject, metadata=metadata)

    def _body(self, writer: BlockWriter) -> None:
        plain, page = self._text(_BODY), self._bytes(f"__substg1.0_{_HTML}0102")
        if plain.strip():
            write_plain(writer, plain, Part("body"))
        elif page or self._text(_HTML):
            text = lenient(page, self._charset) if page else self._text(_HTML)
            write_html(writer, text, Part("body"))
        elif packed := self._bytes(f"__substg1.0_{_RTF}0102"):
            write_plain(writer, plain_text(unpacked(packed)), Part("body"))

    def _attachments(self, writer: BlockWriter) -> None:
        folders = sorted({name.split("/")[0] for name in self._streams if "/" in name})
        attached = [name for name in folders if name.startswith(_ATTACHMENT.upper())]
        for folder in attached[:MAX_ATTACHMENTS]:
            name = next(filter(None, (self._text(one, folder) for one in _NAMES)), folder[-8:])
            if data := self._bytes(f"{folder}/__substg1.0_{_DATA}0102"):
                writer.members.append(Member(short(header_text(name)), data))
            else:
                writer.warn(
                    "attachment", f"the attachment {short(name)!r} was not read", partial=True
                )
        if attached[MAX_ATTACHMENTS:]:
            writer.warn("attachment", f"more than {MAX_ATTACHMENTS} attachments", partial=True)

    def _sender(self) -> str:
        name = header_text(self._text(_FROM))
        address = next((one for one in map(self._text, _ADDRESSES) if "@" in one), "")
        return f"{name} <{address}>" if address and address not in name else name

    def _text(self, number: str, folder: str = "") -> str:
        name = f"{folder}/__substg1.0_{number}" if folder else f"__substg1.0_{number}"
        if data := self._bytes(name + "001F"):
            return data.decode("utf-16-le", "replace").rstrip("\0").replace("\r\n", "\n")
        return lenient(self._bytes(name + "001E"), self._charset).rstrip("\0")

    def _bytes(self, name: str) -> bytes:
        path = self._streams.get(name.upper())
        if path is None:
            return b""
        try:
            with self._file.openstream(path) as stream:
                return stream.read(_MAX_STREAM)
        except Exception as error:  # of all kinds on damaged files
            raise _damaged(error) from error

    def _fixed_properties(self) -> Iterator[tuple[int, int]]:
        data = self._bytes(_PROPERTIES)
        for at in range(32, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", data, at)
            yield tag, value

    def _codepage(self) -> str | None:
        for tag in _CODEPAGES:
            if number := self._fixed.get(tag, 0) & 0xFFFFFFFF:
                return "utf-8" if number == 65001 else f"cp{number}"
        return "cp1252"

    def _time(self, tag: int) -> str:
        """Return a time; the file counts tenths of microseconds from 1601."""
        ticks = self._fixed.get(tag, 0)
        if not 0 < ticks < 3 * 10**18:
            return ""
        try:
            return moment(datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10))
        except OverflowError:
            return ""
