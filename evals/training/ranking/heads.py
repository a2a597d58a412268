"""The training of the rankings, with the layers as they are exported."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from citespan.evals.training.model.loop import rate_factor
from citespan.evals.training.model.model import EvidenceModel
from citespan.evals.training.model.ranking import Ranking
from citespan.evals.training.ranking.lists import FoundList
from citespan.index.runtime import parallel_map
from citespan.qa.evidence.model import ExportedModel, pair_texts

_RATE, _DECAY, _WARMUP = 1e-3, 0.02, 0.02
_SCALE = 4.0  # divides differences of logits in the squared errors
_FIRST = 20  # lists whose tokens say what the states of all tokens share


class _States:
    """A list's pairs, padded: `states` before each ranking, and the last ranking's logits."""

    def __init__(self, exported: ExportedModel, one: FoundList) -> None:
        pairs = [(one.question, pair_texts(item.title, item.text)[0]) for item in one.candidates]
        seen = parallel_map(exported.begun, exported.tokenizer.encode(pairs))
        parts = [seen]
        for _ in exported.manifest.parts[2:]:
            seen = parallel_map(exported.advanced, seen)
            parts.append(seen)
        types = [torch.tensor(pair.encoding.type_ids) for pair in seen]
        self.types = nn.utils.rnn.pad_sequence(types, batch_first=True)
        real = nn.utils.rnn.pad_sequence([torch.ones(len(row)) for row in types], batch_first=True)
        self.real, self.bias = real == 1, (real[:, None, None, :] - 1) * 1e4
        self.states = [
            nn.utils.rnn.pad_sequence([_tensor(pair.states[0]) for pair in part], batch_first=True)
            for part in parts
        ]
        self.before = torch.tensor([pair.early[-1] for pair in seen])
        self.holds = [item.holds for item in one.candidates]


def train_rankings(
    model: EvidenceModel, exported: ExportedModel, lists: Sequence[FoundList], seed: int
) -> None:
    """Train a model's rankings with each list once, and nothing else of it.

    The last ranking learns which passages hold the answer, and stays near the logits that it has
    before. The others learn the order of the last: they only choose what it will rank.

    Args:
        model: its rankings change.
        exported: the same model with the rankings that it has before.
        lists: of questions with passages.
        seed: of the order and of the first products.
    """
    generator = torch.Generator().manual_seed(seed)
    rankings = [cast("Ranking", one) for one in model.rankings]
    first = [_States(exported, one) for one in lists[:_FIRST]]
    for number, ranking in enumerate(rankings):
        tokens = torch.cat([one.states[number][one.real] for one in first])
        ranking.begin(tokens.mean(0), generator)
    optimizer = torch.optim.AdamW(model.rankings.parameters(), lr=_RATE, weight_decay=_DECAY)
    order: list[int] = np.random.default_rng(seed).permutation(len(lists)).tolist()
    for step, at in enumerate(track(order, "rankings", console=Console(stderr=True))):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * rate_factor(step, len(order), _WARMUP)
        optimizer.zero_grad(set_to_none=True)
        cast(Any, _loss(rankings, _States(exported, lists[at]))).backward()
        cast(Any, optimizer).step()


def _loss(rankings: Sequence[Ranking], seen: _States) -> Tensor:
    """Return the loss of one list.

    The last: -log of the probability of all passages that hold the answer, among those whose label
    is known. The others: cross-entropy against the last's probabilities (Source: Cao et al. 2007,
    "Learning to rank", ListNet, with one passage at the top). All: squared error of the logits.
    """
    *others, last = (
        ranking(states, seen.types, seen.bias)
        for ranking, states in zip(rankings, seen.states, strict=True)
    )
    known = torch.tensor([one is not None for one in seen.holds])
    right = torch.tensor([one is True for one in seen.holds])
    loss = last[known].logsumexp(0) - last[right].logsumexp(0)
    loss = loss + ((last - seen.before) / _SCALE).square().mean()
    aim = last.detach()
    for logits in others:
        loss = loss + functional.cross_entropy(logits, aim.softmax(0))
        loss = loss + ((logits - aim) / _SCALE).square().mean()
    return loss


def _tensor(states: NDArray[np.float32]) -> Tensor:
    return cast(Any, torch).from_numpy(states)
