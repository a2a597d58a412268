"""The health of a corpus: damage, repairs, and leftovers of deleted documents."""

from citespan.index.catalogue import each_retired
from citespan.index.corpus.making import quiet
from citespan.index.corpus.places import layout_in
from citespan.index.corpus.searcher import Searcher
from citespan.index.search.vectors.protocol import Facts


class Health:
    """Checks and repairs of the catalogue and of the indexes derived from it.

    Args:
        live: the searcher over the live build.
    """

    def __init__(self, live: Searcher) -> None:
        self._live, self._catalogue, self._index = live, live.catalogue, live.index

    def check(self) -> list[str]:
        """Return all problems of the stored data; empty if there are none."""
        return self._catalogue.check()

    def damaged(self) -> list[str]:
        """Return the ids of documents found damaged since opening; their data is not read."""
        return self._catalogue.damaged()

    def fault(self) -> str | None:
        """Return why a server could not be used when last asked; None if nothing is known.

        This does not wait: if that is long ago, the server is asked for the next call.
        """
        return self._catalogue.fault() or self._index.fault()

    def mend(self) -> list[str]:
        """Rebuild damaged chunks and vectors from their texts, and return their documents' ids.

        If more than chunks and vectors is damaged, nothing is changed; `check` lists the damage.
        """
        repaired = self._catalogue.repair(
            lambda one: self._live.chunked(one, quiet, layout_in(self._catalogue, one))
        )
        if repaired:
            self._index.refresh()
        return repaired

    def compare(self) -> list[str]:
        """Compare the index with the documents; repair it, and return what differed."""
        return self._index.mend()

    def deleted(self) -> int:
        """Return how many documents were deleted and not stored again."""
        catalogue = self._catalogue
        return sum(catalogue.find(one.id) is None for one in each_retired(catalogue))

    def compact(self) -> int:
        """Rewrite the index files that hold words or vectors of deleted chunks.

        The index also does so by itself. Words are removed when segments are merged, which soon
        happens to small ones, and when a corpus of up to 10,000 chunks is closed. Vectors are
        removed when a tenth of them have changed.

        Returns:
            How many deleted chunks the files held.
        """
        return self._index.compact()

    def uncompacted(self) -> int:
        """Return of how many deleted chunks the index files hold data until `compact`."""
        return self._index.uncompacted()

    def leftovers(self) -> list[str]:
        """Return all data found of deleted or purged documents; empty if none is left.

        Index files may still hold single words and rounded vectors, which no search returns;
        `uncompacted` counts their chunks.
        """
        return self._catalogue.leftovers() + self._index.leftovers()

    def vector_facts(self) -> Facts:
        """Return how vectors are found, and the recall of the last measurement."""
        return self._index.facts()

    def measure_vectors(self) -> Facts:
        """Measure now and return the facts, once no build is running; this reads all vectors."""
        return self._index.measure()

    def repaired(self) -> list[str]:
        """Return the problems of derived files that were rebuilt since opening."""
        return self._index.problems()
