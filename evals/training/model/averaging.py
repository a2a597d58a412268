"""Means of weights: over the last steps of a training, and of its result and its beginning.

Source: Izmailov et al. 2018, arXiv 1803.05407; over the last steps of a run as in Kaddour 2022,
arXiv 2209.14981; with the beginning: Wortsman et al. 2022, arXiv 2109.01903.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_COUNT = "count"


def between(
    begun: Mapping[str, Tensor], trained: Mapping[str, Tensor], kept: float
) -> dict[str, Tensor]:
    """Return weights between those that a training began with and those that it ended with.

    Args:
        begun: a tensor of the same shape for each of `trained`.
        trained: those at the end; what is not a real number stays as it is here.
        kept: the share of `begun`.
    """
    return {
        name: torch.lerp(tensor, begun[name], kept) if tensor.is_floating_point() else tensor
        for name, tensor in trained.items()
    }


class Average:
    """A running mean of weights; of a value that is not a real number it keeps the last one."""

    def __init__(self) -> None:
        self._means: dict[str, Tensor] = {}
        self._count = 0

    def add(self, model: nn.Module) -> None:
        """Add a model's current weights to the mean."""
        self._count += 1
        for name, tensor in model.state_dict().items():
            now = tensor.detach().float().cpu()
            mean = self._means.get(name, now)
            self._means[name] = mean + (now - mean) / self._count

    def weights(self, model: nn.Module) -> dict[str, Tensor]:
        """Return the mean, or the model's own weights if nothing was added."""
        own: dict[str, Tensor] = {
            name: tensor.detach().cpu() for name, tensor in model.state_dict().items()
        }
        return {
            name: self._means.get(name, tensor).to(tensor.dtype) for name, tensor in own.items()
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the state, to be saved."""
        return {**self._means, _COUNT: torch.tensor(self._count)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore a saved state."""
        self._count = int(tensors[_COUNT])
        self._means = {name: tensor for name, tensor in tensors.items() if name != _COUNT}
