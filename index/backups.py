"""Backups of many data folders in one file, each as it is at a moment of its own.

A ZIP archive with `collections.json` and a catalogue for each folder, `NAME/catalog.db`.
"""

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from index.backup import Backup, new_archive, opened_archive, packed_catalogue, unpack
from index.crashpoints import reached
from index.errors import BackupInvalid, StoreError, StoreFull, StoreUnavailable
from index.folder import (
    CATALOGUE,
    OWN_SETTINGS,
    RESTORING,
    check_catalogue,
    lock_for_writing,
    sync_folder,
    unavailable,
    write_durably,
)
from index.hashing import sha256_file

_MANIFEST = "collections.json"


class Backups(msgspec.Struct, frozen=True, kw_only=True):
    """What such a backup holds by name, and the names of those that are damaged and not in it."""

    format: int = 1
    created_at: str
    collections: dict[str, Backup]
    left_out: tuple[str, ...] = ()


def back_up_all(
    folders: Mapping[str, Path],
    file: Path,
    on_left_out: Callable[[str, StoreError], None] = lambda _, __: None,
) -> Backups:
    """Write all that is stored in data folders to a new file; those that are damaged are left out.

    Others may read and write the folders meanwhile. The file is there whole, or not at all.

    Args:
        folders: by name; those that hold nothing yet are passed over.
        file: does not exist.
        on_left_out: told of each that cannot be backed up, and why.

    Raises:
        StoreUnavailable: the folders hold nothing sound, the file exists, or cannot be written.
    """
    made: dict[str, Backup] = {}
    left_out: list[str] = []
    with new_archive(file) as (packed, scratch):
        for name, folder in folders.items():
            try:
                check_catalogue(folder)
                if not (folder / CATALOGUE).exists():
                    continue
                made[name], copy = packed_catalogue(folder, scratch)
            except StoreFull:
                raise
            except StoreError as error:
                on_left_out(name, error)
                left_out.append(name)
                continue
            packed.write(copy, _packed_as(name))
            copy.unlink()
        if not made:
            raise StoreUnavailable("there is nothing to back up")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        backups = Backups(created_at=now, collections=made, left_out=tuple(left_out))
        packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(backups)))
    return backups


def is_of_many(file: Path) -> bool:
    """Whether a backup is one of many folders.

    Raises:
        BackupInvalid: it is none, or damaged.
    """
    with opened_archive(file) as packed:
        return _MANIFEST in packed.namelist()


def restore_all(file: Path, root: Path, folder_of: Callable[[str], Path]) -> Backups:
    """Put what such a backup holds into data folders that hold nothing.

    Nothing is in any of them unless all has been checked and written. Killed while they get their
    names, it goes on when it is called again before they are used.

    Args:
        file: the backup.
        root: a data folder whose lock keeps others away; all folders are on its disk.
        folder_of: the folder for a name; raises for a name that cannot be one.

    Raises:
        BackupInvalid: the file is no backup, or damaged.
        StoreUnavailable: a folder holds documents, or cannot be written.
        StoreLocked: another process is writing to the root folder.
    """
    lock = lock_for_writing(root)
    try:
        with (
            TemporaryDirectory(dir=root, prefix=RESTORING) as scratch,
            opened_archive(file) as packed,
        ):
            made = _read_manifest(packed.read(_MANIFEST), file)
            targets = _lacking(made, folder_of)
            for number, name in enumerate(targets):
                new = Path(scratch) / str(number)
                new.mkdir()
                backup = made.collections[name]
                unpack(packed, _packed_as(name), new / CATALOGUE, backup.sha256)
                if backup.own:
                    write_durably(new / OWN_SETTINGS, backup.own.encode())
            reached("restore.extracted")
            for number, target in enumerate(targets.values()):
                _put(Path(scratch) / str(number), target)
                reached("restore.renamed")
    except OSError as error:
        raise unavailable("cannot restore", error) from error
    finally:
        lock.release()
    return made


def _read_manifest(data: bytes, file: Path) -> Backups:
    made = msgspec.json.decode(data, type=Backups)
    if made.format != 1:
        raise BackupInvalid(f"{file} was made by a later version of citespan")
    return made


def _lacking(made: Backups, folder_of: Callable[[str], Path]) -> dict[str, Path]:
    """The folders that are not as they are to be; what else holds something is not written over."""
    found = {name: folder_of(name) for name in made.collections}
    there = {name: path for name, path in found.items() if any(path.glob(f"{CATALOGUE}*"))}
    other = [name for name, path in there.items() if not _is_so(path, made.collections[name])]
    if other:
        raise StoreUnavailable(
            f"{', '.join(other)} hold documents already; restore into another data folder, or"
            " delete them first"
        )
    return {name: path for name, path in found.items() if name not in there}


def _is_so(folder: Path, backup: Backup) -> bool:
    return [path.name for path in folder.glob(f"{CATALOGUE}*")] == [CATALOGUE] and (
        sha256_file(folder / CATALOGUE) == backup.sha256
    )


def _put(new: Path, target: Path) -> None:
    """The catalogue last: without it the folder holds nothing."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (OWN_SETTINGS, CATALOGUE):
        if (new / name).exists():
            (new / name).rename(target / name)
    sync_folder(target)
    sync_folder(target.parent)
    shutil.rmtree(new)


def _packed_as(name: str) -> str:
    return f"{name}/{CATALOGUE}"
