"""A file of lines, each durable once it is written; several processes may write to it."""

import fcntl
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from citespan.index.disk import sync_folder, unavailable

Numbered: TypeAlias = tuple[int, bytes]  # a line without its end, and what it is found by


class Lines(Protocol):
    """Lines of bytes without line ends, in the order in which they were appended.

    Any method raises StoreUnavailable if they cannot be read or written, and StoreFull if there is
    no room.

    Attributes:
        name: what holds them, for messages.
    """

    @property
    def name(self) -> str: ...

    def read(self) -> list[Numbered]:
        """Return all lines with their numbers."""
        ...

    def append(self, line: bytes) -> None:
        """Append a line."""
        ...

    def rewrite(self, alter: Callable[[list[Numbered]], Iterable[bytes | None]]) -> None:
        """Replace each line by what `alter` returns for it, or remove it for None: all, or none.

        What is removed is gone.
        """
        ...


class FileLines:
    """The lines of a file. Safe for many threads and processes.

    A process that is killed while it writes leaves at most a half line, which no reader sees and
    the next writer removes.

    Args:
        path: the file, which is made at the first line; its folder must exist.
        durable: whether a line is on the disk before `append` returns.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path = path
        self._durable = durable

    @property
    def name(self) -> str:
        return str(self._path)

    def read(self) -> list[Numbered]:
        try:
            return _numbered(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unavailable(f"{self._path} cannot be read", error) from error

    def append(self, line: bytes) -> None:
        try:
            with self._locked() as file:
                self._append(file, line + b"\n")
        except OSError as error:
            raise unavailable(f"{self._path} cannot be written", error) from error

    def rewrite(self, alter: Callable[[list[Numbered]], Iterable[bytes | None]]) -> None:
        if not self._path.exists():
            return
        try:
            with self._locked() as file:
                made = alter(_numbered(_all_of(file)))
                self._replace(b"".join(line + b"\n" for line in made if line is not None))
        except OSError as error:
            raise unavailable(f"{self._path} cannot be written", error) from error

    def hand_over(self, take: Callable[[list[bytes]], None]) -> None:
        """Remove the file, if there is one, once `take` has kept its lines elsewhere."""
        if not self._path.exists():
            return
        try:
            with self._locked() as file:
                take([line for _, line in _numbered(_all_of(file))])
                self._path.unlink()
                sync_folder(self._path.parent)
        except OSError as error:
            raise unavailable(f"{self._path} cannot be removed", error) from error

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


def _numbered(data: bytes) -> list[Numbered]:
    return list(enumerate(data[: data.rfind(b"\n") + 1].split(b"\n")[:-1], start=1))


def _all_of(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as opened:
        opened.seek(0)
        return opened.read()


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _private(path: Path, flags: int) -> int:
    return os.open(path, flags, 0o600)
