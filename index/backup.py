"""Backups: the catalogue, the only truth, as one file that knows its own checksum.

A ZIP archive with `manifest.json` and `catalog.db`. What is derived is not in it: it is made again.
"""

import hashlib
import os
import struct
import zipfile
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from index.catalog import SqliteCatalogue
from index.crashpoints import reached
from index.errors import BackupInvalid, StoreCorrupt, StoreUnavailable
from index.folder import (
    CATALOGUE,
    OWN_SETTINGS,
    RESTORING,
    lock_for_writing,
    sync_folder,
    unavailable,
    write_durably,
)
from index.hashing import sha256_file

_MANIFEST = "manifest.json"
_BLOCK = 1 << 20  # bytes copied at a time


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: `sha256` of the catalogue in it, `own` settings of a collection."""

    format: int = 1
    created_at: str
    documents: int
    chunks: int
    sha256: str
    own: str = ""


def back_up(folder: Path, file: Path) -> Backup:
    """Write all that is stored in a data folder to a new file, as it is at one moment.

    Others may read and write the folder meanwhile. The file is there whole, or not at all; killed,
    this leaves a folder `.citespan-backup-…` beside it, which can be deleted.

    Raises:
        StoreUnavailable: the folder holds nothing, the file exists, or it cannot be written.
        StoreCorrupt: the catalogue is damaged: that is no backup.
        StoreMismatch: it was made by another version.
    """
    source = folder / CATALOGUE
    if not source.exists():
        raise StoreUnavailable(f"nothing is stored in {folder}")
    if file.exists():
        raise StoreUnavailable(f"{file} exists; choose another name")
    try:
        with TemporaryDirectory(dir=file.absolute().parent, prefix=".citespan-backup-") as scratch:
            copy = Path(scratch) / CATALOGUE
            with closing(SqliteCatalogue(source, {}, read_only=True)) as catalogue:
                catalogue.copy_to(copy)
            reached("backup.copied")
            made = _described(copy, _own_settings(folder))
            _write_archive(Path(scratch) / "archive", copy, made)
            reached("backup.written")
            (Path(scratch) / "archive").rename(file)
            reached("backup.renamed")
            sync_folder(file.absolute().parent)
    except OSError as error:
        raise unavailable(f"cannot write {file}", error) from error
    return made


def restore(file: Path, folder: Path) -> Backup:
    """Put what a backup holds into a data folder that holds nothing.

    Nothing is in the folder unless all of it has been checked and written.

    Raises:
        BackupInvalid: the file is no backup, or damaged.
        StoreUnavailable: the folder holds documents, or cannot be written.
        StoreLocked: another process is writing to the folder.
    """
    lock = lock_for_writing(folder)
    try:
        if any(folder.glob(f"{CATALOGUE}*")):
            raise StoreUnavailable(
                f"{folder} holds documents already; restore into another folder, or move"
                f" {CATALOGUE}* away"
            )
        with TemporaryDirectory(dir=folder, prefix=RESTORING) as scratch:
            copy = Path(scratch) / CATALOGUE
            made = _extracted(file, copy)
            if made.own:
                own = Path(scratch) / OWN_SETTINGS
                write_durably(own, made.own.encode())
                own.rename(folder / OWN_SETTINGS)
            reached("restore.extracted")
            copy.rename(folder / CATALOGUE)
            reached("restore.renamed")
            sync_folder(folder)
    except OSError as error:
        raise unavailable("cannot restore", error) from error
    finally:
        lock.release()
    return made


def _own_settings(folder: Path) -> str:
    own = folder / OWN_SETTINGS
    return own.read_text(encoding="utf-8") if own.exists() else ""


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
        own=own,
    )


def _write_archive(archive: Path, copy: Path, made: Backup) -> None:
    with archive.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(made)))
            packed.write(copy, CATALOGUE)
        file.flush()
        os.fsync(file.fileno())


def _extracted(file: Path, copy: Path) -> Backup:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(file) as packed:
            made = msgspec.json.decode(packed.read(_MANIFEST), type=Backup)
            with packed.open(CATALOGUE) as source, copy.open("wb") as target:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
    except (
        zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, ValueError,
        OverflowError, RuntimeError, msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise BackupInvalid(f"{file} is not a backup of citespan, or damaged: {error}") from error
    if made.format != 1:
        raise BackupInvalid(f"{file} was made by a later version of citespan")
    if digest.hexdigest() != made.sha256:
        raise BackupInvalid(f"{file} is damaged: its checksum is wrong")
    return made
