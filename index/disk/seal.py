"""Small JSON files that hold their own checksum, which people can still edit."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from citespan.decoding import converted, from_json
from citespan.index.errors import StoreCorrupt
from citespan.index.types import Sections

_SEAL = "sha256"


def sealed(content: Sections) -> bytes:
    """Return such a file: its first member is the SHA-256 of the file without these 64 digits."""
    blank = msgspec.json.format(msgspec.json.encode({_SEAL: "", **content}))
    return blank.replace(b'""', f'"{hashlib.sha256(blank).hexdigest()}"'.encode(), 1)


def unsealed(data: bytes, file: Path) -> Sections:
    """Return the content of such a file.

    A file without a checksum is accepted: earlier versions wrote none, and people remove the
    checksum when they edit a file.

    Args:
        data: the file's contents.
        file: the file, for messages.

    Raises:
            StoreCorrupt: the contents are not what was written.
    """
    try:
        found = from_json(data, dict[str, Any])
        seal = found.pop(_SEAL, None)
        content = converted(found, Sections)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StoreCorrupt(f"the settings {file} are damaged: {error}") from error
    if seal is not None:
        blank = data.replace(str(seal).encode(), b"", 1)
        if hashlib.sha256(blank).hexdigest() != seal:
            raise StoreCorrupt(
                f"the settings {file} are not what was written: their checksum is wrong; if you"
                f" have edited them, remove the line {_SEAL!r}"
            )
    return content
