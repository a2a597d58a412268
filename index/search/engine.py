"""The contract between a search index and an engine on a server, and which engine it is."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from citespan.index.search.vectors.protocol import Facts
from citespan.index.types import Scored, Vectors


class EngineKind(StrEnum):
    """The engines on servers."""

    POSTGRES = "postgres"
    MILVUS = "milvus"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchServer:
    """The engine that searches in place of this process.

    url, token: the address of an engine that does not search in the database of the documents, and
        what it asks for.
    """

    kind: EngineKind
    url: str = ""
    token: str = ""


class Row(NamedTuple):
    """A chunk as an engine holds it: its words as stems, and its vector of (dim,) float32."""

    chunk_id: int
    title: Sequence[str]
    text: Sequence[str]
    vector: Vectors


class Engine(Protocol):
    """What a server holds of the chunks of one build. Any thread may search.

    Only inside `turn` it is changed. Each change can be repeated, and repeating it changes nothing.

    Raises:
        StoreUnavailable: any method: the server cannot be used.
    """

    def turn(self, wait_s: float) -> AbstractContextManager[bool]:
        """Return a context inside which no other process changes the engine.

        It yields whether it is this one's turn: not if the others take longer than `wait_s`.
        """
        ...

    def prepare(self) -> None:
        """Make what the engine holds chunks in, if it is not there."""
        ...

    def level(self) -> int:
        """Return the generation of the catalogue whose chunks it held last; -1 before the first."""
        ...

    def reach(self, generation: int) -> None:
        """Record that it holds the chunks of a generation."""
        ...

    def settle(self) -> None:
        """Arrange the vectors again if there are many more of them, as `level` last read."""
        ...

    def ids(self) -> set[int]:
        """Return the ids of all chunks held."""
        ...

    def add(self, rows: Sequence[Row]) -> None:
        """Add chunks; those that are held already stay as they are."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Remove chunks; unknown ones are ignored."""
        ...

    def differing(self, rows: Sequence[Row]) -> list[int]:
        """Return the ids of those chunks that it holds, but not as they are given."""
        ...

    def recounted(self) -> bool:
        """Correct what it has counted of the chunks; return whether anything was wrong."""
        ...

    def nearest(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return about the nearest chunks by inner product, at least k if it holds as many.

        Args:
            query: (dim,) float32, unit L2 norm.
            k: at least 1.
            among: (n,) the ids that may be returned, ascending.
        """
        ...

    def worded(
        self, words: Iterable[str], k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        """Return the best chunks for stems by BM25, best first; ties are in order of chunk id."""
        ...

    def facts(self) -> Facts:
        """Return how vectors are found, as known without asking."""
        ...

    def measure(self) -> Facts:
        """Measure the recall on some of the stored vectors now, and return the facts."""
        ...

    def fault(self) -> str | None:
        """Return why the server could not be used when last asked, without waiting; None if fine.

        The server of the documents is asked by the catalogue.
        """
        ...
