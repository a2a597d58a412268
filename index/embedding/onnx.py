"""The lean runtime: an exported int8 model, without torch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from citespan.index.embedding.protocol import text_tokens
from citespan.index.embedding.to_onnx import RUNTIME, read_manifest
from citespan.index.embedding.token_count import TokenCounter
from citespan.index.runtime import OnnxModel, load_tokenizer, parallel_map
from citespan.index.types import Vectors


class OnnxEmbedder:
    """The lean runtime: an exported int8 model, one text at a time, without torch.

    Args:
        folder: a folder that `index.embedding.to_onnx.export_onnx` made.

    Raises:
        ModelUnavailable: the folder is incomplete or was changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = read_manifest(folder)
        self._model = OnnxModel(folder, manifest.files, manifest.max_tokens)
        self._counter = TokenCounter(load_tokenizer(folder / "tokenizer.json"))
        self._manifest = manifest
        self.name = f"{manifest.model}@{manifest.weights_sha256[:12]}/{RUNTIME}"
        self.dim = manifest.dim
        self.max_tokens = text_tokens(manifest, self._counter.specials)

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
