"""Moving documents from one catalogue to another, with their vectors, checked one by one."""

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citespan.index.catalogue import (
    Catalogue,
    CatalogueServer,
    History,
    SqliteCatalogue,
    histories,
    is_held,
)
from citespan.index.disk.folder import CATALOGUE, check_catalogue, lock_for_writing
from citespan.index.errors import DocumentDamaged, ExportInvalid, StoreCorrupt

_READ = 5_000  # chunks at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What both catalogues hold after a migration."""

    documents: int
    chunks: int


def _quiet(_: str) -> None:
    """Ignore the progress."""


@contextmanager
def open_target(
    folder: Path, server: CatalogueServer | None, settings: Mapping[str, str]
) -> Generator[Catalogue]:
    """Open the catalogue that documents are moved to, made with these settings if it is missing.

    Args:
        folder: the data folder of the catalogue.
        server: the server that holds the catalogue in place of the folder.
        settings: those of the build that is moved.

    Raises:
        StoreLocked: another process has the folder open for writing.
        StoreMismatch: the catalogue was made with other settings.
        StoreUnavailable: the folder or the server cannot be used.
    """
    with ExitStack() as opened:
        if server is not None:
            from citespan.index.catalogue import PostgresCatalogue  # its driver is an extra

            catalogue = PostgresCatalogue(server, settings)
        else:
            opened.callback(lock_for_writing(folder).release)
            check_catalogue(folder)
            catalogue = SqliteCatalogue(folder / CATALOGUE, settings)
        opened.callback(catalogue.close)
        yield catalogue


def migrate(
    source: Catalogue, target: Catalogue, on_document: Callable[[str], None] = _quiet
) -> Migration:
    """Copy all that a catalogue holds, as of one moment, but no build except the live one.

    Each document is compared after it was copied: revisions, files, chunks and vectors. Documents
    that the target holds already are only compared, so that a migration that was stopped can be
    run again.

    Args:
        source: the catalogue that is copied; it does not change.
        target: a catalogue with the same settings that is empty, or holds a part of the copy.
        on_document: called with the id of each document once it is copied and compared.

    Raises:
        ExportInvalid: the target holds other documents.
        StoreCorrupt: a document is damaged in the source, or differs in the target.
    """
    with source.snapshot():
        chunks_of = _chunks_by_document(source)
        for history in histories(source):
            _copy(source, target, history, chunks_of.get(history.id, []))
            on_document(history.id)
        for name in source.tracking.sources():
            for entry in source.tracking.of(name):
                target.tracking.record(entry)
        if source.build.own != target.build.own:
            target.switch(source.build.own)
        documents, chunks = counted = source.counts()
        if target.counts() != counted:
            raise ExportInvalid(
                "the target holds other documents, too; choose an empty one, or delete them"
            )
    return Migration(documents=documents, chunks=chunks)


def _chunks_by_document(source: Catalogue) -> Mapping[str, Sequence[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    ids = sorted(source.chunk_ids())
    for at in range(0, len(ids), _READ):
        for chunk in source.chunks(ids[at : at + _READ]).values():
            found[chunk.document_id].append(chunk.id)
    return found


def _copy(source: Catalogue, target: Catalogue, history: History, ids: Sequence[int]) -> None:
    """Copy one history, unless the target holds it, and compare both."""
    if history.retired:
        target.retire(history.id, history.retired)
    if not history.revisions:
        return
    found = source.chunks(ids)
    chunks = sorted(found.values(), key=lambda chunk: chunk.span)
    stored, vectors = source.vectors([chunk.id for chunk in chunks])
    if len(stored) != len(ids):
        raise DocumentDamaged(history.id)
    *past, document = history.revisions
    if not is_held(target, history):
        target.store(document, chunks, vectors, past=past, sources=history.sources)
    same = (
        all(target.document(one.id, one.revision) == one for one in history.revisions)
        and all(
            target.sources.file(document.id, revision) == file
            for revision, file in history.sources.items()
        )
        and target.chunks(ids) == found
        and np.array_equal(target.vectors(stored)[1], vectors)
    )
    if not same:
        raise StoreCorrupt(f"document {history.id!r} differs in the target; empty it and try again")
