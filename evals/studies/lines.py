"""The JSON Lines files that studies read."""

import ast
import gzip
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_GZIP = b"\x1f\x8b"


def records(path: Path, kind: type[T]) -> list[T]:
    """Return the records of a JSON Lines file, gzip or not."""
    data = path.read_bytes()
    if data.startswith(_GZIP):
        data = gzip.decompress(data)
    return [msgspec.json.decode(line, type=kind) for line in data.splitlines()]


def literal(field: Any) -> Any:
    """Return a field that may be written as a Python literal."""
    return ast.literal_eval(field) if isinstance(field, str) else field
