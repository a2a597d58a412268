"""The weights of an earlier run, also of one whose model ranked otherwise."""

from pathlib import Path

from torch import Tensor

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.model.checkpoint import read_tensors
from citespan.evals.training.model.model import EvidenceModel, present_name

RANKINGS = "rankings.safetensors"  # next to the weights: what the step `rank` taught


def read_weights(
    path: Path, model: EvidenceModel, *, ranked: bool = False
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the weights in a file, and its notes; what the rankings lack is the model's.

    Args:
        path: `model.safetensors` of a run.
        model: that the weights are for.
        ranked: whether the rankings that were taught afterwards replace those in the file.

    Raises:
        TrainingError: it cannot be read, or is of another model.
    """
    stored, notes = read_tensors(path)
    if ranked and path.with_name(RANKINGS).exists():
        stored |= read_tensors(path.with_name(RANKINGS))[0]
    own = model.state_dict()
    tensors = {name: one for name, one in own.items() if name.startswith("rankings.")}
    tensors |= {present_name(name, len(model.rankings)): one for name, one in stored.items()}
    shapes = {name: one.shape for name, one in tensors.items()}
    if shapes != {name: one.shape for name, one in own.items()}:
        raise TrainingError(f"{path} holds the weights of another model")
    return tensors, notes
