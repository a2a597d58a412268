"""Texts and metadata as PostgreSQL can hold them: it has no character NUL. Pure.

Each NUL is written as two characters, and so is the one that begins them. The written texts have
the order of the given ones.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec

from citespan.index.types import MetadataValue, Scalar

_LARGEST = 2**63
_NUL, _MARK = "\0", "\1"


def written(text: str) -> str:
    """Return a text as the server holds it."""
    if _NUL not in text and _MARK not in text:
        return text
    return text.replace(_MARK, f"{_MARK}\2").replace(_NUL, f"{_MARK}{_MARK}")


def read(text: str) -> str:
    """Return the text that was written as this one."""
    if _MARK not in text:
        return text
    return text.replace(f"{_MARK}{_MARK}", _NUL).replace(f"{_MARK}\2", _MARK)


def comparable(metadata: Mapping[str, MetadataValue]) -> str:
    """Return metadata as the JSON that filters look at; numbers are written exactly."""
    found = {written(key): _either(value) for key, value in metadata.items()}
    return msgspec.json.encode(found).decode()


def number(value: float) -> Decimal:
    """Return a number exactly; SQLite compares whole numbers of more than 64 bits as floats."""
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return Decimal(value)
    return Decimal(float(value))


def _either(value: MetadataValue) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_one(one) for one in cast("Sequence[Scalar]", value)]
    return _one(value)


def _one(value: Scalar) -> Any:
    if isinstance(value, str):
        return written(value)
    if value is None or isinstance(value, bool):
        return value
    return msgspec.Raw(format(number(value), "f").encode())
