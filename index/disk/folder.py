"""The data folder: it has one writer, and is never replaced by an empty one."""

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
OWN_SETTINGS = "collection.json"  # of a collection, next to its catalogue; not read here
SIDE_FILES = ("labels.jsonl", "sources/*.json", "sources/*.run")  # in backups; not read here
IDENTITY = "collection.id"  # of the contents; a replacement has another one
RESTORING = ".restore-"  # prefix of the scratch folder of a restore
_RESTORED = ".restored"  # a folder whose contents are to replace those of the folder around it

_HOLDER = "writer.pid"
_DECIDED_S = 0.2  # that a decided restore may take before it counts as killed
_NAMING_S = 1.0  # that a writer may take to record its process id


class WriterLock(FileLock):
    """A lock whose holder records its process id in a file next to the lock."""

    def release(self, force: bool = False) -> None:  # noqa: FBT001, FBT002  (as in FileLock)
        if self.is_locked:
            with suppress(OSError):
                Path(self.lock_file).with_name(_HOLDER).unlink(missing_ok=True)
        super().release(force=force)


def check_catalogue(folder: Path) -> None:
    """Refuse to make an empty catalogue where one was stored.

    Raises:
        StoreCorrupt: the catalogue is missing or empty, but files derived from it exist.
        StoreLocked, StoreUnavailable: as for `settle`.
    """
    settle(folder)
    catalogue = folder / CATALOGUE
    if catalogue.exists() and catalogue.stat().st_size:
        return
    if (folder / f"{CATALOGUE}-wal").exists():
        return  # the log is not yet written back
    if any(folder.glob("build-*")):
        raise StoreCorrupt(
            f"the catalogue {catalogue} is missing or empty, but other files of the corpus are"
            " there; restore it from a backup, or delete them to start with an empty one"
        )


def build_folder(folder: Path, build: int) -> Path:
    """Return the folder of the files that are derived from a build."""
    return folder / f"build-{build}"


def clear_builds(folder: Path, kept: Collection[int]) -> None:
    """Delete derived files of other builds.

    Files that cannot be deleted are kept; nothing reads them.
    """
    names = {build_folder(folder, build).name for build in kept}
    stale = [path for path in folder.glob("build-*") if path.name not in names]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)


def lock_for_writing(folder: Path) -> WriterLock:
    """Lock a data folder, made if missing, so that only this process writes to it.

    Raises:
        StoreLocked: another process holds the lock; the message names the process.
        StoreUnavailable: the folder cannot be written; StoreFull if the disk is full.
    """
    lock = WriterLock(folder / "writer.lock", timeout=0, thread_local=False)
    holder = folder / _HOLDER
    try:
        make_folder(folder)
        lock.acquire()
        with suppress(OSError):  # such as a full disk: then the process id is not recorded
            holder.write_text(str(os.getpid()))
        for leftover in folder.glob(f"{RESTORING}*"):  # of a killed restore
            shutil.rmtree(leftover)
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
    """Replace the contents of a folder with a catalogue and, if there are any, settings.

    What else a backup holds replaces the files of the same names; others stay.

    Until the first step the folder is unchanged. If the process is killed after that, the next
    caller that opens the folder finishes the replacement before it reads anything.

    Args:
        folder: the data folder, locked by this process.
        new: a folder on the same disk that holds only them, synced; it is removed.
    """
    new.rename(folder / _RESTORED)
    sync_folder(folder)
    reached("restore.decided")
    _put_in_place(folder)


def settle(folder: Path) -> None:
    """Finish an interrupted restore of a folder before anything is read.

    If another process is finishing the restore, wait up to 0.2 s for it. Taking the lock at once
    could keep a writer from opening the folder next.

    Raises:
        StoreLocked: another process takes too long to finish the restore.
        StoreUnavailable: the restore cannot be finished.
    """
    deadline = time.monotonic() + _DECIDED_S
    while (folder / _RESTORED).exists():
        if time.monotonic() > deadline:
            lock_for_writing(folder).release()
        time.sleep(0.01)


def identity(catalogue: Path) -> object:
    """Return a value that changes when the catalogue's file is replaced; None meanwhile."""
    if (catalogue.parent / _RESTORED).exists() or not catalogue.exists():
        return None
    found = catalogue.stat()
    return found.st_dev, found.st_ino


def _put_in_place(folder: Path) -> None:
    """Move the restored files into place, the catalogue first and the settings last."""
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
    for name in side_files(new):
        make_folder((folder / name).parent)
        (new / name).rename(folder / name)
        sync_folder((folder / name).parent)
    if (new / OWN_SETTINGS).exists():
        (new / OWN_SETTINGS).rename(folder / OWN_SETTINGS)
    sync_folder(folder)
    reached("restore.renamed")
    shutil.rmtree(new)


def side_files(folder: Path) -> list[str]:
    """Return what a folder holds of `SIDE_FILES`, by path in it."""
    return [one.relative_to(folder).as_posix() for part in SIDE_FILES for one in folder.glob(part)]


def unavailable(what: str, error: OSError) -> StoreUnavailable:
    """Return the error to raise for an `OSError`; `what` says what could not be done."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return (StoreFull if full else StoreUnavailable)(f"{what}: {error.strerror or error}")


def _named(holder: Path) -> str:
    """Return the id of the process that holds the lock, or the last recorded one."""
    deadline = time.monotonic() + _NAMING_S
    while True:
        named = ""
        with suppress(OSError, ValueError):  # the file is missing or not yet written
            named = holder.read_text()
            os.kill(int(named), 0)
            return named
        if time.monotonic() > deadline:
            return named or "unknown"
        time.sleep(0.01)


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and sync it and its folder, so that the file survives a crash."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents so that they survive a crash; do nothing if it exists."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that files renamed or removed in it stay so after a crash."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
