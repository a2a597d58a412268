"""What the caller and the process tell each other about one document."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from citespan.index.layout import Layout
from citespan.index.types import Chunk, Document, Vectors


class MakingTask(NamedTuple):
    """A document to cut and embed; the arguments of `corpus.chunked`, and where the model is."""

    model: Path
    chunk_tokens: int
    document: Document
    layout: Layout | None


class MadeSoFar(NamedTuple):
    """How many chunks are embedded, and how many there are, 0 while unknown."""

    done: int
    total: int


class MadeChunks(NamedTuple):
    """The chunks of a document, and their (n, dim) vectors."""

    chunks: Sequence[Chunk]
    vectors: Vectors


Reply: TypeAlias = MadeSoFar | MadeChunks
