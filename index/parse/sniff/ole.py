"""Kinds of OLE2 files: old Office files, Outlook messages and encrypted OOXML."""

import struct
from collections.abc import Iterator

from citespan.index.parse.request import Unreadable

ENCRYPTED = "application/x-encrypted-ooxml"  # OOXML behind a password

_MOST_SECTORS = 4096  # of the directory that are looked at
_ENTRY = 128  # bytes of an entry of the directory
_NONE = 0xFFFFFFFF

# The name of a stream below the root, and the media type or the advice that it stands for.
_KINDS = (
    ("EncryptedPackage", ENCRYPTED),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("WordDocument", "an old Word file; save it as .docx"),
    ("PowerPoint Document", "an old PowerPoint file; save it as .pptx"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("VisioDocument", "a Visio drawing; export it as PDF"),
    ("Quill", "a Publisher file; export it as PDF"),
)


def kind_of_ole(data: bytes) -> str:
    """Return the media type of an OLE2 file, by the names of the streams below its root.

    Raises:
        Unreadable: it is of another kind, or damaged.
    """
    try:
        names = set(_below_root(_entries(data)))
    except (struct.error, IndexError):
        raise Unreadable("corrupt", "the OLE2 file is damaged; make or send it again") from None
    for name, kind in _KINDS:
        if name in names:
            if kind.startswith("application/"):
                return kind
            raise Unreadable("unsupported", f"the file is {kind}")
    raise Unreadable("unsupported", "the file is an OLE2 container of an unknown kind")


def _entries(data: bytes) -> list[bytes]:
    """Return the entries of the directory, in order, as far as their chain can be followed."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in {9, 12}:
        raise IndexError
    size = 1 << shift
    fat_sectors = struct.unpack_from("<109I", data, 76)
    sector = struct.unpack_from("<I", data, 48)[0]
    entries: list[bytes] = []
    for _ in range(_MOST_SECTORS):
        start = (sector + 1) * size
        if sector >= _NONE - 5 or start + _ENTRY > len(data):
            break
        block = data[start : start + size]
        entries += [block[at : at + _ENTRY] for at in range(0, len(block) - _ENTRY + 1, _ENTRY)]
        table, place = divmod(sector, size // 4)
        if table >= len(fat_sectors) or fat_sectors[table] >= _NONE - 5:
            break
        sector = struct.unpack_from("<I", data, (fat_sectors[table] + 1) * size + 4 * place)[0]
    return entries


def _below_root(entries: list[bytes]) -> Iterator[str]:
    """Yield the names of the root's children, which form a binary tree."""
    left = [struct.unpack_from("<I", entries[0], 76)[0]]
    seen: set[int] = set()
    while left:
        at = left.pop()
        if at in seen or at >= len(entries):
            continue
        seen.add(at)
        length, before, after = struct.unpack_from("<H2x2I", entries[at], 64)
        yield entries[at][: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        left += [before, after]
