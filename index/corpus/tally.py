"""How many documents match a filter, counted once for each state of the documents."""

from citespan.index.catalogue import Filter
from citespan.index.corpus.searcher import Searcher

_KEPT = 256  # filters


class Tally:
    """The counts of a corpus by filter. Safe for many threads: a count may be made twice."""

    def __init__(self) -> None:
        self._known: tuple[Searcher, int, dict[Filter, tuple[int, int]]] | None = None

    def counts(self, searcher: Searcher, filters: Filter | None) -> tuple[int, int]:
        """Return how many documents match, and how many chunks they have in this build."""
        catalogue = searcher.catalogue
        if filters is None:
            return catalogue.counts()
        generation, known = catalogue.generation, self._known
        if known is None or known[0] is not searcher or known[1] != generation:
            fresh: dict[Filter, tuple[int, int]] = {}
            self._known = known = searcher, generation, fresh
        kept = known[2]  # of this state, even if another thread begins the next
        if filters in kept:
            return kept[filters]
        found = catalogue.counts(filters)
        if catalogue.generation == generation:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[filters] = found
        return found
