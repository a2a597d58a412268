"""Backups of many data folders in one file, each as of its own moment.

A backup is a ZIP archive with `collections.json` and a catalogue for each folder, at
`NAME/catalog.db`.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import (
    CATALOGUE,
    RESTORING,
    check_catalogue,
    lock_for_writing,
    make_folder,
    replace_contents,
    sync_folder,
    unavailable,
)
from citespan.index.disk.hashing import sha256_file
from citespan.index.errors import BackupInvalid, StoreError, StoreFull, StoreUnavailable
from citespan.index.transfer.backup import (
    Backup,
    Check,
    accept,
    check_sizes,
    extract,
    new_archive,
    opened_archive,
    packed_catalogue,
    read_manifest,
)

_MANIFEST = "collections.json"


class Backups(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of such a backup: its collections by name, and the names of damaged ones."""

    format: int = 1
    created_at: str
    collections: dict[str, Backup]
    left_out: tuple[str, ...] = ()


def back_up_all(
    folders: Mapping[str, Path],
    file: Path,
    on_left_out: Callable[[str, StoreError], None] = lambda _, __: None,
) -> Backups:
    """Write all stored data of data folders to a new file, without damaged folders.

    Other processes may read and write the folders meanwhile. The file appears whole, or not at all.

    Args:
        folders: the folders by name; folders that hold nothing yet are skipped.
        file: the backup; the file must not exist.
        on_left_out: called with the name and the error of each folder that is left out.

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
            raise StoreUnavailable(
                "there is nothing to back up: no collection holds sound documents"
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        backups = Backups(created_at=now, collections=made, left_out=tuple(left_out))
        packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(backups)))
    return backups


def is_of_many(file: Path) -> bool:
    """Return whether a backup is one of many folders.

    Raises:
        BackupInvalid: the file is no backup, or is damaged.
    """
    with opened_archive(file) as packed:
        return _MANIFEST in packed.namelist()


def restore_all(
    file: Path,
    root: Path,
    folder_of: Callable[[str], Path],
    *,
    replace: bool = False,
    check: Check = accept,
) -> Backups:
    """Restore such a backup into empty data folders, or replace the contents of the folders.

    Folders change only once the whole backup has been checked and written. If the process is killed
    after that, each folder is as before or as in the backup, and another call finishes the restore.
    Folders that are not in the backup are kept.

    Args:
        file: the backup.
        root: a data folder whose lock keeps other writers out; all folders are on its disk.
        folder_of: returns the folder for a name; raises if the name is invalid.
        replace: replace the contents of the folders.
        check: called with each folder to restore, as for `index.transfer.backup.restore`.

    Raises:
        BackupInvalid: the file is no backup, or is damaged.
        StoreMismatch: a later version made the backup.
        StoreUnavailable: a folder holds documents and `replace` is not set, or cannot be written.
        StoreLocked: another process is writing to one of the folders.
    """
    try:
        with ExitStack() as held:
            held.callback(lock_for_writing(root).release)
            scratch = Path(held.enter_context(TemporaryDirectory(dir=root, prefix=RESTORING)))
            packed = held.enter_context(opened_archive(file))
            made = _decoded(read_manifest(packed, _MANIFEST), file)
            targets = {name: folder_of(name) for name in made.collections}
            for target in targets.values():
                if target != root and target.exists():
                    held.callback(lock_for_writing(target).release)
            if not replace:
                targets = _lacking(made, targets)
            members = {_packed_as(name): made.collections[name] for name in targets}
            check_sizes(packed, members, root)
            for name in targets:
                extract(packed, _packed_as(name), made.collections[name], scratch / name, check)
            reached("restore.extracted")
            for name, target in targets.items():
                _move(scratch / name, target)
    except OSError as error:
        raise unavailable("cannot restore", error) from error
    return made


def _decoded(data: bytes, file: Path) -> Backups:
    made = msgspec.json.decode(data, type=Backups)
    if made.format != 1:
        raise BackupInvalid(f"{file} was made by a later version of citespan; update citespan")
    return made


def _lacking(made: Backups, found: Mapping[str, Path]) -> dict[str, Path]:
    """Return the folders still to restore; raise if another one holds other documents."""
    there = {name: path for name, path in found.items() if any(path.glob(f"{CATALOGUE}*"))}
    other = [name for name, path in there.items() if not _is_restored(path, made.collections[name])]
    if other:
        raise StoreUnavailable(
            f"{', '.join(other)} hold documents already; restore into another data folder, or"
            " replace them with --replace"
        )
    return {name: path for name, path in found.items() if name not in there}


def _is_restored(folder: Path, backup: Backup) -> bool:
    return [path.name for path in folder.glob(f"{CATALOGUE}*")] == [CATALOGUE] and (
        sha256_file(folder / CATALOGUE) == backup.sha256
    )


def _move(new: Path, target: Path) -> None:
    if target.exists():
        replace_contents(target, new)
        return
    make_folder(target.parent)
    new.rename(target)
    sync_folder(target.parent)
    reached("restore.renamed")


def _packed_as(name: str) -> str:
    return f"{name}/{CATALOGUE}"
