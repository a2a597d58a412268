"""Where keys are kept: files of the data folder, or what all servers of a database share."""

import os
import secrets
import weakref
from collections.abc import Generator, Hashable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from citespan.index.catalogue import CatalogueServer
from citespan.index.disk import make_folder, sync_folder, unavailable

KEYS = "keys.json"
_LOCK = "keys.lock"


class KeyPlace(Protocol):
    """A place of small files. Each change is one step: a reader sees all of it, or nothing.

    Any method raises StoreUnavailable if the place cannot be read or written.
    """

    def called(self, name: str) -> str:
        """Return what a file is called in messages."""
        ...

    def state(self, name: str) -> Hashable:
        """Return a value that changes with a file; None if there is no file."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what a file holds; None if there is no file."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Replace what a file holds."""
        ...

    def changing(self) -> AbstractContextManager[object]:
        """Return a context inside which nobody else is who changes files."""
        ...


class InFolder:
    """Files of a data folder, which only their owner can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def called(self, name: str) -> str:
        return str(self._folder / name)

    def state(self, name: str) -> Hashable:
        try:
            found = (self._folder / name).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unavailable(f"the keys in {self.called(name)} cannot be read", error) from error

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        new = path.with_name(f".{name}.{secrets.token_hex(4)}")
        try:
            opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(opened, "wb") as file:  # noqa: PTH123  (of a descriptor)
                if os.geteuid() == 0:  # as an operator may be: the server reads it, too
                    owner = path.parent.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise unavailable(f"{path} cannot be written", error) from error

    @contextmanager
    def changing(self) -> Generator[None]:
        lock = FileLock(self._folder / _LOCK, timeout=10)
        try:
            make_folder(self._folder)
            lock.acquire()
        except OSError as error:  # another process may hold it for longer, too
            raise unavailable(f"the keys in {self._folder} cannot be changed", error) from error
        try:
            yield
        finally:
            lock.release()


class OnServer:
    """Files on a server. If it has no keys, it gets those of the data folder."""

    def __init__(self, server: CatalogueServer, folder: Path) -> None:
        from citespan.index.shared import SharedFiles, open_shared  # their driver is an extra

        self._server = server
        db = open_shared(server)
        weakref.finalize(self, db.close)
        self._files: SharedFiles = SharedFiles(db)
        former = InFolder(folder).read(KEYS)
        if former is not None and self.read(KEYS) is None:
            with self.changing():
                if self.read(KEYS) is None:
                    self.write(KEYS, former)

    def called(self, name: str) -> str:
        return f"{name} on {self._server}"

    def state(self, name: str) -> Hashable:
        return self._files.version(name) or None

    def read(self, name: str) -> bytes | None:
        return self._files.read(name)

    def write(self, name: str, data: bytes) -> None:
        self._files.write(name, data)

    def changing(self) -> AbstractContextManager[object]:
        return self._files.changing()
