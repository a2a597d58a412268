"""Chunks and vectors of a document: a pure function of it, its layout and the embedder."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from citespan.index.corpus.contexts import CONTEXT_TOKENS, contexts_of
from citespan.index.corpus.passages import chunk_of, embedded_texts
from citespan.index.embedding.protocol import Embedder
from citespan.index.layout import Layout, outline_of
from citespan.index.text.chunking import counted_chunks
from citespan.index.types import Chunk, Document, Vectors

OnChunks: TypeAlias = Callable[[str, int, int], None]  # document id, chunks embedded, of how many

_EMBED_BATCH = 64  # texts between two calls of `on_chunks`


def quiet(_: str, __: int, ___: int) -> None:
    """Ignore the progress."""


class ChunkMaker(Protocol):
    """What makes chunks and vectors elsewhere, for a writer that stores them here."""

    @property
    def at_once(self) -> int:
        """How many documents are made at once, at least 1."""
        ...

    def chunked(
        self,
        embedder: Embedder,
        chunk_tokens: int,
        document: Document,
        on_chunks: OnChunks,
        layout: Layout | None = None,
    ) -> tuple[Sequence[Chunk], Vectors]:
        """Return what the function `chunked` returns, up to rounding of the vectors."""
        ...


def chunked(
    embedder: Embedder,
    chunk_tokens: int,
    document: Document,
    on_chunks: OnChunks,
    layout: Layout | None = None,
) -> tuple[Sequence[Chunk], Vectors]:
    """Return the chunks of a document, and their (n, dim) vectors.

    Args:
        embedder: counts tokens, and makes the vectors.
        chunk_tokens: the most tokens of a chunk.
        document: the document to cut.
        on_chunks: called between batches with the document's id, how many chunks are embedded,
            first 0, and how many there are, 0 while unknown. If it raises, the work ends.
        layout: the layout of the document's file, if the text was read from one.
    """

    def count(text: str) -> int:
        on_chunks(document.id, 0, 0)  # cutting a large text takes long: let the caller cancel
        return embedder.count_tokens(text)

    room = min(CONTEXT_TOKENS, embedder.max_tokens - chunk_tokens - 1)
    outline = outline_of(document, layout)
    counted = counted_chunks(document.text, chunk_tokens, count, outline.shape)
    spans = [span for span, _ in counted]
    contexts = contexts_of(outline, document.title, spans, count, room)
    chunks = [
        chunk_of(document, *one, context) for one, context in zip(counted, contexts, strict=True)
    ]
    texts = embedded_texts(document, outline, chunks, count, room)
    batches: list[Vectors] = []
    for at in range(0, len(texts), _EMBED_BATCH):
        on_chunks(document.id, at, len(texts))
        batches.append(embedder.embed_documents(texts[at : at + _EMBED_BATCH]))
    return chunks, np.concatenate(batches)
