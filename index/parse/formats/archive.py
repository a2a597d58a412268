"""Zip archives from outside, such as Office files, behind one door with limits."""

import io
import zipfile
import zlib

from citespan.index.parse.parsed import ReadingWarning
from citespan.index.parse.request import Unreadable

MAX_MEMBERS = 20_000
MAX_EXPANDED = 300_000_000  # bytes of all members together
MAX_RATIO, _SMALL = 200, 1_000_000  # a member above the second may not expand more than the first
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Archive:
    """The members of a zip archive by name; `warnings` says which were left out."""

    def __init__(self, data: bytes) -> None:
        """Open an archive.

        Raises:
            Unreadable: it is damaged, encrypted, or expands beyond the limits.
        """
        self.warnings: list[ReadingWarning] = []
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_ERRORS, IndexError, UnicodeError) as error:
            raise Unreadable(
                "corrupt", f"the file is a damaged zip archive ({error}); save or send it again"
            ) from error
        self._members = self._checked(self._zip.infolist())

    @property
    def names(self) -> list[str]:
        """The names of the members, in the order of the archive's directory."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return a member's bytes.

        Raises:
            Unreadable: there is no such member, or it is damaged or expands too much.
        """
        member = self._members.get(name)
        if member is None:
            raise Unreadable("corrupt", f"the file lacks its part {name!r}; save it again")
        size = member.file_size
        if size > _SMALL and size > MAX_RATIO * max(1, member.compress_size):
            raise Unreadable(
                "too_large",
                f"its part {name!r} expands {size // max(1, member.compress_size)} times;"
                f" {MAX_RATIO} are allowed; save the document in parts",
            )
        if member.compress_type not in _METHODS:
            raise Unreadable("unsupported", f"its part {name!r} is packed in an unusual way")
        try:
            data = self._zip.read(member)
            if zlib.crc32(data) != member.CRC:  # not checked if the stated size is too small
                raise zipfile.BadZipFile("its checksum is wrong")
            return data
        except _ERRORS as error:
            raise Unreadable(
                "corrupt", f"its part {name!r} is damaged ({error}); save or send it again"
            ) from error

    def _checked(self, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(members) > MAX_MEMBERS:
            raise Unreadable(
                "too_large", f"the file has {len(members)} parts; {MAX_MEMBERS} are allowed"
            )
        if (size := sum(member.file_size for member in members)) > MAX_EXPANDED:
            raise Unreadable(
                "too_large",
                f"the file expands to {size >> 20} MB; {MAX_EXPANDED >> 20} are allowed;"
                " remove pictures or films, or split it",
            )
        if any(member.flag_bits & 1 for member in members):
            raise Unreadable("encrypted", "the archive is encrypted; send it without a password")
        out: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = member.filename.replace("\\", "/")  # as some programs write it
            if not _is_plain(member.orig_filename):
                self._leave_out("unsafe_name", f"a part with an unsafe name: {member.filename!r}")
            elif name in out:
                self._leave_out("duplicate_name", f"a second part named {member.filename!r}")
            else:
                out[name] = member
        return out

    def _leave_out(self, code: str, what: str) -> None:
        if len(self.warnings) < 20:
            self.warnings.append(ReadingWarning(code, f"left out: {what[:300]}"))


def _is_plain(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "\0" not in name and ".." not in parts and bool(parts[0]) and ":" not in parts[0]
