"""Room on a disk that is reserved for deletions, so that they work on a full disk.

SQLite writes a deletion to its log before it frees anything. Without the reserve, a full disk
would refuse the deletion, and no caller could make room.
"""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

RESERVE = "reserve"
MOST = 4 << 20  # bytes; the log of deleting a document of some 2 MB
_SHARE = 8  # of a small disk, an eighth is reserved
_LAST = 256 << 10  # bytes reserved until the log is written back to the file
_GROWTH = 128 << 10  # bytes that a deletion may add to a file, for its record of deleted data

_turn = threading.RLock()  # one transaction at a time borrows the room


class Reserve:
    """A file that occupies room until a deletion needs it. Safe for many threads.

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
        """Lend room on a full disk; yield None if the disk is not full."""
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
        """Free the rest of the room as well, for the last writes."""
        self._cut(0)

    def _free(self) -> int:
        found = os.statvfs(self._file.parent)
        return found.f_bavail * found.f_frsize

    def _cut(self, size: int) -> None:
        with suppress(FileNotFoundError):
            if self._file.stat().st_size > size:
                os.truncate(self._file, size)

    def _fill(self) -> None:
        """Reserve as much as is wanted or free; the next deletion reserves the rest."""
        with suppress(OSError), self._file.open("ab", buffering=0) as file:
            held, free = file.tell(), self._free()
            self._wanted = max(self._wanted, min(MOST, (held + free) // _SHARE))
            file.write(bytes(max(0, min(self._wanted - held, free))))


class Loan:
    """Room lent to one transaction on a full disk.

    Args:
        reserve: the owner of the room.
        free_bytes: how much else was free.
    """

    def __init__(self, reserve: Reserve, free_bytes: int) -> None:
        self._reserve = reserve
        self._free_bytes = free_bytes

    def allows(self, grown_bytes: int, *, removing: bool) -> bool:
        """Return whether a file may grow so much while the room can be reserved again.

        Each new byte is written twice: to the log, and to the file while the log still exists.
        """
        return 3 * grown_bytes <= self._free_bytes or (removing and grown_bytes <= _GROWTH)

    def give_last(self) -> None:
        """Free the rest of the room, as `Reserve.give_last`."""
        self._reserve.give_last()
