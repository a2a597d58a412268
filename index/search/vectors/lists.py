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
_Writer: Any = cast(Any, faiss).PyCallbackIOWriter  # missing in its stubs


def trained_index(sample: Vectors, lists: int) -> Any:
    """Return an empty inner-product index, a byte a dimension, with lists by sample clusters.

    Args:
        sample: (n, dim) float32 of unit norm, n at least 1.
        lists: the number of lists, at most the number of rows in the sample.
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
    index.cp.min_points_per_centroid = 1  # otherwise FAISS prints a warning for few points
    with one_thread():
        index.train(sample)
    return index


def write_index(index: Any, path: Path) -> str:
    """Write an index whose lists are in memory durably to a file, and return its SHA-256.

    Raises:
        OSError: the file cannot be written, and must not be used.
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
    """Return the index in a file, with mapped lists; the file may be unlinked, not written.

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
    """Return a copy of an index's lists that can be changed; the caller owns the copy."""
    mapped, nlist = index.invlists, index.nlist
    held: Any = faiss.ArrayInvertedLists(nlist, index.code_size)
    for at in range(nlist):
        if size := mapped.list_size(at):
            held.add_entries(at, size, mapped.get_ids(at), mapped.get_codes(at))
    held.this.disown()
    return held


def list_sizes(index: Any) -> NDArray[np.int64]:
    """Return (nlist,) how many vectors each list of an index holds."""
    return np.array([index.invlists.list_size(at) for at in range(index.nlist)])


@contextmanager
def one_thread() -> Generator[None]:
    """Make FAISS use one thread for calls of this thread, so that sums have one order.

    The result is then reproducible, and a core stays free for searches.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
