"""Where the definitions of sources are: in a data folder, or on a server."""

import logging
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from citespan.index.catalogue import Tables
from citespan.index.disk import make_folder, sync_folder, unavailable, write_durably

SOURCES = "sources"  # in the data folder
DEFINITION, RUN = ".json", ".run"  # how the names of the files end

_log = logging.getLogger("citespan.sources")


class SourcePlace(Protocol):
    """Small files by name. Each change is one step: a reader sees all of it, or nothing.

    Any method raises StoreUnavailable if the place cannot be read or written.
    """

    def called(self, name: str) -> str:
        """Return what a file is called in messages."""
        ...

    def all(self) -> dict[str, bytes]:
        """Return all files."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Replace what a file holds."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; do nothing if it is not there."""
        ...

    def changing(self) -> AbstractContextManager[object]:
        """Return a context inside which nobody else is: no thread, and no other server."""
        ...


class SourcesInFolder:
    """Files of a data folder. The context keeps out only threads of this process.

    Args:
        folder: the folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()

    def called(self, name: str) -> str:
        return str(self._folder / name)

    def all(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in self._folder.glob("[!.]*"):
            if path.suffix in {DEFINITION, RUN}:
                try:
                    found[path.name] = path.read_bytes()
                except FileNotFoundError:  # removed meanwhile
                    continue
                except OSError as error:
                    raise unavailable(f"the source file {path} cannot be read", error) from error
        return found

    def write(self, name: str, data: bytes) -> None:
        scratch = self._folder / f".{name}.part"
        try:
            make_folder(self._folder)
            scratch.unlink(missing_ok=True)  # of a process that was killed
            write_durably(scratch, data)
            scratch.replace(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            raise unavailable(f"the source file {name} cannot be written", error) from error

    def remove(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise unavailable(f"the source file {name} cannot be removed", error) from error

    def changing(self) -> AbstractContextManager[object]:
        return self._lock


class SourcesOnServer:
    """Files that all servers of a database have; they get those of the data folder, once.

    A source whose name another one has there stays in the folder, where nobody reads it.

    Args:
        db: the shared tables.
        folder: the folder that held the files.
    """

    def __init__(self, db: Tables, folder: Path) -> None:
        from citespan.index.shared import SharedFiles  # its driver is an extra

        self._files = SharedFiles(db)
        former = SourcesInFolder(folder)
        if found := former.all():
            with self.changing():
                taken = self._taken(found)
            for name in taken:
                former.remove(name)

    def called(self, name: str) -> str:
        return f"{name} on the server"

    def all(self) -> dict[str, bytes]:
        return self._files.below(SOURCES)

    def write(self, name: str, data: bytes) -> None:
        self._files.write(f"{SOURCES}/{name}", data)

    def remove(self, name: str) -> None:
        self._files.remove(f"{SOURCES}/{name}")

    def changing(self) -> AbstractContextManager[object]:
        return self._files.changing()

    def _taken(self, former: dict[str, bytes]) -> list[str]:
        """Write what is not there yet, and return the names of what the folder need not keep."""
        here, taken = self.all(), list[str]()
        for name, data in sorted(former.items()):
            source = name.removesuffix(DEFINITION)
            if source == name:
                continue
            run = f"{source}{RUN}"
            if here.get(name, data) != data:
                _log.warning("source %s is not taken over: another one has its name", source)
                continue
            if self._files.is_new(f"{SOURCES}/{name}", data) and name not in here:
                self.write(name, data)
                if run in former:
                    self.write(run, former[run])
            taken += [one for one in (name, run) if one in former]
        return taken
