"""Texts to unit vectors, behind one protocol with two runtimes."""

from collections.abc import Sequence
from typing import Protocol

from citespan.index.embedding.to_onnx import Manifest
from citespan.index.types import Vectors


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


def text_tokens(manifest: Manifest, specials: int) -> int:
    """Return how many tokens a text may have, without special tokens and the prompt."""
    return manifest.max_tokens - specials - manifest.document_prompt_tokens
