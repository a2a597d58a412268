"""Drafts that wait on disk until they are stored: one file per job, durable once written."""

import os
import zlib
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citespan.index.disk.folder import make_folder, sync_folder, unavailable
from citespan.index.errors import StoreCorrupt
from citespan.index.types import Draft

_CHECKSUM = 8  # hexadecimal digits before each draft


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledFile:
    """A file that a client sent: its draft, or the reason why it was rejected."""

    name: str
    draft: Draft | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSlice:
    """The place of an entry's draft in the job's file, in bytes; `number` is the entry's index."""

    number: int
    name: str
    start: int
    length: int
    reason: str | None = None


class Spool:
    """A folder of such files, made if missing.

    Raises:
        StoreUnavailable: the folder cannot be made. Any method: it cannot be read or written.
        StoreCorrupt: any method: the folder or file no longer exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _translated(folder):
            make_folder(folder)

    def write(self, job_id: str, entries: Iterable[SpooledFile]) -> list[SpoolSlice]:
        """Store the drafts of a job durably; if that fails, nothing is stored."""
        pieces: list[SpoolSlice] = []
        path = self._folder / job_id
        try:
            with _translated(path), path.open("xb") as file:
                for number, entry in enumerate(entries):
                    start = file.tell()
                    if entry.draft is not None:
                        file.write(_sealed(msgspec.json.encode(entry.draft)))
                    pieces.append(
                        SpoolSlice(
                            number=number, name=entry.name, start=start,
                            length=file.tell() - start, reason=entry.reason,
                        )
                    )  # fmt: skip
                file.flush()
                os.fsync(file.fileno())
                sync_folder(self._folder)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return pieces

    def read(self, job_id: str, piece: SpoolSlice) -> Draft:
        """Return the draft of an entry.

        Raises:
            StoreCorrupt: the draft is not what was written.
        """
        path = self._folder / job_id
        try:
            with _translated(path), path.open("rb") as file:
                file.seek(piece.start)
                return msgspec.json.decode(_unsealed(file.read(piece.length)), type=Draft)
        except (msgspec.MsgspecError, ValueError) as error:
            raise StoreCorrupt(
                f"{path} is damaged at byte {piece.start}; send the documents again"
            ) from error

    def remove(self, job_id: str) -> None:
        """Delete the drafts of a job."""
        path = self._folder / job_id
        with _translated(path):
            path.unlink(missing_ok=True)

    def keep(self, job_ids: Collection[str]) -> None:
        """Delete the drafts of all jobs except these."""
        with _translated(self._folder):
            for path in self._folder.iterdir():
                if path.name not in job_ids:
                    path.unlink()


def _sealed(data: bytes) -> bytes:
    return b"%08x" % zlib.crc32(data) + data


def _unsealed(sealed: bytes) -> bytes:
    """Return the sealed data.

    Raises:
        ValueError: the data has changed since it was sealed.
    """
    data = sealed[_CHECKSUM:]
    if _sealed(data) != sealed:
        raise ValueError("its checksum is wrong")
    return data


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StoreCorrupt(f"{path} is missing; send the documents again") from error
    except OSError as error:
        raise unavailable(f"{path} cannot be used", error) from error
