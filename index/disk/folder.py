"""The data folder: one writer, and no beginning anew where something was stored."""

import errno
import os
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from citespan.index.disk.crashpoints import reached
from citespan.index.errors import StoreCorrupt, StoreFull, StoreLocked, StoreUnavailable

CATALOGUE = "catalog.db"
OWN_SETTINGS = "collection.json"  # of a collection, beside its catalogue; not read here
IDENTITY = "collection.id"  # of what is stored; what takes its place has another one
RESTORING = ".restore-"  # how a folder begins in which a restore is being made
_RESTORED = ".restored"  # a folder whose contents are to take the place of what is around it

_HOLDER = "writer.pid"
_DECIDED_S = 0.2  # how long a restore may take after its decision before it is taken for killed
_NAMING_S = 1.0  # how long a writer may take to say who it is


class WriterLock(FileLock):
    """A lock whose holder's process id stands in a file beside it."""

    def release(self, force: bool = False) -> None:  # noqa: FBT001, FBT002  (as in FileLock)
        if self.is_locked:
            with suppress(OSError):
                Path(self.lock_file).with_name(_HOLDER).unlink(missing_ok=True)
        super().release(force=force)


def check_catalogue(folder: Path) -> None:
    """Refuse to begin anew where something was stored.

    Raises:
        StoreCorrupt: the catalogue is missing or empty beside files that were derived from it.
        StoreLocked, StoreUnavailable: as for `settle`.
    """
    settle(folder)
    catalogue = folder / CATALOGUE
    if catalogue.exists() and catalogue.stat().st_size:
        return
    if (folder / f"{CATALOGUE}-wal").exists():
        return  # not yet written back
    if any(folder.glob("build-*")) or (folder / "lexical").exists():
        raise StoreCorrupt(
            f"the catalogue {catalogue} is missing or empty, but other files of the corpus are"
            " there; restore it from a backup, or delete them to begin anew"
        )


def build_folder(folder: Path, build: int) -> Path:
    """Where the files lie that are derived from a build."""
    return folder / f"build-{build}"


def clear_builds(folder: Path, kept: Collection[int]) -> None:
    """Remove derived files of other builds, and those where earlier versions had them.

    What cannot be removed stays: nothing reads it.
    """
    names = {build_folder(folder, build).name for build in kept}
    stale = [path for path in folder.glob("build-*") if path.name not in names]
    for path in [*stale, folder / "lexical"]:
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob("vectors-*.faiss"):
        with suppress(OSError):
            path.unlink()


def lock_for_writing(folder: Path) -> WriterLock:
    """The data folder, made if need be, for this process alone to write to.

    Raises:
        StoreLocked: another process has it; the message names it.
        StoreUnavailable: it cannot be written; StoreFull, if for want of room.
    """
    lock = WriterLock(folder / "writer.lock", timeout=0, thread_local=False)
    holder = folder / _HOLDER
    try:
        make_folder(folder)
        lock.acquire()
        with suppress(OSError):  # a full disk, say: others are not told who it is
            holder.write_text(str(os.getpid()))
        for left in folder.glob(f"{RESTORING}*"):  # of a restore that was killed
            shutil.rmtree(left)
        _put_in_place(folder)
    except Timeout as error:
        raise StoreLocked(
            f"process {_named(holder)} is writing to {folder}; stop it, or send the documents to it"
            " over HTTP"
        ) from error
    except OSError as error:
        lock.release()
        raise unavailable(f"the data folder {folder} cannot be written", error) from error
    return lock


def replace_contents(folder: Path, new: Path) -> None:
    """Put a catalogue, and settings if there are any, in the place of all that a folder holds.

    Until this begins the folder is as it was. Killed at any time after that, whoever opens the
    folder next goes on before anything is read.

    Args:
        folder: locked by this process.
        new: a folder on the same disk that holds them, synced, and nothing else; it is gone then.
    """
    new.rename(folder / _RESTORED)
    sync_folder(folder)
    reached("restore.decided")
    _put_in_place(folder)


def settle(folder: Path) -> None:
    """Go on with what was to take the place of what a folder holds; nothing is read before.

    What another process is just doing is waited for: to take the lock from its hands would keep a
    writer from opening the folder next.

    Raises:
        StoreLocked: another process takes too long over it.
        StoreUnavailable: it cannot be done.
    """
    given_up = time.monotonic() + _DECIDED_S
    while (folder / _RESTORED).exists():
        if time.monotonic() > given_up:
            lock_for_writing(folder).release()
        time.sleep(0.01)


def identity(catalogue: Path) -> object:
    """What changes when another file takes a catalogue's place; None while that is going on."""
    if (catalogue.parent / _RESTORED).exists() or not catalogue.exists():
        return None
    found = catalogue.stat()
    return found.st_dev, found.st_ino


def _put_in_place(folder: Path) -> None:
    """The settings last: as long as the catalogue waits, those that are there are the old ones."""
    new = folder / _RESTORED
    if not new.exists():
        return
    if (new / CATALOGUE).exists():
        clear_builds(folder, [])
        stale = (*folder.glob(f"{CATALOGUE}[-.]*"), folder / OWN_SETTINGS, folder / IDENTITY)
        for old in stale:
            old.unlink(missing_ok=True)
        sync_folder(folder)
        reached("restore.cleared")
        (new / CATALOGUE).rename(folder / CATALOGUE)
    if (new / OWN_SETTINGS).exists():
        (new / OWN_SETTINGS).rename(folder / OWN_SETTINGS)
    sync_folder(folder)
    reached("restore.renamed")
    shutil.rmtree(new)


def unavailable(what: str, error: OSError) -> StoreUnavailable:
    """The error to raise when `what` is the case because the system refused something."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return (StoreFull if full else StoreUnavailable)(f"{what}: {error.strerror or error}")


def _named(holder: Path) -> str:
    """The process that has locked the folder, once it has said so; or who did before."""
    given_up = time.monotonic() + _NAMING_S
    while True:
        named = ""
        with suppress(OSError, ValueError):  # not there yet, or not yet written
            named = holder.read_text()
            os.kill(int(named), 0)
            return named
        if time.monotonic() > given_up:
            return named or "unknown"
        time.sleep(0.01)


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file so that it survives a crash, once its folder is synced too."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that they survive a crash; none if it is there."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make what was renamed or removed in a folder survive a crash."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
