"""The sentence-transformers runtime: any model, in full precision."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from citespan.index.embedding.protocol import text_tokens
from citespan.index.embedding.to_onnx import (
    EmbedderManifest,
    load_sentence_transformer,
    weights_sha256,
)
from citespan.index.embedding.token_count import TokenCounter
from citespan.index.types import Vectors

_TORCH_BATCH = 32


class TorchEmbedder:
    """The sentence-transformers runtime: any model, in full precision, on any device it knows.

    Args:
        model: the bundled model's name, a hub id, or a folder.
        device: torch's name of the device; None chooses the fastest one.

    Raises:
        ModelUnavailable: the model cannot be loaded.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model: Any = load_sentence_transformer(model, device)
        manifest = EmbedderManifest.of(model, self._model, weights_sha256(self._model), files={})
        self._encoding = threading.Lock()
        # A separate tokenizer: encoding on any thread switches the truncation of the model's.
        tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._counter = TokenCounter(tokenizer)
        self.name = f"{model}@{manifest.weights_sha256[:12]}/torch"
        self.dim = manifest.dim
        self.max_tokens = text_tokens(manifest, self._counter.specials)

    def count_tokens(self, text: str) -> int:
        return self._counter.count(text)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        with self._encoding:
            vectors = self._model.encode_document(
                list(texts),
                batch_size=_TORCH_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dim)

    def embed_query(self, text: str) -> Vectors:
        with self._encoding:
            vector = self._model.encode_query(
                text, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vector, dtype=np.float32)
