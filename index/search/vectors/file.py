"""The file that stores an approximate index between two starts."""

from contextlib import suppress
from pathlib import Path

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import sync_folder
from citespan.index.disk.hashing import sha256_file
from citespan.index.search.vectors.ivf import IvfIndex

_NAME = "vectors"


class VectorFile:
    """One file, which is used only if its SHA-256 is the one recorded in the catalogue.

    Args:
        folder: the folder of the file; made by the first save.
        catalogue: the catalogue that the index is derived from.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._path = folder / "vectors.faiss"
        self._fresh = folder / "vectors.faiss.new"
        self._catalogue = catalogue

    def load(self, dim: int) -> IvfIndex | None:
        """Return the last saved index, mapped into memory; None if none was saved.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file is not what was saved.
        """
        record = self._catalogue.derived(_NAME)
        if not record:
            return None
        if sha256_file(self._path) != record.get("sha256"):
            raise ValueError("its checksum is wrong")
        index = IvfIndex.load(self._path, dim, self._catalogue.vectors)
        if str(len(index)) != record.get("vectors"):
            raise ValueError("it holds more or fewer vectors than were saved")
        index.recall = float(record.get("recall", ""))
        return index

    def save(self, index: IvfIndex) -> None:
        """Replace the saved index.

        Raises:
            OSError, StoreUnavailable: the file cannot be written. The file may then hold neither
                the former index nor the new one, which `load` detects.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            sha256 = index.save(self._fresh)
        except OSError:
            with suppress(OSError):
                self._fresh.unlink(missing_ok=True)
            raise
        reached("vectors.written")
        self._fresh.replace(self._path)
        reached("vectors.renamed")
        sync_folder(self._path.parent)
        record = {"sha256": sha256, "vectors": str(len(index)), "recall": repr(index.recall)}
        self._catalogue.record_derived(_NAME, record)
        reached("vectors.recorded")

    def tidy(self) -> None:
        """Delete files that a killed process has left.

        Raises:
            OSError: a file cannot be deleted.
        """
        self._fresh.unlink(missing_ok=True)
        if not self._catalogue.derived(_NAME):
            self._path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the saved index.

        Raises:
            OSError, StoreUnavailable: the file cannot be deleted.
        """
        if self._catalogue.derived(_NAME):
            self._catalogue.record_derived(_NAME, {})
        self.tidy()
