"""The health of a corpus: what is damaged, mended, or left of what was deleted."""

from citespan.index.catalogue import each_retired
from citespan.index.corpus.searcher import Searcher, quiet
from citespan.index.search.vectors.protocol import Facts


class Health:
    """Looks at what is stored and at what is derived from it.

    Args:
        live: what is searched.
    """

    def __init__(self, live: Searcher) -> None:
        self._live, self._catalogue, self._index = live, live.catalogue, live.index

    def check(self) -> list[str]:
        """Everything wrong with the stored data; empty if nothing is."""
        return self._catalogue.check()

    def damaged(self) -> list[str]:
        """The documents that were found damaged since opening, by id; nothing is read of them."""
        return self._catalogue.damaged()

    def mend(self) -> list[str]:
        """Make damaged chunks and vectors again from their texts; the ids of their documents.

        Nothing is done if more than that is damaged: `check` tells.
        """
        mended = self._catalogue.mend(lambda document: self._live.chunked(document, quiet))
        if mended:
            self._index.refresh()
        return mended

    def deleted(self) -> int:
        """How many documents were deleted and are not stored again."""
        catalogue = self._catalogue
        return sum(catalogue.find(one.id) is None for one in each_retired(catalogue))

    def compact(self) -> int:
        """Write anew the files of the index that hold words or vectors of chunks that are gone.

        It is done anyway when segments are merged, which small ones soon are, and when a corpus of
        up to 10,000 chunks is closed; and with the vectors when a tenth of them have changed.

        Returns:
            How many chunks they were of.
        """
        return self._index.compact()

    def uncompacted(self) -> int:
        """Of how many chunks that are gone something is left in files until `compact`."""
        return self._index.uncompacted()

    def leftovers(self) -> list[str]:
        """Everything found of what was deleted or purged; empty if nothing is left of it.

        Single words and rounded vectors may be left in files of the index, which tells nobody of
        them: `uncompacted`.
        """
        return self._catalogue.leftovers() + self._index.leftovers()

    def vector_facts(self) -> Facts:
        """How vectors are found, and how well when that was last measured."""
        return self._index.facts()

    def measure_vectors(self) -> Facts:
        """The same, measured now, once nothing is being built; reads all vectors."""
        return self._index.measure()

    def repaired(self) -> list[str]:
        """What was found damaged in derived files and was made again since opening."""
        return self._index.problems()
