"""Texts in, unit vectors out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.embedding.carried import (
        MULTILINGUAL_GRAPH,
        MULTILINGUAL_MODEL,
        Carried,
        carried_sentence_transformer,
        carried_tokenizer,
        read_carried,
    )
    from citespan.index.embedding.graphs import empty, fill
    from citespan.index.embedding.onnx import OnnxEmbedder
    from citespan.index.embedding.to_onnx import (
        BUNDLED_MODEL,
        EmbedderManifest,
        bundled_folder,
        export_onnx,
        exported_folder,
        new_export,
        quantise,
        read_manifest,
        trace,
        weights_sha256,
        write_manifest,
    )
    from citespan.index.embedding.torch import TorchEmbedder

__all__ = (
    "BUNDLED_MODEL",
    "Carried",
    "EmbedderManifest",
    "MULTILINGUAL_GRAPH",
    "MULTILINGUAL_MODEL",
    "OnnxEmbedder",
    "TorchEmbedder",
    "bundled_folder",
    "carried_sentence_transformer",
    "carried_tokenizer",
    "empty",
    "export_onnx",
    "exported_folder",
    "fill",
    "new_export",
    "quantise",
    "read_carried",
    "read_manifest",
    "trace",
    "weights_sha256",
    "write_manifest",
)

__getattr__ = names_of(
    __name__,
    {
        "BUNDLED_MODEL": "citespan.index.embedding.to_onnx",
        "Carried": "citespan.index.embedding.carried",
        "EmbedderManifest": "citespan.index.embedding.to_onnx",
        "MULTILINGUAL_GRAPH": "citespan.index.embedding.carried",
        "MULTILINGUAL_MODEL": "citespan.index.embedding.carried",
        "empty": "citespan.index.embedding.graphs",
        "fill": "citespan.index.embedding.graphs",
        "carried_sentence_transformer": "citespan.index.embedding.carried",
        "carried_tokenizer": "citespan.index.embedding.carried",
        "read_carried": "citespan.index.embedding.carried",
        "OnnxEmbedder": "citespan.index.embedding.onnx",
        "TorchEmbedder": "citespan.index.embedding.torch",
        "bundled_folder": "citespan.index.embedding.to_onnx",
        "export_onnx": "citespan.index.embedding.to_onnx",
        "exported_folder": "citespan.index.embedding.to_onnx",
        "new_export": "citespan.index.embedding.to_onnx",
        "quantise": "citespan.index.embedding.to_onnx",
        "read_manifest": "citespan.index.embedding.to_onnx",
        "trace": "citespan.index.embedding.to_onnx",
        "weights_sha256": "citespan.index.embedding.to_onnx",
        "write_manifest": "citespan.index.embedding.to_onnx",
    },
)
