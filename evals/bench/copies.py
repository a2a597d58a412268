"""Corpora of any size: documents as they are, then copies of them with edits.

In a copy every tenth word is another word of the same length. Each vector of a copy is the real
one, moved by a twentieth of the difference of two others. So only the first documents are embedded.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import regex
from rich.console import Console
from rich.progress import Progress

from citespan.evals.statistics import spread
from citespan.evals.types import Dataset
from citespan.index import Document, Draft
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus import Searcher, chunk_of, quiet
from citespan.index.disk import sha256_text
from citespan.index.embedding.protocol import Embedder
from citespan.index.parse import document_of
from citespan.index.types import Chunk, Vectors

_WORD = regex.compile(r"\p{L}+")
_EDITED = 0.1  # share of the words of a copy
_MOVED = 0.05

Embedded = tuple[Document, list[Chunk], Vectors]


def embedded(
    dataset: Dataset, embedder: Embedder, documents: int, chunk_tokens: int
) -> list[Embedded]:
    """Return so many documents, spread over all, with their chunks and (n, dim) vectors."""
    chosen = spread(list(dataset.documents.values()), documents)
    nowhere: Any = None
    maker = Searcher(nowhere, nowhere, embedder, chunk_tokens)
    found: list[Embedded] = []
    for one in chosen:
        document = document_of(Draft(id=one.id, text=one.text, title=one.title))
        chunks, vectors = maker.chunked(document, quiet)
        found.append((document, list(chunks), vectors))
    return found


def fill(catalogue: Catalogue, real: list[Embedded], size: int) -> None:
    """Store documents, and copies of them, until there are `size` chunks."""
    stored = 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"{size:,} chunks", total=size)
        for document, chunks, vectors in _copies(real):
            left = size - stored
            catalogue.store(document, chunks[:left], vectors[:left])
            stored += len(chunks[:left])
            progress.update(bar, completed=stored)
            if stored == size:
                break


def _copies(real: list[Embedded]) -> Iterator[Embedded]:
    draw, noise = random.Random(0), np.random.default_rng(0)  # noqa: S311  (not a secret)
    words: dict[int, list[str]] = {}
    for document, _, _ in real:
        for word in set(_WORD.findall(document.text)):
            words.setdefault(len(word), []).append(word)
    words = {length: sorted(same) for length, same in words.items()}
    every = np.concatenate([vectors for _, _, vectors in real])

    def other(match: "regex.Match[str]") -> str:
        word = match.group()
        return draw.choice(words[len(word)]) if draw.random() < _EDITED else word

    yield from real
    for copy in count(1):
        for document, chunks, vectors in real:
            text = _WORD.sub(other, document.text)
            edited = replace(
                document, id=f"{document.id}-{copy}", text=text, sha256=sha256_text(text)
            )
            pairs = noise.integers(len(every), size=(2, len(chunks)))
            moved = vectors + _MOVED * (every[pairs[0]] - every[pairs[1]])
            moved /= np.linalg.norm(moved, axis=1, keepdims=True)
            yield edited, [chunk_of(edited, c.span, c.tokens) for c in chunks], moved
