"""Checks and repairs of the catalogue's file, and the emptying of its log."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.damage import repair_chunks, wrong_parts
from citespan.index.catalogue.leftovers import ownerless_rows, unclean_free_pages
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.sources import SourceTable
from citespan.index.catalogue.tables import findings
from citespan.index.catalogue.types import Make
from citespan.index.disk.database import Database
from citespan.index.errors import StoreCorrupt, StoreUnavailable
from citespan.index.types import Build

_log = logging.getLogger("citespan.index")


class FileUpkeep:
    """The upkeep of a catalogue in one file; methods are as those of `Catalogue`.

    Args:
        path: the catalogue's file.
        db: the open file.
        revisions: its documents, and which of them are known to be damaged.
        sources: the files that texts were made of.
        read_only: another process may be writing to the file.
    """

    def __init__(
        self,
        path: Path,
        db: Database,
        revisions: RevisionTable,
        sources: SourceTable,
        *,
        read_only: bool,
    ) -> None:
        self._path = path
        self._db = db
        self._revisions = revisions
        self._sources = sources
        self._read_only = read_only

    def check(self, chunks: ChunkTable) -> list[str]:
        tables = (self._revisions, chunks, self._sources)
        parts = (self._check_file, *(table.problems for table in tables))
        return [problem for part in parts for problem in findings(part)]

    def repair(self, build: Build, chunks: ChunkTable, make: Make) -> list[str]:
        if self._read_only or not self.empty_log():
            return []
        try:
            found = sorted(chunks.damaged())
            if found:
                documents = (self._revisions.document(one, None) for one in found)
                rebuilt = [(document, *make(document)) for document in documents]
                repair_chunks(self._path, build.id, rebuilt)
        except StoreCorrupt as error:  # `check` lists the damage
            _log.warning("damaged chunks were not rebuilt: %s", error)
            return []
        self._revisions.damaged.difference_update(found)
        return found

    def leftovers(self, builds: Iterable[Build]) -> list[str]:
        found = list(ownerless_rows(self._db, [build.id for build in builds]))
        found += self._sources.leftovers()
        if self._read_only:
            return found
        if self.empty_log():
            if pages := unclean_free_pages(self._path):
                found.append(f"{pages} free pages of the catalogue hold data that was removed")
        elif not self._db.log_is_clean:
            found.append("removed pages stay in the log until no process reads the log")
        return found

    def empty_log(self) -> bool:
        """Empty the log, and return whether that worked; otherwise the next change tries again."""
        try:
            return self._db.empty_log()
        except StoreUnavailable as error:  # the change itself is committed and durable
            _log.warning("write-ahead log not emptied: %s", error)
            return False

    def _check_file(self) -> Iterator[str]:
        if not self._read_only and self.empty_log():
            for part, pages in wrong_parts(self._path).items():
                yield f"{pages} pages of {part} in the catalogue are damaged"
        yield from self._db.integrity_problems()
