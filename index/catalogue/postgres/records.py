"""The states of the indexes that one process derives from a catalogue, in a file of its own."""

import threading
from collections.abc import Mapping
from pathlib import Path

from citespan.index.disk.folder import make_folder, sync_folder, unavailable, write_durably
from citespan.index.disk.seal import sealed, unsealed
from citespan.index.errors import StoreCorrupt

RECORDS = "derived.json"


class RecordFile:
    """The recorded states by name, next to the files that they are of.

    Args:
        folder: the folder of the file; None keeps the states in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, Mapping[str, str]] = {}
        file = folder and folder / RECORDS
        if file and file.exists():
            try:
                self._known = dict(unsealed(file.read_bytes(), file))
            except (StoreCorrupt, OSError):
                self._known = {}  # as if nothing was recorded: the indexes are rebuilt

    def get(self, name: str) -> Mapping[str, str]:
        """Return the recorded state of a name; empty if none was recorded."""
        return self._known.get(name, {})

    def record(self, name: str, state: Mapping[str, str]) -> None:
        """Record the state of a name; durable on return.

        Raises:
            StoreUnavailable: the file cannot be written.
        """
        with self._lock:
            self._known = {**self._known, name: dict(state)}
            self._write()

    def forget(self, prefix: str) -> None:
        """Remove the states of the names that begin with a prefix."""
        with self._lock:
            kept = {name: one for name, one in self._known.items() if not name.startswith(prefix)}
            if len(kept) < len(self._known):
                self._known = kept
                self._write()

    def _write(self) -> None:
        folder = self._folder
        if folder is None:
            return
        try:
            make_folder(folder)
            scratch = folder / f".{RECORDS}"
            scratch.unlink(missing_ok=True)  # of a process that was killed
            write_durably(scratch, sealed(self._known))
            scratch.replace(folder / RECORDS)
            sync_folder(folder)
        except OSError as error:
            raise unavailable(f"the file {folder / RECORDS} cannot be written", error) from error
