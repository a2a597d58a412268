"""Which examples go together, and their tensors."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.training.encoding import EncodedSet
from qa.training.losses import IGNORED, Batch

_from_numpy: Any = importlib.import_module("torch").from_numpy  # typed in part
_WINDOW = 4096  # examples that are sorted by length together; larger windows mix less


def plan(
    lengths: NDArray[np.int64], batch_tokens: int, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """The batches of an epoch: a function of its arguments, so that a run can go on anywhere.

    Examples of like length stand together, and none is padded by much; a batch has at most
    `batch_tokens` tokens, padding included, or one example.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), _WINDOW):
        window = order[start : start + _WINDOW]
        window = window[np.argsort(-lengths[window], kind="stable")]
        place = 0
        while place < len(window):
            size = max(1, batch_tokens // int(lengths[window[place]]))
            batches.append(window[place : place + size])
            place += size
    return [batches[number] for number in rng.permutation(len(batches))]


def collate(
    encoded: EncodedSet, relevance: NDArray[np.float32], rows: Sequence[int] | NDArray[np.int64]
) -> Batch:
    """The tensors of these examples.

    Args:
        encoded: the set that they are of.
        relevance: (n,) the teacher's logits for the whole set, NaN where there is none.
        rows: numbers of the examples.
    """
    lengths = encoded.lengths[rows]
    shape = (len(rows), int(lengths.max()))
    ids, evidence = np.zeros(shape, np.int64), np.full(shape, IGNORED, np.int64)
    at = np.arange(shape[1])[None, :]
    for line, row in enumerate(rows):
        low, high = int(encoded.bounds[row]), int(encoded.bounds[row + 1])
        ids[line, : high - low] = encoded.ids[low:high]
        evidence[line, : high - low] = encoded.evidence[low:high]
    ends = lengths[:, None]
    inside = (at >= encoded.first[rows][:, None]) & (at < ends - 1)  # the last is [SEP]
    mask = at < ends
    return Batch(
        ids=_from_numpy(ids),
        types=_from_numpy(((at >= encoded.second[rows][:, None]) & mask).astype(np.int64)),
        mask=_from_numpy(mask.astype(np.int64)),
        allowed=_from_numpy(inside | (at == 0)),
        evidence=_from_numpy(evidence),
        starts=_from_numpy(encoded.spans[rows][:, :, 0].astype(np.int64)),
        ends=_from_numpy(encoded.spans[rows][:, :, 1].astype(np.int64)),
        answerable=_from_numpy(encoded.answerable[rows].astype(np.float32)),
        relevance=_from_numpy(relevance[rows].astype(np.float32)),
    )
