"""The server that runs on a data folder, as `citespan status` finds it: a file in the folder."""

import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from citespan.decoding import from_json

SERVER_FILE = "server.json"  # in the data folder
_MOST_FAULTS = 10
_PAUSE_S = 1.0  # between two writes of the file


class ServerFault(msgspec.Struct, frozen=True, kw_only=True):
    """A failure of the server: when, of which route, its kind, and the id of the request."""

    time: str
    route: str
    error: str
    request_id: str


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """A server that runs: its process, its address, when it was ready, and its last failures."""

    pid: int
    url: str
    since: str
    faults: tuple[ServerFault, ...] = ()


class Announcer:
    """Writes the file while the server runs. Safe for many threads.

    If the file cannot be written, as in a folder that is read-only, the server is not found.

    Args:
        folder: the data folder.
        pid: the process that a signal stops; by default this one.
    """

    def __init__(self, folder: Path, pid: int | None = None) -> None:
        self._file = folder / SERVER_FILE
        self._pid = pid or os.getpid()
        self._present: Presence | None = None
        self._lock = threading.Lock()
        self._written_s = -_PAUSE_S

    def announce(self, url: str) -> None:
        """Say that the server is ready at this address."""
        with self._lock:
            self._present = Presence(pid=self._pid, url=url, since=_now())
            self._write(self._present)

    def tell(self, route: str, error: Exception, request_id: str) -> None:
        """Say that a request failed; of many in a second, the file may lack the last ones."""
        with self._lock:
            if self._present is None:
                return
            fault = ServerFault(
                time=_now(), route=route, error=type(error).__name__, request_id=request_id
            )
            faults = (*self._present.faults, fault)[-_MOST_FAULTS:]
            self._present = msgspec.structs.replace(self._present, faults=faults)
            if time.monotonic() >= self._written_s + _PAUSE_S:
                self._write(self._present)

    def withdraw(self) -> None:
        """Say that the server stops, if it was ready: the file may be another one's."""
        with self._lock, suppress(OSError):
            if self._present is not None:
                self._present = None
                self._file.unlink(missing_ok=True)

    def _write(self, present: Presence) -> None:
        self._written_s = time.monotonic()
        new = self._file.with_name(f"{SERVER_FILE}.new")
        with suppress(OSError):
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(file, "wb") as opened:  # noqa: PTH123  (of a descriptor)
                opened.write(msgspec.json.encode(present))
            new.replace(self._file)


def present(folder: Path) -> Presence | None:
    """Return the server that runs on a data folder; None if none does."""
    try:
        found = from_json((folder / SERVER_FILE).read_bytes(), Presence)
        os.kill(found.pid, 0)
    except (OSError, msgspec.DecodeError, OverflowError):
        return None
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
