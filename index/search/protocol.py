"""The seam between `Corpus` and the engines that search what is derived from the truth."""

from contextlib import AbstractContextManager
from typing import Protocol

from citespan.index.catalogue import Filter
from citespan.index.search.vectors.protocol import Facts
from citespan.index.types import Scored, Vectors


class SearchIndex(Protocol):
    """Candidates by meaning and by words. Safe for many threads."""

    def refresh(self, *, wait: bool = True) -> None:
        """Hold exactly the chunks that the catalogue holds now.

        Args:
            wait: for another thread that does the same; otherwise leave it to that one.
        """
        ...

    def steady(self) -> AbstractContextManager[None]:
        """Inside, index and catalogue hold one state, whatever is written meanwhile."""
        ...

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        """Nearest chunks to a unit vector by cosine, best first.

        With a filter: exactly the best of those for which it holds, however few they are.
        """
        ...

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        """Best chunks for the words of a query by BM25, best first; filtered as for `dense`."""
        ...

    def compact(self) -> int:
        """Write anew what still holds words or vectors of chunks that are not stored any more.

        Returns:
            How many chunks they were of.
        """
        ...

    def uncompacted(self) -> int:
        """Of how many chunks that are not stored any more something is left in files."""
        ...

    def leftovers(self) -> list[str]:
        """Every difference between the chunks held and those stored; empty if there is none."""
        ...

    def facts(self) -> Facts:
        """How vectors are found, and how well when that was last measured."""
        ...

    def measure(self) -> Facts:
        """The same, measured now, once nothing is being built; reads all vectors."""
        ...

    def problems(self) -> list[str]:
        """What was found damaged or behind and has been rebuilt since opening."""
        ...

    def close(self) -> None:
        """Save what makes the next start fast."""
        ...
