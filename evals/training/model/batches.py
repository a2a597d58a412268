"""The choice of examples for each batch, and their tensors."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citespan.evals.training.model.encoding import EncodedSet
from citespan.evals.training.model.losses import IGNORED, UNKNOWN, Batch

_from_numpy: Any = importlib.import_module("torch").from_numpy  # typed in part
_WINDOW = 4096  # examples that are sorted by length in one window; larger windows mix less


def plan(
    lengths: NDArray[np.int64],
    twins: NDArray[np.int32],
    batch_tokens: int,
    seed: int,
    epoch: int,
) -> list[NDArray[np.int64]]:
    """Return the batches of an epoch; the same arguments give the same, so any run can continue.

    Examples of similar length are neighbours, so padding is little. Twins are in one batch. A batch
    has at most `batch_tokens` tokens, padding included, or one group of twins.
    """
    rng = np.random.default_rng([seed, epoch])
    groups = _groups(twins)
    longest = np.array([int(lengths[group].max()) for group in groups])
    order = rng.permutation(len(groups))
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), _WINDOW):
        window = order[start : start + _WINDOW]
        batch, room = list[NDArray[np.int64]](), 0
        for place in np.argsort(-longest[window], kind="stable"):
            number = int(window[place])
            group = groups[number]
            if len(group) > room:
                batches += [np.concatenate(batch)] if batch else []
                batch, room = [], batch_tokens // int(longest[number])
            batch.append(group)
            room -= len(group)
        batches += [np.concatenate(batch)] if batch else []
    return [batches[number] for number in rng.permutation(len(batches))]


def _groups(twins: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the rows that must stay together, a row without twins by itself."""
    order = np.argsort(twins, kind="stable").astype(np.int64)
    single = int((twins == UNKNOWN).sum())  # rows without twins come first
    bounds = np.flatnonzero(np.diff(twins[order[single:]])) + 1
    return [*np.split(order[:single], single)[:single], *np.split(order[single:], bounds)][
        : single + (len(bounds) + 1 if single < len(order) else 0)
    ]


def collate(
    encoded: EncodedSet, relevance: NDArray[np.float32], rows: Sequence[int] | NDArray[np.int64]
) -> Batch:
    """Return the tensors of these examples.

    Args:
        encoded: the set that they are of.
        relevance: (n,) the teacher's logits for the whole set, NaN if there is none.
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
        claim=_from_numpy(encoded.claim[rows].astype(np.int64)),
        twins=_from_numpy(_pairs(encoded.twin[rows], encoded.answerable[rows])),
    )


def _pairs(twins: NDArray[np.int32], answerable: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return (pairs, 2) places in the batch: an answerable example and each of its twins."""
    found = [
        (yes, no)
        for yes in np.flatnonzero((twins != UNKNOWN) & (answerable == 1))
        for no in np.flatnonzero((twins == twins[yes]) & (answerable == 0))
    ]
    return np.array(found, dtype=np.int64).reshape(len(found), 2)
