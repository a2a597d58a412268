"""Rows in lines of a file or of a server, each with a checksum."""

import zlib
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from citespan.decoding import json_decoder
from citespan.index.errors import StoreCorrupt
from citespan.qa.collections.feedback.lines import Lines, Numbered

T = TypeVar("T", bound=msgspec.Struct)

_SUM = 8  # hexadecimal digits before each row


class Ledger(Generic[T]):
    """Rows as JSON, a line each. Safe for many threads and processes.

    Args:
        lines: hold the rows.
        kind: the type of the rows.

    Raises:
        StoreUnavailable: any method: the lines cannot be read or written.
    """

    def __init__(self, lines: Lines, kind: type[T]) -> None:
        self._lines = lines
        self._decoder = json_decoder(kind)

    def rows(self) -> list[T]:
        """Return all rows, in the order in which they were appended.

        Raises:
            StoreCorrupt: a line is not what was written.
        """
        return self._decoded(self._lines.read())

    def append(self, row: T) -> None:
        """Append a row."""
        self._lines.append(_line(row))

    def rewrite(self, alter: Callable[[list[T]], Iterable[T | None]]) -> None:
        """Replace each row by what `alter` returns for it, whole or not at all.

        A row for which it returns None is gone.

        Raises:
            StoreCorrupt: as for `rows`.
        """

        def altered(lines: list[Numbered]) -> Iterable[bytes | None]:
            made = alter(self._decoded(lines))
            return [None if row is None else _line(row) for row in made]

        self._lines.rewrite(altered)

    def _decoded(self, lines: list[Numbered]) -> list[T]:
        return [self._row(number, line) for number, line in lines]

    def _row(self, number: int, line: bytes) -> T:
        row = line[_SUM + 1 :]
        if line[: _SUM + 1] != _sum(row) + b" ":
            raise StoreCorrupt(
                f"line {number} of {self._lines.name} is not what was written; remove that line"
            )
        try:
            return self._decoder.decode(row)
        except msgspec.MsgspecError as error:
            raise StoreCorrupt(
                f"line {number} of {self._lines.name} is of another version of citespan: {error}"
            ) from error


def _line(row: msgspec.Struct) -> bytes:
    data = msgspec.json.encode(row)
    return _sum(data) + b" " + data


def _sum(data: bytes) -> bytes:
    return f"{zlib.crc32(data):0{_SUM}x}".encode()
