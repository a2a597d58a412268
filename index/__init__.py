"""Documents in, scored passages out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.catalogue.filters import Filter, parse_filter
    from citespan.index.corpus.corpus import Corpus
    from citespan.index.embedding.onnx import OnnxEmbedder
    from citespan.index.embedding.torch import TorchEmbedder
    from citespan.index.parse.decode import decode
    from citespan.index.types import Document, Draft, Passage, Span

__all__ = (
    "Corpus",
    "Document",
    "Draft",
    "Filter",
    "OnnxEmbedder",
    "Passage",
    "Span",
    "TorchEmbedder",
    "decode",
    "parse_filter",
)

__getattr__ = names_of(
    __name__,
    {
        "Corpus": "citespan.index.corpus.corpus",
        "Document": "citespan.index.types",
        "Draft": "citespan.index.types",
        "Filter": "citespan.index.catalogue.filters",
        "OnnxEmbedder": "citespan.index.embedding.onnx",
        "Passage": "citespan.index.types",
        "Span": "citespan.index.types",
        "TorchEmbedder": "citespan.index.embedding.torch",
        "decode": "citespan.index.parse.decode",
        "parse_filter": "citespan.index.catalogue.filters",
    },
)
