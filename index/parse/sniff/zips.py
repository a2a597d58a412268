"""Kinds of zip files: OOXML, ODF and EPUB. Only the central directory and two members are read."""

import io
import re
import zipfile
import zlib

from citespan.index.parse.request import Unreadable

_MOST_MEMBERS = 20_000
_MOST_DIRECTORY = 4 << 20  # bytes of the central directory
_MOST_MEMBER = 1 << 20  # bytes of a member, unpacked

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY_SHEETS = "application/vnd.ms-excel.sheet.binary.macroenabled.12"

# Main parts of OOXML, as `[Content_Types].xml` names them; macros are not read.
_MAIN_PARTS = (
    ("application/vnd.ms-excel.sheet.binary.macroenabled.main", _BINARY_SHEETS),
    ("wordprocessingml.document.main+xml", _WORD),
    ("wordprocessingml.template.main+xml", _WORD),
    ("ms-word.document.macroenabled.main+xml", _WORD),
    ("ms-word.template.macroenabledtemplate.main+xml", _WORD),
    ("presentationml.presentation.main+xml", _SLIDES),
    ("presentationml.slideshow.main+xml", _SLIDES),
    ("presentationml.template.main+xml", _SLIDES),
    ("ms-powerpoint.presentation.macroenabled.main+xml", _SLIDES),
    ("ms-powerpoint.slideshow.macroenabled.main+xml", _SLIDES),
    ("ms-powerpoint.template.macroenabled.main+xml", _SLIDES),
    ("spreadsheetml.sheet.main+xml", _SHEETS),
    ("spreadsheetml.template.main+xml", _SHEETS),
    ("ms-excel.sheet.macroenabled.main+xml", _SHEETS),
    ("ms-excel.template.macroenabled.main+xml", _SHEETS),
)

# Members that give a kind away where `[Content_Types].xml` or `mimetype` is missing.
_BY_MEMBER = (
    ("word/document.xml", _WORD),
    ("ppt/presentation.xml", _SLIDES),
    ("xl/workbook.xml", _SHEETS),
    ("xl/workbook.bin", _BINARY_SHEETS),
    ("META-INF/container.xml", "application/epub+zip"),
)

_ODF = "application/vnd.oasis.opendocument."
_CONTENT_TYPE = re.compile(rb"""ContentType\s*=\s*["']([^"'<>]{1,200})["']""")
_ROOT_ENTRY = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]{1,40}")


def kind_of_zip(data: bytes) -> str:
    """Return the media type of a document in a zip file.

    Raises:
        Unreadable: it is another archive, damaged, encrypted, or has too many members.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _kind(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise Unreadable("corrupt", "the zip file is damaged; make or send it again") from None
    if not found:
        advice = "the file is a zip archive; unpack it and send the files"
        raise Unreadable("unsupported", advice)
    return found


def _check_directory(data: bytes) -> None:
    """Refuse a directory that would take long to read: `zipfile` believes what it says."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - (1 << 16) - 22))
    if at < 0 or len(data) < at + 22:
        raise Unreadable("corrupt", "the zip file is cut short; make or send it again")
    members = int.from_bytes(data[at + 10 : at + 12], "little")
    size = int.from_bytes(data[at + 12 : at + 16], "little")
    if members > _MOST_MEMBERS or size > _MOST_DIRECTORY:
        raise Unreadable("too_large", f"the zip file has more than {_MOST_MEMBERS:,} members")


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        named = {name.lower() for name in _CONTENT_TYPE.findall(_member(archive, _TYPES))}
        for part, media_type in _MAIN_PARTS:
            if any(name.endswith(part.encode()) for name in named):
                return media_type
    if "mimetype" in names and (found := _by_mimetype(_member(archive, "mimetype"))):
        return found
    if {"content.xml", "META-INF/manifest.xml"} <= names:
        match = _ROOT_ENTRY.search(_member(archive, "META-INF/manifest.xml"))
        return _by_mimetype(match.group()) if match else ""
    return next((media_type for member, media_type in _BY_MEMBER if member in names), "")


_TYPES = "[Content_Types].xml"


def _by_mimetype(content: bytes) -> str:
    name = content.decode("ascii", "replace").strip().lower()
    if name == "application/epub+zip":
        return name
    if not name.startswith(_ODF):
        return ""
    kind = name.removeprefix(_ODF).removesuffix("-template").removesuffix("-master")
    if kind not in {"text", "spreadsheet", "presentation"}:
        advice = f"the file is an OpenDocument {kind}; export it as PDF"
        raise Unreadable("unsupported", advice)
    return _ODF + kind


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the beginning of a small member."""
    if archive.getinfo(name).flag_bits & 1:
        advice = "the zip file is encrypted; save it without a password"
        raise Unreadable("encrypted", advice)
    with archive.open(name) as member:
        return member.read(_MOST_MEMBER)
