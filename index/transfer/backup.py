"""Backups: the catalogue, the source of truth, as one file that holds its own checksum.

A backup is a ZIP archive with `manifest.json` and `catalog.db`. Derived files are not included,
because they are rebuilt.
"""

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import msgspec

from citespan.index.catalogue import SqliteCatalogue
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.database import HEADER, catalogue_size
from citespan.index.disk.folder import (
    CATALOGUE,
    OWN_SETTINGS,
    RESTORING,
    lock_for_writing,
    replace_contents,
    settle,
    sync_folder,
    unavailable,
    write_durably,
)
from citespan.index.disk.hashing import sha256_file
from citespan.index.disk.seal import unsealed
from citespan.index.errors import BackupInvalid, StoreCorrupt, StoreFull, StoreUnavailable

_MANIFEST = "manifest.json"
_BLOCK = 1 << 20  # bytes copied at a time
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_MOST_MEMBERS = 2000  # more than the allowed 1,000 collections and the manifest
_MOST_OWN = 65_536  # characters of a collection's own settings, which usually have some 300
_MOST_MANIFEST = 16 << 20  # bytes; 1,000 collections take half a megabyte


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a backup: sum and size of its catalogue, `own` settings of the collection."""

    format: int = 1
    created_at: str
    documents: int
    chunks: int
    sha256: str
    size_bytes: int
    own: str = ""


Check: TypeAlias = Callable[
    [Path], None
]  # called with a folder to be restored; raises to refuse it


def accept(_: Path) -> None:
    """Accept any backup."""


def back_up(folder: Path, file: Path) -> Backup:
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
        made, copy = packed_catalogue(folder, scratch)
        packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(made)))
        packed.write(copy, CATALOGUE)
    return made


def restore(file: Path, folder: Path, *, replace: bool = False, check: Check = accept) -> Backup:
    """Restore a backup into an empty data folder, or replace the contents of a folder.

    The folder changes only once the backup has been checked and written to a scratch folder in it.
    Processes that read the former contents continue with them until they reopen the folder.

    Args:
        file: the backup.
        folder: the data folder.
        replace: replace the contents of the folder.
        check: called with a folder that holds the contents to restore. If it raises, the error is
            raised, and nothing has changed.

    Raises:
        BackupInvalid: the file is no backup, or is damaged.
        StoreMismatch: a later version made the backup.
        StoreUnavailable: the folder holds documents and `replace` is not set, or cannot be written.
        StoreLocked: another process is writing to the folder.
    """
    lock = lock_for_writing(folder)
    try:
        if not replace and any(folder.glob(f"{CATALOGUE}*")):
            raise StoreUnavailable(
                f"{folder} holds documents already; restore into another folder, or replace them"
                " with --replace"
            )
        with TemporaryDirectory(dir=folder, prefix=RESTORING) as scratch:
            with opened_archive(file) as packed:
                made = msgspec.json.decode(read_manifest(packed, _MANIFEST), type=Backup)
                if made.format != 1:
                    raise BackupInvalid(
                        f"{file} was made by a later version of citespan; update citespan"
                    )
                check_sizes(packed, {CATALOGUE: made}, folder)
                new = Path(scratch) / "new"
                extract(packed, CATALOGUE, made, new, check)
            reached("restore.extracted")
            replace_contents(folder, new)
    except OSError as error:
        raise unavailable("cannot restore", error) from error
    finally:
        lock.release()
    return made


def packed_catalogue(folder: Path, scratch: Path) -> tuple[Backup, Path]:
    """Copy a sound catalogue, as of one moment, to another folder; return manifest and copy.

    Raises:
        StoreCorrupt: the catalogue or the settings are damaged, and cannot be a backup.
        StoreMismatch: another version made the catalogue.
    """
    copy = scratch / CATALOGUE
    with closing(SqliteCatalogue(folder / CATALOGUE, {}, read_only=True)) as catalogue:
        catalogue.copy_to(copy)
    reached("backup.copied")
    return _described(copy, _own_settings(folder)), copy


@contextmanager
def new_archive(file: Path) -> Generator[tuple[zipfile.ZipFile, Path]]:
    """Yield an archive, which gets its name once it is whole and synced, and a scratch folder.

    Raises:
        StoreUnavailable: the file exists, or cannot be written.
    """
    if file.exists():
        raise StoreUnavailable(f"{file} exists; choose another name")
    parent = file.absolute().parent
    try:
        with TemporaryDirectory(dir=parent, prefix=".citespan-backup-") as scratch:
            archive = Path(scratch) / "archive"
            with archive.open("wb") as opened:
                with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                    yield packed, Path(scratch)
                opened.flush()
                os.fsync(opened.fileno())
            reached("backup.written")
            archive.rename(file)
            reached("backup.renamed")
            sync_folder(parent)
    except OSError as error:
        raise unavailable(f"cannot write {file}", error) from error


@contextmanager
def opened_archive(file: Path) -> Generator[zipfile.ZipFile]:
    """Open an archive for reading.

    Raises:
        BackupInvalid: the file is no archive, or is damaged; also for reads inside the context.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except (
        zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, ValueError,
        OverflowError, RuntimeError, msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise BackupInvalid(
            f"{file} is not a backup of citespan, or is damaged: {error}"
        ) from error


def read_manifest(packed: zipfile.ZipFile, name: str) -> bytes:
    """Return the manifest of an archive.

    Raises:
        BackupInvalid: the archive has more members, or a longer manifest, than any backup.
    """
    members = packed.infolist()
    if len(members) > _MOST_MEMBERS:
        raise BackupInvalid(f"{packed.filename} holds more files than a backup does")
    if not {member.compress_type for member in members} <= _METHODS:
        raise BackupInvalid(f"{packed.filename} is compressed as no backup is")
    if packed.getinfo(name).file_size > _MOST_MANIFEST:
        raise BackupInvalid(f"{packed.filename} has a longer manifest than a backup has")
    return packed.read(name)


def check_sizes(packed: zipfile.ZipFile, members: Mapping[str, Backup], folder: Path) -> None:
    """Refuse an archive whose catalogues contradict its manifest, before any is written.

    Args:
        packed: the archive.
        members: the manifest of each catalogue, by its name in the archive.
        folder: the folder to write to.

    Raises:
        BackupInvalid: a member is no catalogue, or its size is not the one in the manifest.
        StoreFull: the disk has no room for all of them.
    """
    needed = sum(_checked_size(packed, name, made) for name, made in members.items())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreFull(f"{packed.filename} takes {needed} bytes to restore; {free} are free")


def _checked_size(packed: zipfile.ZipFile, name: str, made: Backup) -> int:
    size = packed.getinfo(name).file_size
    with packed.open(name) as source:
        stated = catalogue_size(source.read(HEADER))
    if size != stated or made.size_bytes != size or len(made.own) > _MOST_OWN:
        raise BackupInvalid(f"{packed.filename} is damaged: {name} is not what its manifest says")
    return size


def extract(packed: zipfile.ZipFile, name: str, made: Backup, new: Path, check: Check) -> None:
    """Write a catalogue of an archive and its settings durably to a new folder.

    Args:
        packed: the archive.
        name: the catalogue's name in the archive.
        made: the catalogue's manifest.
        new: a folder that does not exist yet.
        check: as for `restore`.

    Raises:
        BackupInvalid: the catalogue is not what was packed.
        StoreMismatch: a later version made the catalogue.
    """
    new.mkdir()
    _unpack(packed, name, new / CATALOGUE, made.sha256)
    SqliteCatalogue(new / CATALOGUE, {}, read_only=True).close()
    if made.own:
        write_durably(new / OWN_SETTINGS, made.own.encode())
    check(new)
    for leftover in new.glob(f"{CATALOGUE}-*"):  # made by opening it
        leftover.unlink()
    sync_folder(new)


def _unpack(packed: zipfile.ZipFile, name: str, target: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with packed.open(name) as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != sha256:
        raise BackupInvalid(
            f"{packed.filename} is damaged: its checksum is wrong; use another backup"
        )


def _own_settings(folder: Path) -> str:
    own = folder / OWN_SETTINGS
    if not own.exists():
        return ""
    data = own.read_bytes()
    unsealed(data, own)
    return data.decode()


def _described(copy: Path, own: str) -> Backup:
    with closing(SqliteCatalogue(copy, {}, read_only=True)) as catalogue:
        problems = catalogue.check()
        if problems:
            raise StoreCorrupt(
                f"the catalogue is damaged and was not backed up: {'; '.join(problems)}"
            )
        documents, chunks = catalogue.counts()
    return Backup(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=documents,
        chunks=chunks,
        sha256=sha256_file(copy),
        size_bytes=copy.stat().st_size,
        own=own,
    )
