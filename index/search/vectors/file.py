"""The file in which an approximate index is kept between two starts."""

from contextlib import suppress
from pathlib import Path

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.folder import sync_folder
from citespan.index.disk.hashing import sha256_file
from citespan.index.search.vectors.ivf import IvfIndex

_NAME = "vectors"


class VectorFile:
    """One file, whose SHA-256 stands in the catalogue: it is used if it has that, or not at all.

    Args:
        folder: where it lies; made when something is saved.
        catalogue: what the index is derived from.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._path = folder / "vectors.faiss"
        self._fresh = folder / "vectors.faiss.new"
        self._catalogue = catalogue

    def load(self, dim: int) -> IvfIndex | None:
        """What was saved last, mapped into memory; None if nothing was.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not what was saved.
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
        """Put an index in the place of what was saved before.

        Raises:
            OSError, StoreUnavailable: it cannot be written. What is there now may be neither what
                was saved before nor this; `load` will tell.
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
        """Remove what a kill has left.

        Raises:
            OSError: it cannot be removed.
        """
        self._fresh.unlink(missing_ok=True)
        if not self._catalogue.derived(_NAME):
            self._path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget what was saved.

        Raises:
            OSError, StoreUnavailable: it cannot be removed.
        """
        if self._catalogue.derived(_NAME):
            self._catalogue.record_derived(_NAME, {})
        self.tidy()
