"""What every search index finds out from the catalogue: which chunks a filter lets through."""

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue import Filter
from citespan.index.catalogue.protocol import Catalogue

_KEPT_FILTERS = 16


class Matching:
    """The ids of the chunks that filters match. Safe for many threads.

    Args:
        catalogue: what the filters are over.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._filtered: dict[tuple[int, str], NDArray[np.int64]] = {}

    def ids(self, filters: Filter | None) -> NDArray[np.int64] | None:
        """Return the ids, ascending; cached for the other side and the next query."""
        if filters is None:
            return None
        with self._catalogue.snapshot():  # a thread with the same filter waits, and finds them
            key = (self._catalogue.generation, repr(filters))  # in `repr`, True and 1 differ
            kept = self._filtered
            if key not in kept:
                now = {old: ids for old, ids in kept.items() if old[0] == key[0]}
                fresh = {key: self._catalogue.matching(filters)}
                self._filtered = kept = (now if len(now) < _KEPT_FILTERS else {}) | fresh
            return kept[key]


def differences(what: str, held: Set[int], stored: Set[int]) -> list[str]:
    """Return a line for each way in which an index holds other chunks than are stored."""
    found: list[str] = []
    if gone := len(held - stored):
        found.append(f"the index holds {what} of {gone} chunks that are not stored")
    if lacking := len(stored - held):
        found.append(f"the index lacks {what} of {lacking} chunks that are stored")
    return found
