"""Backups: the catalogue, the only truth, as one file that knows its own checksum.

A ZIP archive with `manifest.json` and `catalog.db`. What is derived is not in it: it is made again.
"""

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager, suppress
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
_MOST_MEMBERS = 2000  # of 1,000 collections that there can be, and the manifest
_MOST_OWN = 65_536  # characters of a collection's own settings, which have some 300
_MOST_MANIFEST = 16 << 20  # bytes; 1,000 collections take half a megabyte


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: `sha256` of the catalogue in it, `own` settings of a collection.

    size_bytes: of the catalogue; 0 in backups of earlier versions.
    """

    format: int = 1
    created_at: str
    documents: int
    chunks: int
    sha256: str
    size_bytes: int = 0
    own: str = ""


Check: TypeAlias = Callable[[Path], None]  # of a folder that is to be restored; raises to refuse it


def accept(_: Path) -> None:
    """Take whatever is in a backup."""


def back_up(folder: Path, file: Path) -> Backup:
    """Write all that is stored in a data folder to a new file, as it is at one moment.

    Others may read and write the folder meanwhile. The file is there whole, or not at all; killed,
    this leaves a folder `.citespan-backup-…` beside it, which can be deleted.

    Raises:
        StoreUnavailable: the folder holds nothing, the file exists, or it cannot be written.
        StoreCorrupt: the catalogue or the settings are damaged: that is no backup.
        StoreMismatch: it was made by another version.
    """
    settle(folder)
    if not (folder / CATALOGUE).exists():
        raise StoreUnavailable(f"nothing is stored in {folder}")
    with new_archive(file) as (packed, scratch):
        made, copy = packed_catalogue(folder, scratch)
        packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(made)))
        packed.write(copy, CATALOGUE)
    return made


def restore(file: Path, folder: Path, *, replace: bool = False, check: Check = accept) -> Backup:
    """Put what a backup holds into a data folder that holds nothing, or in the place of all there.

    The folder is as it was unless all has been checked and written beside what it holds. Processes
    that read what was there before go on with that until they open it again.

    Args:
        file: the backup.
        folder: the data folder.
        replace: over what the folder holds.
        check: called with a folder that holds what is to be put there; what it raises is raised,
            and nothing has changed.

    Raises:
        BackupInvalid: the file is no backup, or damaged.
        StoreMismatch: a later version made it.
        StoreUnavailable: the folder holds documents and `replace` is not set, or cannot be written.
        StoreLocked: another process is writing to the folder.
    """
    lock = lock_for_writing(folder)
    try:
        if not replace and any(folder.glob(f"{CATALOGUE}*")):
            raise StoreUnavailable(
                f"{folder} holds documents already; restore into another folder, or over them with"
                " --replace"
            )
        with TemporaryDirectory(dir=folder, prefix=RESTORING) as scratch:
            with opened_archive(file) as packed:
                made = msgspec.json.decode(read_manifest(packed, _MANIFEST), type=Backup)
                if made.format != 1:
                    raise BackupInvalid(f"{file} was made by a later version of citespan")
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
    """A sound copy of a catalogue, as it is at one moment, in another folder; and what it holds.

    Raises:
        StoreCorrupt: the catalogue or the settings are damaged: that is no backup.
        StoreMismatch: it was made by another version.
    """
    copy = scratch / CATALOGUE
    with closing(SqliteCatalogue(folder / CATALOGUE, {}, read_only=True)) as catalogue:
        catalogue.copy_to(copy)
    reached("backup.copied")
    return _described(copy, _own_settings(folder)), copy


@contextmanager
def new_archive(file: Path) -> Generator[tuple[zipfile.ZipFile, Path]]:
    """An archive that is there under its name once it is whole and on the disk; and a folder.

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
    """An archive to be read.

    Raises:
        BackupInvalid: it is none, or damaged; of what is read inside too.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except (
        zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, ValueError,
        OverflowError, RuntimeError, msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise BackupInvalid(f"{file} is not a backup of citespan, or damaged: {error}") from error


def read_manifest(packed: zipfile.ZipFile, name: str) -> bytes:
    """What an archive says that it holds.

    Raises:
        BackupInvalid: it has more members, or says more, than any backup does.
    """
    members = packed.infolist()
    if len(members) > _MOST_MEMBERS:
        raise BackupInvalid(f"{packed.filename} holds more files than a backup does")
    if not {member.compress_type for member in members} <= _METHODS:
        raise BackupInvalid(f"{packed.filename} is packed as no backup is")
    if packed.getinfo(name).file_size > _MOST_MANIFEST:
        raise BackupInvalid(f"{packed.filename} says more of itself than a backup does")
    return packed.read(name)


def check_sizes(packed: zipfile.ZipFile, members: Mapping[str, Backup], folder: Path) -> None:
    """Refuse an archive whose catalogues are not what they are said to be, before any is written.

    Args:
        packed: the archive.
        members: what is said of each catalogue in it, by its name there.
        folder: where they are to be written.

    Raises:
        BackupInvalid: one is no catalogue, or not of the size that is said.
        StoreFull: the disk has no room for all of them.
    """
    needed = sum(_checked_size(packed, name, made) for name, made in members.items())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreFull(f"{packed.filename} takes {needed} bytes when restored; {free} are free")


def _checked_size(packed: zipfile.ZipFile, name: str, made: Backup) -> int:
    size = packed.getinfo(name).file_size
    with packed.open(name) as source:
        says = catalogue_size(source.read(HEADER))
    if size != says or made.size_bytes not in {0, size} or len(made.own) > _MOST_OWN:
        raise BackupInvalid(f"{packed.filename} is damaged: {name} is not what it says that it is")
    return size


def extract(packed: zipfile.ZipFile, name: str, made: Backup, new: Path, check: Check) -> None:
    """Write the catalogue that an archive has under a name, and its settings, durably.

    Args:
        packed: the archive.
        name: of the catalogue in it.
        made: what the backup says that it is.
        new: a folder that is not there yet.
        check: as for `restore`.

    Raises:
        BackupInvalid: it is not what was packed.
        StoreMismatch: a later version made it.
    """
    new.mkdir()
    _unpack(packed, name, new / CATALOGUE, made.sha256)
    with suppress(StoreUnavailable):  # of an earlier version: opening it to write will do
        SqliteCatalogue(new / CATALOGUE, {}, read_only=True).close()
    if made.own:
        write_durably(new / OWN_SETTINGS, made.own.encode())
    check(new)
    for left in new.glob(f"{CATALOGUE}-*"):  # of opening it
        left.unlink()
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
        raise BackupInvalid(f"{packed.filename} is damaged: its checksum is wrong")


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
            raise StoreCorrupt(f"the catalogue is damaged, not backed up: {'; '.join(problems)}")
        documents, chunks = catalogue.counts()
    return Backup(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=documents,
        chunks=chunks,
        sha256=sha256_file(copy),
        size_bytes=copy.stat().st_size,
        own=own,
    )
