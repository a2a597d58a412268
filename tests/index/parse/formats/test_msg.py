"""Messages of Outlook."""

import struct

import pytest
from office_files import ole
from reading import parsed, place_of, refusal

from citespan.index.parse.formats import msg as reader
from citespan.index.parse.formats.rtf_packed import unpacked
from citespan.index.parse.parsed import Member
from citespan.index.parse.places import Part

NAME = "__substg1.0_"
SENT = 128_777_302_000_000_000  # tenths of microseconds since 1601


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def properties(*values: tuple[int, int]) -> bytes:
    return bytes(32) + b"".join(struct.pack("<IIQ", tag, 6, value) for tag, value in values)


MESSAGE = {
    "__properties_version1.0": properties((0x00390040, SENT)),
    NAME + "0037001F": utf16("=?utf-8?q?caf=C3=A9?= plans"),
    NAME + "0C1A001F": utf16("Ann"),
    NAME + "5D01001F": utf16("ann@x.org"),
    NAME + "0E04001F": utf16("Bob; Cy"),
    NAME + "1000001F": utf16("Hello,\r\n\r\nBob wrote that."),
}


def test_headers_body_and_metadata():
    out = parsed(reader.read, ole(MESSAGE))
    assert out.text == (
        "From: Ann <ann@x.org>\nTo: Bob; Cy\nDate: 2009-01-29T19:16:40Z\nSubject: café plans\n\n"
        "Hello,\n\nBob wrote that."
    )
    assert out.title == "café plans"
    assert out.metadata == {"author": "Ann <ann@x.org>", "published": "2009-01-29T19:16:40Z"}
    assert place_of(out, "Bob wrote that.") == Part("body")
    assert place_of(out, "café plans") == Part("headers")


def test_strings_of_one_byte_are_in_the_code_page_of_the_message():
    out = parsed(
        reader.read,
        ole(
            {
                "__properties_version1.0": properties((0x3FFD0003, 1251)),
                NAME + "0037001E": "Привет".encode("cp1251"),
                NAME + "1000001E": "Текст".encode("cp1251"),
            }
        ),
    )
    assert out.text == "Subject: Привет\n\nТекст"


def test_attachments_are_members():
    folder = "__attach_version1.0_#00000000/"
    out = parsed(
        reader.read,
        ole(
            {
                **MESSAGE,
                folder + NAME + "3707001F": utf16("a.csv"),
                folder + NAME + "37010102": b"x" * 5000,
            }
        ),
    )
    assert out.members == [Member("a.csv", b"x" * 5000)]


def test_a_body_of_html_is_a_page():
    page = b"<p>One</p><p>Two</p>" + b" " * 5000
    out = parsed(reader.read, ole({NAME + "0037001F": utf16("x"), NAME + "10130102": page}))
    assert out.text == "Subject: x\n\nOne\n\nTwo"


def test_packed_rich_text_is_unpacked():
    # The example of the standard, [MS-OXRTFCP] 4.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
        "0af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpacked(packed).decode() == "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpacked(b"short") == b""


@pytest.mark.parametrize("data", [b"no OLE2 file", ole(MESSAGE)[:700], ole(MESSAGE)[:600]])
def test_what_is_damaged_is_refused(data: bytes):
    assert refusal(reader.read, data)[0] in {"corrupt", "no_text"}
