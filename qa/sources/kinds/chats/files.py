"""The JSON files of an export: a folder, a ZIP or TAR archive, or one file."""

import tarfile
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from citespan.decoding import from_json

_SUFFIX = ".json"


class ExportFiles:
    """The files of an export, by their paths in it. Only files that end in `.json` are there.

    Args:
        path: the folder, the archive, or the file.
        most_bytes: how large a file may be, unpacked.
        most_files: how many files there may be.

    Raises:
        OSError, tarfile.TarError, zipfile.BadZipFile: any method: a file cannot be read.
        ValueError: any method: there are too many files, or one is too large or is no such JSON.
    """

    def __init__(self, path: Path, most_bytes: int, most_files: int) -> None:
        self._path, self._most_bytes, self._most_files = path, most_bytes, most_files
        self._held = ExitStack()
        self._openers: dict[str, Callable[[], IO[bytes] | None]] | None = None

    def names(self) -> list[str]:
        """Return the paths of the files, in order."""
        return sorted(self._files())

    def read(self, name: str, kind: Any) -> Any:
        """Return a file as a value of a type."""
        with self._opened(name) as file:
            data = file.read(self._most_bytes + 1)
        if len(data) > self._most_bytes:
            raise ValueError(f"{name} is larger than sources.max_bytes")
        return from_json(data.removeprefix(b"\xef\xbb\xbf"), kind)

    def close(self) -> None:
        """Close the archive."""
        self._held.close()

    def _opened(self, name: str) -> IO[bytes]:
        found = self._files()[name]()
        if found is None:
            raise ValueError(f"{name} is no file")
        return found

    def _files(self) -> dict[str, Callable[[], IO[bytes] | None]]:
        if self._openers is None:
            found = self._listed()
            if len(found) > self._most_files:
                raise ValueError(f"it has more than {self._most_files} files (sources.max_entries)")
            self._openers = found
        return self._openers

    def _listed(self) -> dict[str, Callable[[], IO[bytes] | None]]:
        path = self._path
        if path.is_dir():
            paths = (one for one in path.rglob(f"*{_SUFFIX}") if one.is_file())
            return {one.relative_to(path).as_posix(): _opener(one.open, "rb") for one in paths}
        if path.suffix == _SUFFIX:
            return {path.name: _opener(path.open, "rb")}
        if path.name.endswith((".tar", ".tar.gz", ".tgz")):
            tar = self._held.enter_context(tarfile.open(path))  # noqa: SIM115
            members = (one for one in tar if one.isfile() and one.name.endswith(_SUFFIX))
            return {one.name.removeprefix("./"): _opener(tar.extractfile, one) for one in members}
        archive = self._held.enter_context(zipfile.ZipFile(path))
        names = (one for one in archive.namelist() if one.endswith(_SUFFIX))
        return {one: _opener(archive.open, one) for one in names}


def _opener(opening: Callable[..., Any], *words: Any) -> Callable[[], IO[bytes] | None]:
    return lambda: opening(*words)
