"""Room on a disk that is kept for deletions: when nothing else is left, they still work.

SQLite writes a deletion to its log before it frees anything, so a full disk would refuse it, and
room could never be made.
"""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

RESERVE = "reserve"
MOST = 4 << 20  # bytes; the log of deleting a document of some 2 MB
_SHARE = 8  # of a small disk, an eighth is kept
_LAST = 256 << 10  # bytes kept until the log is written back to the file
_GROWTH = 128 << 10  # bytes that a deletion may make a file larger, for notes of what is gone

_turn = threading.RLock()  # only one transaction at a time takes the room


class Reserve:
    """A file that takes room until it is needed. Safe for many threads.

    Args:
        folder: the data folder, which gets the file `reserve`.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / RESERVE
        self._wanted = 0
        with _turn:
            self._fill()

    @contextmanager
    def lent(self) -> Generator["Loan | None"]:
        """Inside there is room on a full disk; None if the disk is not full."""
        with _turn:
            free = self._free()
            if free >= MOST:
                yield None
                return
            self._cut(_LAST)
            try:
                yield Loan(self, free)
            finally:
                self._fill()

    def give_last(self) -> None:
        """Give the rest of the room as well, for what is written at the end."""
        self._cut(0)

    def _free(self) -> int:
        found = os.statvfs(self._file.parent)
        return found.f_bavail * found.f_frsize

    def _cut(self, size: int) -> None:
        with suppress(FileNotFoundError):
            if self._file.stat().st_size > size:
                os.truncate(self._file, size)

    def _fill(self) -> None:
        """Take as much as is wanted, or as there is; the rest is taken after the next deletion."""
        with suppress(OSError), self._file.open("ab", buffering=0) as file:
            held, free = file.tell(), self._free()
            self._wanted = max(self._wanted, min(MOST, (held + free) // _SHARE))
            file.write(bytes(max(0, min(self._wanted - held, free))))


class Loan:
    """Room lent to one transaction on a full disk.

    Args:
        reserve: whose room it is.
        free_bytes: what was free besides.
    """

    def __init__(self, reserve: Reserve, free_bytes: int) -> None:
        self._reserve = reserve
        self._free_bytes = free_bytes

    def allows(self, grown_bytes: int, *, removing: bool) -> bool:
        """Whether a file may grow so much, and the room can still be taken back.

        What grows is written twice: to the log, and to the file while the log is still there.
        """
        return 3 * grown_bytes <= self._free_bytes or (removing and grown_bytes <= _GROWTH)

    def give_last(self) -> None:
        """As for the reserve."""
        self._reserve.give_last()
