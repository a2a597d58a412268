"""Chunks that can be read; the documents of damaged ones are noted."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.revisions import RevisionTable
from citespan.index.catalogue.types import IndexedText
from citespan.index.errors import DocumentDamaged, DocumentNotFound
from citespan.index.layout import outline_of
from citespan.index.types import Chunk, Vectors

_TEXTS = 500  # chunks whose texts are in memory at a time


class ReadableChunks:
    """The chunks of one build with their texts; methods are as those of `Catalogue`.

    Args:
        table: the build's chunks.
        revisions: the documents; those with damaged chunks are noted there.
    """

    def __init__(self, table: ChunkTable, revisions: RevisionTable) -> None:
        self._table = table
        self._revisions = revisions

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        found, lost = self._table.chunks(ids)
        if lost:
            raise DocumentDamaged(min(self._note(lost)))
        return found

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        stored, vectors, lost = self._table.vectors(ids)
        if lost:
            self._note(lost)
        return stored, vectors

    def indexed_texts(self, ids: Collection[int]) -> Iterator[IndexedText]:
        ordered = self._table.in_order(ids)
        for at in range(0, len(ordered), _TEXTS):
            by_document: dict[str, list[Chunk]] = {}
            found, lost = self._table.chunks(ordered[at : at + _TEXTS])
            if lost:
                self._note(lost)
            for chunk in found.values():
                by_document.setdefault(chunk.document_id, []).append(chunk)
            for document_id, chunks in by_document.items():
                # The document may be deleted since; a damaged one is noted.
                with suppress(DocumentNotFound, DocumentDamaged):
                    yield from self._texts_of(document_id, chunks)

    def _texts_of(self, document_id: str, chunks: Sequence[Chunk]) -> Iterator[IndexedText]:
        document = self._revisions.document(document_id, chunks[0].revision)
        outline = outline_of(document, None)
        for chunk in chunks:
            title = chunk.titled(document.title)
            yield IndexedText(chunk, title, outline.seen(chunk.span))

    def _note(self, chunk_ids: Sequence[int]) -> set[str]:
        """Record the documents of damaged chunks as damaged, and return them."""
        found = self._table.documents_of(chunk_ids)
        self._revisions.note(found)
        return found
