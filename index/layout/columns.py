"""Columns of integers as bytes: differences of neighbours, by significance, for a compressor."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_WIDTH = 4  # bytes of a difference


def packed(values: Sequence[int] | Integers) -> bytes:
    """Return the bytes of a column; `unpacked` needs its length.

    Each value is replaced by its difference from the one before. The lowest bytes of all come
    first, then the next ones; planes of zeros at the end are left out.

    Raises:
        ValueError: two neighbours differ by 2**31 or more.
    """
    differences = np.diff(np.asarray(values, dtype=np.int64), prepend=0)
    if len(differences) and np.abs(differences).max() >= 1 << 31:
        raise ValueError("neighbours in a column differ by more than 32 bits")
    folded = (differences << 1) ^ (differences >> 63)  # small for either sign
    planes = folded.astype("<u4").view(np.uint8).reshape(-1, _WIDTH).T
    used = _WIDTH
    while used and not planes[used - 1].any():
        used -= 1
    return planes[:used].tobytes()


def unpacked(data: bytes, count: int) -> Integers:
    """Return the column of `count` values.

    Raises:
        ValueError: the bytes are no column of this length.
    """
    if not count:
        return np.empty(0, dtype=np.int64)
    used, rest = divmod(len(data), count)
    if rest or used > _WIDTH:
        raise ValueError(f"{len(data)} bytes are no column of {count} numbers")
    planes = np.zeros((_WIDTH, count), dtype=np.uint8)
    planes[:used] = np.frombuffer(data, dtype=np.uint8).reshape(used, count)
    folded = np.ascontiguousarray(planes.T).view("<u4").ravel().astype(np.int64)
    return np.cumsum((folded >> 1) ^ -(folded & 1))


def narrowed(values: Integers) -> NDArray[np.signedinteger]:
    """Return the same values in the least memory: 2, 4 or 8 bytes each, or one for all."""
    if not len(values) or (values[0] == values).all():
        return np.broadcast_to(values[:1] if len(values) else values, values.shape)
    for kind in (np.int16, np.int32):
        if np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max:
            return values.astype(kind)
    return values


def inflated(data: bytes, most: int) -> bytes:
    """Return decompressed bytes.

    Raises:
        ValueError: the data is damaged, or holds more than `most` bytes.
    """
    inflating = zlib.decompressobj()
    try:
        found = inflating.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(f"not compressed data: {error}") from error
    if len(found) > most or not inflating.eof or inflating.unused_data:
        raise ValueError("compressed data is cut, or larger than allowed")
    return found
