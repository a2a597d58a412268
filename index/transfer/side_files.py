"""What a backup has of a collection next to its catalogue: labels, and definitions of sources."""

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from citespan.index.disk.folder import side_files
from citespan.index.errors import BackupInvalid

_NAME = re.compile(r"labels\.jsonl|sources/[a-z0-9][a-z0-9_-]{0,62}\.(json|run)")


class SideFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its checksum, and its size in bytes."""

    sha256: str
    size_bytes: int


def pack_side_files(packed: zipfile.ZipFile, name: str, folder: Path) -> dict[str, SideFile]:
    """Write the files of a collection to an archive; return them by their paths in its folder."""
    made: dict[str, SideFile] = {}
    for part in side_files(folder):
        if _NAME.fullmatch(part):
            data = (folder / part).read_bytes()
            packed.writestr(f"{name}/{part}", data)
            made[part] = SideFile(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
    return made


def side_files_size(packed: zipfile.ZipFile, name: str, made: Mapping[str, SideFile]) -> int:
    """Return how many bytes the files take.

    Raises:
        BackupInvalid: one is none that a backup has, or has another size than its manifest says.
    """
    for part, stated in made.items():
        if not _NAME.fullmatch(part):
            raise BackupInvalid(f"{packed.filename} names a file that no backup has: {part!r}")
        if packed.getinfo(f"{name}/{part}").file_size != stated.size_bytes:
            raise BackupInvalid(
                f"{packed.filename} is damaged: {name}/{part} is not what its manifest says"
            )
    return sum(one.size_bytes for one in made.values())
