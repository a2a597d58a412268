"""Backup files: the catalogues of collections, with a manifest that has their checksums.

A backup is a ZIP archive with `manifest.json` and, for each collection, `NAME/catalog.db` and the
files next to it. Derived files are not included, because they are rebuilt.
"""

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import msgspec

from citespan.decoding import from_json
from citespan.index.catalogue import SqliteCatalogue
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import (
    CATALOGUE,
    OWN_SETTINGS,
    make_folder,
    sync_folder,
    unavailable,
    write_durably,
)
from citespan.index.disk.hashing import sha256_file
from citespan.index.disk.pages import HEADER, catalogue_size
from citespan.index.disk.seal import unsealed
from citespan.index.errors import BackupInvalid, StoreCorrupt, StoreFull, StoreUnavailable
from citespan.index.transfer.side_files import SideFile, pack_side_files, side_files_size

_MANIFEST = "manifest.json"
_BLOCK = 1 << 20  # bytes copied at a time
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_MOST_MEMBERS = 5000  # more than the allowed 1,000 collections, with labels, and sources
_MOST_OWN = 65_536  # characters of a collection's own settings, which usually have some 300
_MOST_MANIFEST = 16 << 20  # bytes; 1,000 collections take half a megabyte

# Called with a folder that is to be restored; raises to refuse it.
Check: TypeAlias = Callable[[Path], None]


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One collection in a backup: sum and size of its catalogue, `own` settings, other files."""

    created_at: str
    documents: int
    chunks: int
    sha256: str
    size_bytes: int
    own: str = ""
    files: dict[str, SideFile] = {}


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a backup: its collections by name, and the names of damaged ones.

    every: the backup is of all collections, and each is restored under its own name.
    """

    format: int = 1
    collections: dict[str, Backup]
    left_out: tuple[str, ...] = ()
    every: bool = False


def accept(_: Path) -> None:
    """Accept any backup."""


def manifest_of(file: Path) -> BackupManifest:
    """Return the manifest of a backup.

    Raises:
        BackupInvalid: the file is no backup, or is damaged.
    """
    with opened_archive(file) as (_, made):
        return made


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


def pack(packed: zipfile.ZipFile, scratch: Path, name: str, folder: Path) -> Backup:
    """Write a sound catalogue, as of one moment, to an archive.

    Raises:
        StoreCorrupt: the catalogue or the settings are damaged, and cannot be a backup.
        StoreMismatch: another version made the catalogue.
    """
    copy = scratch / CATALOGUE
    with closing(SqliteCatalogue(folder / CATALOGUE, {}, read_only=True)) as catalogue:
        catalogue.copy_to(copy)
    reached("backup.copied")
    made = _described(copy, _own_settings(folder))
    packed.write(copy, _packed_as(name))
    copy.unlink()
    return msgspec.structs.replace(made, files=pack_side_files(packed, name, folder))


def complete(packed: zipfile.ZipFile, made: BackupManifest) -> None:
    """Write the manifest of an archive whose catalogues are packed."""
    packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(made)))


@contextmanager
def opened_archive(file: Path) -> Generator[tuple[zipfile.ZipFile, BackupManifest]]:
    """Open an archive for reading, and read its manifest.

    Raises:
        BackupInvalid: the file is no archive, or is damaged; also for reads inside the context.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed, _read_manifest(packed)
    except (
        zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, ValueError,
        OverflowError, RuntimeError, msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise BackupInvalid(
            f"{file} is not a backup of citespan, or is damaged: {error}"
        ) from error


def _read_manifest(packed: zipfile.ZipFile) -> BackupManifest:
    members = packed.infolist()
    if len(members) > _MOST_MEMBERS:
        raise BackupInvalid(f"{packed.filename} holds more files than a backup does")
    if not {member.compress_type for member in members} <= _METHODS:
        raise BackupInvalid(f"{packed.filename} is compressed as no backup is")
    if packed.getinfo(_MANIFEST).file_size > _MOST_MANIFEST:
        raise BackupInvalid(f"{packed.filename} has a longer manifest than a backup has")
    made = from_json(packed.read(_MANIFEST), BackupManifest)
    if made.format != 1:
        raise BackupInvalid(
            f"{packed.filename} was made by a later version of citespan; update citespan"
        )
    return made


def check_sizes(
    packed: zipfile.ZipFile, made: BackupManifest, names: Collection[str], folder: Path
) -> None:
    """Refuse an archive whose catalogues contradict its manifest, before any is written.

    Args:
        packed: the archive.
        made: its manifest.
        names: the collections to restore.
        folder: the folder to write to.

    Raises:
        BackupInvalid: a member is no catalogue, or its size is not the one in the manifest.
        StoreFull: the disk has no room for all of them.
    """
    needed = sum(_checked_size(packed, name, made.collections[name]) for name in names)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreFull(f"{packed.filename} takes {needed} bytes to restore; {free} are free")


def extract(packed: zipfile.ZipFile, name: str, made: Backup, new: Path, check: Check) -> None:
    """Write a catalogue of an archive and its settings durably to a new folder.

    Args:
        packed: the archive.
        name: the collection's name in the archive.
        made: the collection's part of the manifest.
        new: a folder that does not exist yet.
        check: as for `restore`.

    Raises:
        BackupInvalid: the catalogue is not what was packed.
        StoreMismatch: another version of citespan made the catalogue.
    """
    new.mkdir()
    _unpack(packed, _packed_as(name), new / CATALOGUE, made.sha256)
    SqliteCatalogue(new / CATALOGUE, {}, read_only=True).close()
    if made.own:
        write_durably(new / OWN_SETTINGS, made.own.encode())
    for part, stated in made.files.items():
        make_folder((new / part).parent)
        _unpack(packed, f"{name}/{part}", new / part, stated.sha256)
        sync_folder((new / part).parent)
    check(new)
    for leftover in new.glob(f"{CATALOGUE}-*"):  # made by opening it
        leftover.unlink()
    sync_folder(new)


def _checked_size(packed: zipfile.ZipFile, name: str, made: Backup) -> int:
    member = _packed_as(name)
    size = packed.getinfo(member).file_size
    with packed.open(member) as source:
        stated = catalogue_size(source.read(HEADER))
    if size != stated or made.size_bytes != size or len(made.own) > _MOST_OWN:
        raise BackupInvalid(f"{packed.filename} is damaged: {member} is not what its manifest says")
    return size + side_files_size(packed, name, made.files)


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


def _packed_as(name: str) -> str:
    return f"{name}/{CATALOGUE}"
