"""Bytes of text formats as characters, in any of the usual encodings."""

import codecs

from citespan.index.parse.parsed import ReadingWarning
from citespan.index.parse.request import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_CHARSETS = {"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"}
_MAX_BAD = 0.001  # of the bytes
_UNUSED = frozenset(range(0x80, 0xA0))  # C1 controls, which no text has


def decoded(data: bytes, encoding: str | None = None) -> tuple[str, list[ReadingWarning]]:
    """Return the characters of a text, with LF line ends, and what was guessed.

    A byte order mark decides; else the bytes are UTF-8, up to one bad byte in a thousand; else
    they are in the named encoding; else in windows-1252.

    Raises:
        Unreadable: they are in none of these.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _lines(data[len(mark) :].decode(name, errors="replace")), []
    if encoding:
        return _lines(_named(data, encoding)), []
    text = data.decode(errors="replace")
    if (bad := text.count("\ufffd") - data.count(b"\xef\xbf\xbd")) == 0:
        return _lines(text), []
    if bad <= _MAX_BAD * len(data):
        return _lines(text), [ReadingWarning("bad_bytes", f"{bad} bytes are not valid UTF-8")]
    western = data.decode("cp1252", errors="replace")
    if "\ufffd" in western or not _UNUSED.isdisjoint(map(ord, set(western))):
        raise Unreadable("corrupt", "it is no UTF-8; convert it to UTF-8 or name its encoding")
    return _lines(western), [ReadingWarning("encoding", "read as windows-1252, a guess")]


def lenient(data: bytes, encoding: str | None) -> str:
    """Return the characters of a part of a file in the encoding that the file names, if it can."""
    try:
        return _lines(_named(data, encoding or "utf-8"))
    except Unreadable:
        try:
            return _lines(data.decode())
        except UnicodeDecodeError:
            return _lines(data.decode("cp1252", errors="replace"))


def _named(data: bytes, encoding: str) -> str:
    try:
        if codecs.lookup(encoding).name in _NO_CHARSETS:
            raise LookupError
        return data.decode(encoding)
    except (LookupError, ValueError, AssertionError) as error:
        raise Unreadable(
            "corrupt", f"it is not valid {encoding[:40]!r}; convert it to UTF-8"
        ) from error


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
