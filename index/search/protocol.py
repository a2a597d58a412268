"""The contract between `Corpus` and the engines that search indexes of the catalogue."""

from contextlib import AbstractContextManager
from typing import Protocol

from citespan.index.catalogue import Filter
from citespan.index.search.vectors.protocol import Facts
from citespan.index.types import Scored, Vectors


class SearchIndex(Protocol):
    """An index that finds candidates by meaning and by words. Safe for many threads."""

    def refresh(self, *, wait: bool = True) -> None:
        """Update the index to exactly the chunks that the catalogue holds now.

        Args:
            wait: if another thread is refreshing, wait for it; otherwise return at once.
        """
        ...

    def steady(self) -> AbstractContextManager[None]:
        """Return a context inside which index and catalogue hold one state, despite writes."""
        ...

    def dense(self, query: Vectors, k: int, filters: Filter | None = None) -> list[Scored]:
        """Return the chunks nearest to a unit vector by cosine, best first.

        With a filter, the result is exactly the best of the matching chunks, however few they are.
        """
        ...

    def lexical(self, query: str, k: int, filters: Filter | None = None) -> list[Scored]:
        """Return the best chunks for a query by BM25, best first; filtered as for `dense`."""
        ...

    def compact(self) -> int:
        """Rewrite the files that still hold words or vectors of deleted chunks.

        Returns:
            How many deleted chunks the files held.
        """
        ...

    def uncompacted(self) -> int:
        """Return of how many deleted chunks the files still hold data."""
        ...

    def leftovers(self) -> list[str]:
        """Return each difference between the chunks held and those stored; empty if none."""
        ...

    def mend(self) -> list[str]:
        """Compare all that is held with what is stored; repair it, and return what differed.

        An index that compares itself when it is opened returns an empty list.
        """
        ...

    def facts(self) -> Facts:
        """Return how vectors are found, and the recall of the last measurement."""
        ...

    def measure(self) -> Facts:
        """Measure now and return the facts, once no build is running; this reads all vectors."""
        ...

    def problems(self) -> list[str]:
        """Return the problems of damaged or stale files that were rebuilt since opening."""
        ...

    def fault(self) -> str | None:
        """Return why a server that searches could not be used when last asked; None if fine.

        This does not wait: if that is long ago, the server is asked for the next call.
        """
        ...

    def close(self) -> None:
        """Save the index for a fast next start."""
        ...
