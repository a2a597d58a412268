"""The state of a run in one file of tensors: no pickle, replaced as a whole."""

import importlib
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.model.averaging import Average

_safe_open: Any = importlib.import_module("safetensors").safe_open  # typed in part
_save_file: Any = importlib.import_module("safetensors.torch").save_file


def save_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: Average,
    step: int,
    run: str,
) -> None:
    """Write weights, their mean, optimiser state and generators after `step` steps of a run."""
    tensors: dict[str, Tensor] = {
        f"model/{name}": tensor.detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    for number, values in state.items():
        for name, value in values.items():
            tensors[f"optimizer/{number}/{name}"] = torch.as_tensor(value).detach().cpu()
    tensors |= {f"average/{name}": tensor for name, tensor in average.tensors().items()}
    tensors["generator/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["generator/cuda"] = torch.cuda.get_rng_state()
    write_tensors(path, tensors, {"step": str(step), "run": run})


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, average: Average, run: str
) -> int:
    """Restore a saved state, and return the number of steps it had taken.

    Raises:
        TrainingError: it cannot be read, or is of a run with another configuration or data.
    """
    tensors, notes = read_tensors(path)
    if notes.get("run") != run:
        raise TrainingError(
            f"{path} is of another configuration or other data; name another work folder, or"
            " delete that file to start again"
        )
    model.load_state_dict(_below("model/", tensors))
    average.load(_below("average/", tensors))
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            _, number, key = name.split("/")
            state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    torch.set_rng_state(tensors["generator/cpu"])
    if torch.cuda.is_available() and "generator/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["generator/cuda"])
    return int(notes["step"])


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def write_tensors(path: Path, tensors: dict[str, Tensor], notes: dict[str, str]) -> None:
    """Write a safetensors file, all or nothing."""
    scratch = path.with_name(f".{path.name}.new")
    _save_file(tensors, scratch, metadata=notes)
    with scratch.open("rb") as file:
        os.fsync(file.fileno())
    scratch.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors of a safetensors file, and its notes.

    Raises:
        TrainingError: it is missing or damaged.
    """
    try:
        with _safe_open(path, framework="pt") as file:
            names: list[str] = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata()
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"cannot read {path}: {error}") from error
