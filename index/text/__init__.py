"""Text in, spans out: sentences, chunks and stems. Pure."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.text.chunking import chunk_spans, counted_chunks
    from citespan.index.text.segmentation import sentences, strip
    from citespan.index.text.stems import stem
    from citespan.index.text.unseen import escaped_json, shown

__all__ = (
    "chunk_spans",
    "counted_chunks",
    "escaped_json",
    "sentences",
    "shown",
    "stem",
    "strip",
)

__getattr__ = names_of(
    __name__,
    {
        "chunk_spans": "citespan.index.text.chunking",
        "counted_chunks": "citespan.index.text.chunking",
        "escaped_json": "citespan.index.text.unseen",
        "sentences": "citespan.index.text.segmentation",
        "shown": "citespan.index.text.unseen",
        "stem": "citespan.index.text.stems",
        "strip": "citespan.index.text.segmentation",
    },
)
