"""The contract of embedders, which turn texts into unit vectors, and which have two runtimes."""

from collections.abc import Sequence
from typing import Protocol

from citespan.index.embedding.to_onnx import EmbedderManifest
from citespan.index.types import Vectors


class Embedder(Protocol):
    """A function from texts to vectors whose inner product is their cosine similarity."""

    @property
    def name(self) -> str:
        """The name of model, weights and runtime; embedders of one name return equal vectors."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """The most tokens of a text, without special tokens and prompt; the rest is ignored."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the token count of a text, without special tokens.

        A word that the vocabulary lacks counts its characters, although the model reads it as one
        token, because it covers that much text.
        """
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32, each row of unit L2 norm."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return (dim,) float32 of unit L2 norm."""
        ...


def text_tokens(manifest: EmbedderManifest, specials: int) -> int:
    """Return how many tokens a text may have, without special tokens and the prompt."""
    return manifest.max_tokens - specials - manifest.document_prompt_tokens
