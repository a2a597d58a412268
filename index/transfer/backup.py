"""Backups of one collection or of all, and their restore."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import (
    CATALOGUE,
    RESTORING,
    check_catalogue,
    lock_for_writing,
    make_folder,
    replace_contents,
    settle,
    sync_folder,
    unavailable,
)
from citespan.index.disk.hashing import sha256_file
from citespan.index.errors import BackupInvalid, StoreError, StoreFull, StoreUnavailable
from citespan.index.transfer.archive import (
    Backup,
    BackupManifest,
    Check,
    accept,
    check_sizes,
    complete,
    extract,
    new_archive,
    opened_archive,
    pack,
)


def back_up(folder: Path, file: Path, name: str = "default") -> Backup:
    """Write all stored data of a data folder, as of one moment, to a new file.

    Other processes may read and write the folder meanwhile. The file appears whole, or not at all.
    If the process is killed, a folder `.citespan-backup-…` remains next to the file; it can be
    deleted.

    Raises:
        StoreUnavailable: the folder holds nothing, the file exists, or it cannot be written.
        StoreCorrupt: the catalogue or the settings are damaged, and cannot be a backup.
        StoreMismatch: another version made the catalogue.
    """
    settle(folder)
    if not (folder / CATALOGUE).exists():
        raise StoreUnavailable(f"nothing is stored in {folder}; there is nothing to back up")
    with new_archive(file) as (packed, scratch):
        made = pack(packed, scratch, name, folder)
        complete(packed, BackupManifest(collections={name: made}))
    return made


def back_up_all(
    folders: Mapping[str, Path],
    file: Path,
    on_left_out: Callable[[str, StoreError], None] = lambda _, __: None,
) -> BackupManifest:
    """Write all stored data of data folders to a new file, as `back_up`, without damaged folders.

    Each folder is as of its own moment.

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
                if (folder / CATALOGUE).exists():
                    made[name] = pack(packed, scratch, name, folder)
            except StoreFull:
                raise
            except StoreError as error:
                on_left_out(name, error)
                left_out.append(name)
        if not made:
            raise StoreUnavailable(
                "there is nothing to back up: no collection holds sound documents"
            )
        manifest = BackupManifest(collections=made, left_out=tuple(left_out), every=True)
        complete(packed, manifest)
    return manifest


def restore(file: Path, folder: Path, *, replace: bool = False, check: Check = accept) -> Backup:
    """Restore a backup of one collection, as `restore_all`, into any data folder.

    Raises:
        BackupInvalid: the backup holds several collections.
    """
    made = restore_all(file, folder, None, replace=replace, check=check)
    return next(iter(made.collections.values()))


def restore_all(
    file: Path,
    root: Path,
    folder_of: Callable[[str], Path] | None,
    *,
    replace: bool = False,
    check: Check = accept,
) -> BackupManifest:
    """Restore a backup into empty data folders, or replace the contents of the folders.

    Folders change only once the whole backup has been checked and written. If the process is killed
    after that, each folder is as before or as in the backup, and another call finishes the restore.
    Folders that are not in the backup are kept. Processes that read the former contents continue
    with them until they reopen the folder.

    Args:
        file: the backup.
        root: a data folder whose lock keeps other writers out; all folders are on its disk.
        folder_of: returns the folder for a name; raises if the name is invalid. None restores one
            collection, of any name, into `root`.
        replace: replace the contents of the folders.
        check: called with a folder that holds contents to restore, for each. If it raises, the
            error is raised, and nothing has changed.

    Raises:
        BackupInvalid: the file is no backup, or is damaged.
        StoreMismatch: another version of citespan made the backup.
        StoreUnavailable: a folder holds documents and `replace` is not set, or cannot be written.
        StoreLocked: another process is writing to one of the folders.
    """
    try:
        with ExitStack() as held:
            held.callback(lock_for_writing(root).release)
            scratch = Path(held.enter_context(TemporaryDirectory(dir=root, prefix=RESTORING)))
            packed, made = held.enter_context(opened_archive(file))
            targets = _targets(made, file, root, folder_of)
            for target in targets.values():
                if target != root and target.exists():
                    held.callback(lock_for_writing(target).release)
            if not replace:
                targets = _lacking(made, targets)
            check_sizes(packed, made, targets, root)
            new = {name: scratch / str(number) for number, name in enumerate(targets)}
            for name in targets:
                extract(packed, name, made.collections[name], new[name], check)
            reached("restore.extracted")
            for name, target in targets.items():
                _move(new[name], target)
    except OSError as error:
        raise unavailable("cannot restore", error) from error
    return made


def _targets(
    made: BackupManifest, file: Path, root: Path, folder_of: Callable[[str], Path] | None
) -> dict[str, Path]:
    if folder_of:
        return {name: folder_of(name) for name in made.collections}
    if len(made.collections) != 1:
        raise BackupInvalid(f"{file} holds {len(made.collections)} collections; restore them all")
    return dict.fromkeys(made.collections, root)


def _lacking(made: BackupManifest, found: Mapping[str, Path]) -> dict[str, Path]:
    """Return the folders still to restore; raise if another one holds other documents."""
    there = {name: path for name, path in found.items() if any(path.glob(f"{CATALOGUE}*"))}
    other = [
        str(path) for name, path in there.items() if not _is_restored(path, made.collections[name])
    ]
    if other:
        raise StoreUnavailable(
            f"{', '.join(other)} holds documents already; restore into another folder, or replace"
            " them with --replace"
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
