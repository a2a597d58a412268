"""Texts to unit vectors, behind one protocol with two runtimes."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.export import (
    RUNTIME,
    Manifest,
    load_sentence_transformer,
    read_manifest,
    weights_sha256,
)
from index.onnx import OnnxModel, load_tokenizer, parallel_map
from index.tokencount import TokenCounter

Vectors = NDArray[np.float32]

_TORCH_BATCH = 32


class Embedder(Protocol):
    """Texts to vectors whose inner product is their cosine similarity."""

    @property
    def name(self) -> str:
        """Names model, weights and runtime: two embedders of one name give equal vectors."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """What a text may hold, without special tokens and prompt; more is not seen."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, without special tokens.

        A word that the vocabulary lacks counts as many as it has characters, although the model
        reads one token: so much of the text is behind it.
        """
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dim) float32, each row of unit L2 norm."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """(dim,) float32 of unit L2 norm."""
        ...


class OnnxEmbedder:
    """The lean runtime: an exported int8 model, one text at a time, no torch import.

    Args:
        folder: what `index.export.export_onnx` made.

    Raises:
        ModelUnavailable: the folder is incomplete or was changed.
    """

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        self._model = OnnxModel(folder, manifest.files, manifest.max_tokens)
        self._counter = TokenCounter(load_tokenizer(folder / "tokenizer.json"))
        self._manifest = manifest
        self.name = f"{manifest.model}@{manifest.weights_sha256[:12]}/{RUNTIME}"
        self.dim = manifest.dim
        self.max_tokens = _room(manifest, self._counter.specials)

    def count_tokens(self, text: str) -> int:
        return self._counter.count(text)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        prompt = self._manifest.document_prompt
        rows = parallel_map(self._embed, [prompt + text for text in texts], behind=True)
        return np.stack(rows) if rows else np.empty((0, self.dim), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        return self._embed(self._manifest.query_prompt + text)

    def _embed(self, text: str) -> Vectors:
        vector = self._model.run(self._model.tokenizer.encode(text))
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class TorchEmbedder:
    """The sentence-transformers runtime: any model, in full precision, on any device it knows.

    Args:
        model: the bundled model's name, a hub id, or a folder.
        device: as torch names it; None picks the fastest there is.

    Raises:
        ModelUnavailable: the model cannot be loaded.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model: Any = load_sentence_transformer(model, device)
        manifest = Manifest.of(model, self._model, weights_sha256(self._model), files={})
        self._encoding = threading.Lock()
        # A tokenizer of its own: encoding switches truncation on the model's, on any thread.
        tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._counter = TokenCounter(tokenizer)
        self.name = f"{model}@{manifest.weights_sha256[:12]}/torch"
        self.dim = manifest.dim
        self.max_tokens = _room(manifest, self._counter.specials)

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


def _room(manifest: Manifest, specials: int) -> int:
    return manifest.max_tokens - specials - manifest.document_prompt_tokens
