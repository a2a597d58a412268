"""A folder of this machine, at any depth."""

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from citespan.index.reading import Unreadable
from citespan.qa.sources.errors import Gone, Incomplete, NotRead
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.choice import PathChoice
from citespan.qa.sources.types import Content, SourceEntry

IGNORED = ".citespanignore"  # patterns of what is left out, as `.gitignore` has them


class FolderSource:
    """The files of a folder. Names that begin with a dot are left out, and links out of the folder.

    The version of a file is its time and its size. So a file that is only touched is read again,
    and then found to be the same.

    Args:
        folder: the folder.
        include, exclude: patterns of paths inside; the file `.citespanignore` excludes, too.
        outgoing: the limits.
    """

    whole = True

    def __init__(
        self,
        folder: Path,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        outgoing: Outgoing | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._include, self._exclude = include, exclude
        self._limits = outgoing or Outgoing()

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the files, as `DocumentSource.entries`."""
        choice = PathChoice(self._include, [*self._exclude, *self._ignored()])
        failed: list[str] = []
        for number, (path, found) in enumerate(self._walk(self._folder, "", choice, failed)):
            if number >= self._limits.max_entries:
                raise Incomplete(f"there are more than {number} files (sources.max_entries)")
            yield SourceEntry(
                key=_key(path),
                uri=(self._folder / path).as_uri(),
                version=f"{found.st_mtime_ns}-{found.st_size}",
                size=found.st_size,
                modified=datetime.fromtimestamp(found.st_mtime, UTC),
            )
        if failed:
            raise Incomplete(failed[0])

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002  (the listing knows)
        """Return the bytes of a file, as `DocumentSource.read`."""
        path = self._folder / _path(entry.key)
        most = self._limits.max_bytes
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
        except FileNotFoundError as error:
            raise Gone(f"{path} is no longer there") from error
        except OSError as error:
            raise NotRead(f"{path} cannot be read: {error.strerror}") from error
        if len(data) > most:
            raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
        return Content(data=data, name=path.name.encode(errors="replace").decode())

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _walk(
        self, folder: Path, inside: str, choice: PathChoice, failed: list[str]
    ) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(folder) as scanned:
                found = sorted(scanned, key=lambda one: one.name)
        except OSError as error:
            failed.append(f"the folder {folder} cannot be listed: {error.strerror}")
            return
        for one in found:
            path = f"{inside}{one.name}"
            if one.name.startswith("."):
                continue
            try:
                if one.is_dir(follow_symlinks=False):
                    if not choice.refuses_folder(path):
                        yield from self._walk(folder / one.name, f"{path}/", choice, failed)
                elif choice.takes(path) and (status := self._status(one)):
                    yield path, status
            except FileNotFoundError:  # deleted meanwhile
                continue
            except OSError as error:
                failed.append(f"{folder / one.name} cannot be examined: {error.strerror}")

    def _status(self, one: os.DirEntry[str]) -> os.stat_result | None:
        """Return the status of a regular file, or of one inside that a link leads to."""
        if one.is_symlink():
            target = Path(one.path).resolve(strict=True)
            if not target.is_relative_to(self._folder.resolve()):
                return None
        status = one.stat()
        return status if stat.S_ISREG(status.st_mode) else None

    def _ignored(self) -> list[str]:
        try:
            return (self._folder / IGNORED).read_text("utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Incomplete(f"{self._folder / IGNORED} cannot be read: {error}") from error


def _key(path: str) -> str:
    """Return a path as text: the bytes of a name that is not Unicode are written as %XX."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"\0{quote(os.fsencode(path))}"
    return path


def _path(key: str) -> str:
    return os.fsdecode(unquote_to_bytes(key[1:])) if key.startswith("\0") else key
