"""The ids of an index of inverted lists, and the list of each."""

from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray


class IdLists(NamedTuple):
    """Ids in ascending order, and the list of each id."""

    ids: NDArray[np.int64]
    lists: NDArray[np.int32]

    @classmethod
    def of(cls, index: Any, sizes: NDArray[np.int64]) -> "IdLists":
        """Return the places of all ids of an index, given the sizes of its lists."""
        held = index.invlists
        ids = np.concatenate(
            [np.empty(0, dtype=np.int64)]
            + [
                faiss.rev_swig_ptr(held.get_ids(at), size).copy()
                for at, size in enumerate(sizes.tolist())
                if size
            ]
        )
        order = np.argsort(ids)
        lists = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        return cls(ids[order], lists[order])

    def among(self, ids: NDArray[np.int64]) -> "IdLists":
        """Return the places of those of the ids that are held, each id once."""
        at = np.searchsorted(self.ids, ids)
        at[at == len(self.ids)] = 0
        held = np.unique(at[self.ids[at] == ids]) if len(self.ids) else at[:0]
        return IdLists(self.ids[held], self.lists[held])
