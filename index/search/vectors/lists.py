"""FAISS's inverted lists: trained, written to a file with a checksum, and mapped from it."""

import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from citespan.index.types import Vectors

SEED = 1
_MAPPED: int = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
_Writer: Any = cast(Any, faiss).PyCallbackIOWriter  # their stubs lack it


def trained_index(sample: Vectors, lists: int) -> Any:
    """An empty index of inner products, a byte a dimension, its lists of the sample's clusters.

    Args:
        sample: (n, dim) float32 of unit norm, n at least 1.
        lists: how many; no more than the sample has rows are made.
    """
    dim = sample.shape[1]
    index: Any = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim),
        dim,
        min(lists, len(sample)),
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # not the residuals: that was no better, and slower  # noqa: FBT003
    )
    index.cp.seed = SEED
    index.cp.min_points_per_centroid = 1  # fewer than it likes are no cause to print a warning
    with one_thread():
        index.train(sample)
    return index


def write_index(index: Any, path: Path) -> str:
    """Write an index whose lists are in memory, durably; the SHA-256 of what was written.

    Raises:
        OSError: it cannot be written; what is there is not to be used.
    """
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        faiss.write_index(index, _Writer(write))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def mapped_index(path: Path, dim: int) -> Any:
    """The index in a file, which its lists stay in; it may be unlinked, but not be written to.

    Raises:
        ValueError: the file is of another kind or dimension.
    """
    try:
        index: Any = faiss.read_index(str(path), _MAPPED)
    except RuntimeError as error:
        raise ValueError("not a FAISS index") from error
    if not isinstance(index, faiss.IndexIVFScalarQuantizer) or index.d != dim:
        raise ValueError("not an index of inverted lists of this dimension")
    mapped: Any = faiss.downcast_InvertedLists(cast(Any, index).invlists)
    mapped.prefetch_nthread = 0  # by default each search starts 32 threads
    return index


def lists_in_memory(index: Any) -> Any:
    """A copy of an index's lists that can be changed; who takes it owns it."""
    mapped, nlist = index.invlists, index.nlist
    held: Any = faiss.ArrayInvertedLists(nlist, index.code_size)
    for at in range(nlist):
        if size := mapped.list_size(at):
            held.add_entries(at, size, mapped.get_ids(at), mapped.get_codes(at))
    held.this.disown()
    return held


def list_sizes(index: Any) -> NDArray[np.int64]:
    """(nlist,) how many vectors each list of an index holds."""
    return np.array([index.invlists.list_size(at) for at in range(index.nlist)])


@contextmanager
def one_thread() -> Generator[None]:
    """Sums in one order, so one result, and a core left to questions. Of this thread alone."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
