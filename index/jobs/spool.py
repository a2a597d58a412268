"""Files that wait on disk until they are stored: one file per job, durable once written."""

import os
import zlib
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citespan.decoding import from_json, from_msgpack
from citespan.index.disk.folder import make_folder, sync_folder, unavailable
from citespan.index.errors import StoreCorrupt
from citespan.index.parse.request import Request
from citespan.index.reading import ReadFile
from citespan.index.types import Draft

_CHECKSUM = 8  # hexadecimal digits before each draft


class SpooledUpload(msgspec.Struct, frozen=True):
    """A file as a client sent it, which is still to be read; the request has no password."""

    data: bytes
    request: Request


class _Entry(msgspec.Struct, frozen=True):
    """A file on disk: read already, or not."""

    read: ReadFile | None
    upload: SpooledUpload | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledFile:
    """A file that a client sent: a draft, a file, or the reason why it was rejected.

    draft: a document that the client described itself.
    file: a file that was read already, because its password may not be stored.
    upload: a file that is still to be read.
    code: the reason in one word, if a reader rejected the file.
    """

    name: str
    draft: Draft | None = None
    file: ReadFile | None = None
    upload: SpooledUpload | None = None
    reason: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        if self.upload and self.upload.request.password:
            raise ValueError("a password may not be stored")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSlice:
    """The place of an entry's draft in the job's file, in bytes; `number` is the entry's index."""

    number: int
    name: str
    start: int
    length: int
    reason: str | None = None
    code: str | None = None


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

    @contextmanager
    def writing(self, job_id: str, entries: Iterable[SpooledFile]) -> Generator[list[SpoolSlice]]:
        """Store the drafts of a job durably; if that or the block fails, nothing is stored."""
        pieces: list[SpoolSlice] = []
        path = self._folder / job_id
        try:
            with _translated(path), path.open("xb") as file:
                for number, entry in enumerate(entries):
                    piece, data = slice_of(number, file.tell(), entry)
                    file.write(data)
                    pieces.append(piece)
                file.flush()
                os.fsync(file.fileno())
                sync_folder(self._folder)
            yield pieces
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def read(self, job_id: str, piece: SpoolSlice) -> ReadFile | SpooledUpload:
        """Return the file of an entry, or its bytes, which are still to be read.

        Raises:
            StoreCorrupt: the file is not what was written.
        """
        path = self._folder / job_id
        with _translated(path), path.open("rb") as file:
            file.seek(piece.start)
            return unpacked(file.read(piece.length), f"{path}, from byte {piece.start},")

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


def slice_of(number: int, start: int, entry: SpooledFile) -> tuple[SpoolSlice, bytes]:
    """Return the place of an entry that begins at `start`, and its bytes with their checksum."""
    data = b"" if entry.reason is not None else _sealed(msgspec.msgpack.encode(_entry(entry)))
    piece = SpoolSlice(
        number=number, name=entry.name, start=start, length=len(data), reason=entry.reason,
        code=entry.code,
    )  # fmt: skip
    return piece, data


def unpacked(data: bytes, where: str) -> ReadFile | SpooledUpload:
    """Return the file of an entry, or its bytes, which are still to be read.

    Raises:
        StoreCorrupt: the bytes are not what was written.
    """
    try:
        return _content(_unsealed(data))
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreCorrupt(f"{where} is damaged; send the documents again") from error


def _entry(entry: SpooledFile) -> _Entry:
    draft = entry.draft and ReadFile(draft=entry.draft)
    return _Entry(read=entry.file or draft, upload=entry.upload)


def _content(data: bytes) -> ReadFile | SpooledUpload:
    """Return what was written.

    Raises:
        ValueError: nothing was.
    """
    if data.startswith(b"{"):  # by an earlier version
        return ReadFile(draft=from_json(data, Draft))
    entry = from_msgpack(data, _Entry)
    if found := entry.read or entry.upload:
        return found
    raise ValueError("the entry is empty")


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
