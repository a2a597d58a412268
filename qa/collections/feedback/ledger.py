"""A file of rows, each durable once it is written; several processes may write to it."""

import fcntl
import os
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from citespan.decoding import json_decoder
from citespan.index.disk import sync_folder, unavailable
from citespan.index.errors import StoreCorrupt

T = TypeVar("T", bound=msgspec.Struct)

_SUM = 8  # hexadecimal digits before each row


class Ledger(Generic[T]):
    """A file of rows. Safe for many threads and processes.

    Each line has a checksum and a row as JSON. A process that is killed while it writes leaves at
    most a half line, which no reader sees and the next writer removes.

    Args:
        path: the file, which is made at the first row; its folder must exist.
        kind: the type of the rows.
        durable: whether a row is on the disk before `append` returns.
    """

    def __init__(self, path: Path, kind: type[T], *, durable: bool = True) -> None:
        self._path = path
        self._decoder = json_decoder(kind)
        self._durable = durable

    def rows(self) -> list[T]:
        """Return all rows, in the order in which they were appended.

        Raises:
            StoreCorrupt: a line is not what was written.
            StoreUnavailable: the file cannot be read.
        """
        try:
            return self._decoded(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unavailable(f"{self._path} cannot be read", error) from error

    def append(self, row: T) -> None:
        """Append a row.

        Raises:
            StoreUnavailable: the file cannot be written; StoreFull if the disk is full.
        """
        try:
            with self._locked() as file:
                self._append(file, _line(row))
        except OSError as error:
            raise unavailable(f"{self._path} cannot be written", error) from error

    def rewrite(self, alter: Callable[[list[T]], Iterable[T]]) -> None:
        """Replace all rows by what `alter` makes of them, whole or not at all.

        What is left out is gone from the file.

        Raises:
            StoreCorrupt: as for `rows`.
            StoreUnavailable: as for `append`.
        """
        if not self._path.exists():
            return
        try:
            with self._locked() as file:
                rows = self._decoded(_all_of(file))
                self._replace(b"".join(map(_line, alter(rows))))
        except OSError as error:
            raise unavailable(f"{self._path} cannot be written", error) from error

    def _append(self, file: int, line: bytes) -> None:
        end = os.fstat(file).st_size
        if end and os.pread(file, 1, end - 1) != b"\n":  # of a process that was killed
            end = _all_of(file).rfind(b"\n") + 1
        try:
            os.ftruncate(file, end)
            os.lseek(file, end, os.SEEK_SET)
            _write(file, line)
            if self._durable:
                os.fsync(file)
                sync_folder(self._path.parent)  # who made the file may have been killed before
        except OSError:
            os.ftruncate(file, end)
            raise

    def _replace(self, data: bytes) -> None:
        scratch = self._path.with_name(f".{self._path.name}")
        scratch.unlink(missing_ok=True)  # of a process that was killed
        made = _private(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            _write(made, data)
            os.fsync(made)
        finally:
            os.close(made)
        scratch.replace(self._path)
        sync_folder(self._path.parent)

    @contextmanager
    def _locked(self) -> Generator[int]:
        """Open and lock the file that has the name now: another process may have replaced it."""
        while True:
            file = _private(self._path, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._is_open_as(file):
                    yield file
                    return
            finally:
                os.close(file)  # which unlocks it

    def _is_open_as(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def _decoded(self, data: bytes) -> list[T]:
        lines = data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]
        return [self._row(line, number) for number, line in enumerate(lines, start=1)]

    def _row(self, line: bytes, number: int) -> T:
        row = line[_SUM + 1 :]
        if line[: _SUM + 1] != _sum(row) + b" ":
            raise StoreCorrupt(
                f"line {number} of {self._path} is not what was written; remove that line"
            )
        try:
            return self._decoder.decode(row)
        except msgspec.MsgspecError as error:
            raise StoreCorrupt(
                f"line {number} of {self._path} is of another version of citespan: {error}"
            ) from error


def _line(row: msgspec.Struct) -> bytes:
    data = msgspec.json.encode(row)
    return _sum(data) + b" " + data + b"\n"


def _sum(data: bytes) -> bytes:
    return f"{zlib.crc32(data):0{_SUM}x}".encode()


def _all_of(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as opened:
        opened.seek(0)
        return opened.read()


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _private(path: Path, flags: int) -> int:
    return os.open(path, flags, 0o600)
