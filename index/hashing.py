"""Hashes that name things: contents, files, chunks."""

import hashlib
from pathlib import Path

from index.types import Span


def sha256_text(text: str) -> str:
    """Hex SHA-256 of the UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chunk_id(document_id: str, title: str, sha256: str, span: Span) -> int:
    """Stable 63-bit id of what is indexed as one chunk.

    The title is part of it because it is part of what is searched: a new title is a new vector.
    """
    key = "\0".join((document_id, title, sha256, str(span.start), str(span.end)))
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1
