"""Hashes that name things: contents, files, chunks."""

import hashlib
from pathlib import Path


def sha256_text(text: str) -> str:
    """Return the hex SHA-256 of the UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
