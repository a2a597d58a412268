"""The data folder: one writer, and no beginning anew where something was stored."""

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import StoreCorrupt, StoreLocked, StoreUnavailable

CATALOGUE = "catalog.db"
RESTORING = ".restore-"  # how a folder begins in which a restore is being made


def check_catalogue(folder: Path) -> None:
    """Refuse to begin anew where something was stored.

    Raises:
        StoreCorrupt: the catalogue is missing or empty beside files that were derived from it.
    """
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


def lock_for_writing(folder: Path) -> FileLock:
    """The data folder, made if need be, for this process alone to write to.

    Raises:
        StoreLocked: another process has it; the message names it.
        StoreUnavailable: it cannot be written.
    """
    lock = FileLock(folder / "writer.lock", timeout=0, thread_local=False)
    holder = folder / "writer.pid"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        holder.write_text(str(os.getpid()))
        for left in folder.glob(f"{RESTORING}*"):  # of a restore that was killed
            shutil.rmtree(left)
    except Timeout as error:
        by = holder.read_text() if holder.exists() else "unknown"
        raise StoreLocked(
            f"process {by} is writing to {folder}; stop it, or send the documents to it over HTTP"
        ) from error
    except OSError as error:
        lock.release()
        raise StoreUnavailable(
            f"the data folder {folder} cannot be written: {error.strerror or error}"
        ) from error
    return lock


def sync_folder(folder: Path) -> None:
    """Make what was renamed or removed in a folder survive a crash."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
