"""Exports and imports of documents with their revisions, as JSON Lines."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from citespan.index.catalogue import Catalogue, CatalogueServer, histories
from citespan.index.corpus import Corpus, open_catalogue
from citespan.index.disk.folder import sync_folder
from citespan.index.errors import ExportInvalid, StoreUnavailable
from citespan.index.transfer.jsonl import (
    EndLine,
    Header,
    Line,
    encoded,
    lines_of,
    read_histories,
)
from citespan.index.types import StoreResult


def export_file(folder: Path, file: Path, server: CatalogueServer | None = None) -> EndLine:
    """Write all documents of a data folder, as of one moment, to a new file.

    Other processes may read and write the folder meanwhile. The file appears whole, or not at all.
    If the process is killed, a folder `.citespan-export-…` remains next to the file; it can be
    deleted.

    Args:
        folder: the data folder.
        file: the new file.
        server: the server that holds the documents in place of the folder.

    Raises:
        StoreUnavailable: the folder holds nothing, the file exists, or it cannot be written.
        StoreCorrupt: the catalogue is damaged, and cannot be exported.
        StoreMismatch: another version made the catalogue.
    """
    if file.exists():
        raise StoreUnavailable(f"{file} exists; choose another name")
    try:
        with TemporaryDirectory(dir=file.absolute().parent, prefix=".citespan-export-") as scratch:
            made = Path(scratch) / "export"
            with made.open("wb") as out:
                end = export_to(folder, out, server)
                out.flush()
                os.fsync(out.fileno())
            made.rename(file)
            sync_folder(file.absolute().parent)
    except OSError as error:
        raise StoreUnavailable(f"cannot write {file}: {error.strerror or error}") from error
    return end


def export_to(folder: Path, out: BinaryIO, server: CatalogueServer | None = None) -> EndLine:
    """Write all documents of a data folder to a stream; its last line shows that it is whole.

    Raises:
        As `export_file`.
    """
    with open_catalogue(folder, server) as catalogue:
        if catalogue is None:
            raise StoreUnavailable(f"nothing is stored in {folder}; there is nothing to export")
        return export_documents(catalogue, out)


def export_documents(catalogue: Catalogue, out: BinaryIO) -> EndLine:
    """Write the documents of a catalogue, as of one moment; one is in memory at a time."""
    digest = hashlib.sha256()
    documents = revisions = retired = 0

    def write(lines: Iterable[Header | Line]) -> None:
        for line in lines:
            digest.update(raw := encoded(line))
            out.write(raw)

    with catalogue.snapshot():
        write([Header(created_at=datetime.now(UTC).isoformat(timespec="seconds"))])
        for history in histories(catalogue):
            write(lines_of(history))
            documents += bool(history.revisions)
            revisions += len(history.revisions)
            retired += bool(history.retired)
    end = EndLine(
        documents=documents, revisions=revisions, retired=retired, sha256=digest.hexdigest()
    )
    out.write(encoded(end))
    return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A checked import: iterating `stored` stores its `documents` one by one."""

    documents: int
    stored: Iterator[StoreResult]


def import_documents(corpus: Corpus, file: Path) -> Import:
    """Import documents of an export with ids, revisions and times, so that citations resolve.

    The whole file is checked before any document is stored. Each document is durable when its
    result is yielded. If an import is interrupted, importing the same file again continues it. The
    embedder of this corpus makes the vectors.

    Raises:
        ExportInvalid: the file is no export, is damaged, or contradicts the store; the message
            says in which line and why.
        OSError: the file cannot be read.
    """
    documents = 0
    with file.open("rb") as opened:
        for number, history in read_histories(opened):
            try:
                corpus.holds(history)
            except ExportInvalid as error:
                raise ExportInvalid(f"line {number}: {error}") from error
            documents += bool(history.revisions)
    return Import(documents=documents, stored=_stored(corpus, file))


def _stored(corpus: Corpus, file: Path) -> Iterator[StoreResult]:
    with file.open("rb") as opened:
        yield from corpus.adopt(history for _, history in read_histories(opened))
