"""Text in, spans out: sentences, chunks and stems. Pure."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.text.apart import taken_apart
    from citespan.index.text.chunking import chunk_spans, counted_chunks
    from citespan.index.text.markdown import Kind, Unit
    from citespan.index.text.segmentation import blocks, sentences, strip
    from citespan.index.text.small_words import SMALL_WORDS
    from citespan.index.text.stems import stem
    from citespan.index.text.unseen import escaped_json, shown
    from citespan.index.text.view import View, ViewBuilder

__all__ = (
    "Kind",
    "SMALL_WORDS",
    "Unit",
    "View",
    "ViewBuilder",
    "blocks",
    "chunk_spans",
    "counted_chunks",
    "escaped_json",
    "sentences",
    "shown",
    "stem",
    "strip",
    "taken_apart",
)

__getattr__ = names_of(
    __name__,
    {
        "Kind": "citespan.index.text.markdown",
        "SMALL_WORDS": "citespan.index.text.small_words",
        "Unit": "citespan.index.text.markdown",
        "View": "citespan.index.text.view",
        "ViewBuilder": "citespan.index.text.view",
        "blocks": "citespan.index.text.segmentation",
        "chunk_spans": "citespan.index.text.chunking",
        "counted_chunks": "citespan.index.text.chunking",
        "escaped_json": "citespan.index.text.unseen",
        "sentences": "citespan.index.text.segmentation",
        "shown": "citespan.index.text.unseen",
        "stem": "citespan.index.text.stems",
        "strip": "citespan.index.text.segmentation",
        "taken_apart": "citespan.index.text.apart",
    },
)
