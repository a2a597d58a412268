"""Text in, spans out: sentences, chunks and stems. Pure."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.text.chunking import chunk_spans, counted_chunks
    from citespan.index.text.markdown import Kind, Unit, markdown_units
    from citespan.index.text.segmentation import blocks, sentences, strip
    from citespan.index.text.stems import stem
    from citespan.index.text.structured import plain_units, structured_units
    from citespan.index.text.unseen import escaped_json, shown
    from citespan.index.text.view import View, ViewBuilder

__all__ = (
    "Kind",
    "Unit",
    "View",
    "ViewBuilder",
    "blocks",
    "chunk_spans",
    "counted_chunks",
    "escaped_json",
    "markdown_units",
    "plain_units",
    "sentences",
    "shown",
    "stem",
    "strip",
    "structured_units",
)

__getattr__ = names_of(
    __name__,
    {
        "Kind": "citespan.index.text.markdown",
        "Unit": "citespan.index.text.markdown",
        "View": "citespan.index.text.view",
        "ViewBuilder": "citespan.index.text.view",
        "blocks": "citespan.index.text.segmentation",
        "chunk_spans": "citespan.index.text.chunking",
        "counted_chunks": "citespan.index.text.chunking",
        "escaped_json": "citespan.index.text.unseen",
        "markdown_units": "citespan.index.text.markdown",
        "plain_units": "citespan.index.text.structured",
        "sentences": "citespan.index.text.segmentation",
        "shown": "citespan.index.text.unseen",
        "stem": "citespan.index.text.stems",
        "strip": "citespan.index.text.segmentation",
        "structured_units": "citespan.index.text.structured",
    },
)
