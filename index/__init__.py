"""Documents in, scored passages out."""

from index.contents import glance
from index.corpus import Corpus
from index.decode import decode
from index.embedding import Embedder, OnnxEmbedder, TorchEmbedder
from index.filters import Filter, parse_filter
from index.types import (
    Chunk,
    Context,
    Document,
    DocumentInfo,
    DocumentPage,
    Draft,
    Outcome,
    Passage,
    Scores,
    Side,
    Span,
    Stored,
)

__all__ = (
    "Chunk",
    "Context",
    "Corpus",
    "Document",
    "DocumentInfo",
    "DocumentPage",
    "Draft",
    "Embedder",
    "Filter",
    "OnnxEmbedder",
    "Outcome",
    "Passage",
    "Scores",
    "Side",
    "Span",
    "Stored",
    "TorchEmbedder",
    "decode",
    "glance",
    "parse_filter",
)
