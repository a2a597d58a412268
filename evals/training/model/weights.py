"""The weights that training starts from: models that installed packages carry."""

import importlib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from citespan.evals.training.config import ModelConfig
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import write_file
from citespan.evals.training.model.cross_encoder import FILES, cross_encoder_folder
from citespan.index.embedding import bundled_folder as minilm_folder
from citespan.index.embedding import carried_tokenizer, read_carried
from citespan.index.runtime import check_file
from citespan.qa.composition import evidence_folder
from citespan.qa.evidence.model import TOKENIZER, read_evidence_manifest

_load_file: Any = importlib.import_module("safetensors.numpy").load_file  # typed in part
_load_onnx: Any = importlib.import_module("onnx").load

Weights = dict[str, NDArray[np.float32]]

_LAYER = re.compile(r"bert\.encoder\.layer\.(\d+)\.(.+)")


def starting_weights(config: ModelConfig) -> Weights:
    """Return tensors by their names in a BERT checkpoint, `bert.…` and perhaps `classifier.…`.

    Raises:
        TrainingError: the cross-encoder has no such layer.
        ModelUnavailable: the package that carries the model is missing or was changed.
    """
    if config.start == "minilm":
        weights: Weights = _load_file(minilm_folder() / "model.safetensors")
        return {f"bert.{name}": tensor.astype(np.float32) for name, tensor in weights.items()}
    if config.start == "shipped":
        return shipped_weights(evidence_folder())
    if config.start == "multilingual":
        carried = read_carried()
        weights = {f"bert.{name}": carried.tensor(name) for name in carried.shapes}
        return weights | _plain_pooler(weights["bert.embeddings.LayerNorm.bias"].size)
    folder = cross_encoder_folder()
    for name, sha256 in FILES.items():
        check_file(folder / name, sha256)
    return pick_layers(dequantised(folder / "model.onnx"), config.layers)


def _plain_pooler(size: int) -> Weights:
    """Return a pooler that passes the first token on, for models that have none."""
    return {
        "bert.pooler.dense.weight": np.eye(size, dtype=np.float32),
        "bert.pooler.dense.bias": np.zeros(size, dtype=np.float32),
    }


def tokenizer_file(config: ModelConfig, work: Path) -> Path:
    """Return the tokenizer that belongs to the starting weights; one in no file is written to
    `work`.
    """
    if config.start == "multilingual":
        path = work / TOKENIZER
        if not path.exists():
            write_file(path, carried_tokenizer(read_carried()).to_str().encode())
        return path
    if config.start == "shipped":
        return evidence_folder() / TOKENIZER
    folder = minilm_folder() if config.start == "minilm" else cross_encoder_folder()
    return folder / "tokenizer.json"


def shipped_weights(folder: Path) -> Weights:
    """Return the weights of an exported evidence model, with its heads, out of all its parts."""
    return {
        name.removeprefix("model."): tensor
        for part in read_evidence_manifest(folder).parts
        for name, tensor in dequantised(folder / part).items()
    }


def pick_layers(weights: Mapping[str, NDArray[np.float32]], layers: tuple[int, ...]) -> Weights:
    """Return the checkpoint with only these layers, renumbered in the order given.

    Raises:
        TrainingError: there is no such layer.
    """
    places = {layer: place for place, layer in enumerate(layers)}
    kept: Weights = {}
    there: set[int] = set()
    for name, tensor in weights.items():
        match = _LAYER.fullmatch(name)
        if match is None:
            kept[name] = tensor
            continue
        layer = int(match[1])
        there.add(layer)
        if layer in places:
            kept[f"bert.encoder.layer.{places[layer]}.{match[2]}"] = tensor
    if missing := set(layers) - there:
        raise TrainingError(f"the checkpoint has {len(there)} layers, no layer {min(missing)}")
    return kept


def dequantised(path: Path) -> Weights:
    """Return a dynamically quantised BERT classifier in ONNX as its original checkpoint.

    A matrix product's weights have lost their name; its bias, added next, has kept it.

    Raises:
        TrainingError: a quantised matrix meets no named bias.
    """
    graph: Any = _load_onnx(path).graph
    tensors: dict[str, NDArray[Any]] = {
        entry.name: numpy_helper.to_array(entry) for entry in graph.initializer
    }
    names = matrix_names(graph)
    weights: Weights = {}
    for name, tensor in tensors.items():
        if name.endswith("_quantized"):
            stem = name.removesuffix("_quantized")
            scale, zero = tensors[f"{stem}_scale"], tensors[f"{stem}_zero_point"]
            real = (tensor.astype(np.float32) - zero.astype(np.float32)) * scale
            matrix = "embeddings" not in stem
            weights[names[name]] = np.ascontiguousarray(
                real.T if matrix else real, dtype=np.float32
            )
        elif not name.endswith(("_scale", "_zero_point")) and "." in name:
            weights[name] = tensor.astype(np.float32)
    return weights


def matrix_names(graph: Any) -> dict[str, str]:
    """Return the name that each quantised matrix of a graph has in the checkpoint.

    Raises:
        TrainingError: as `dequantised`.
    """
    tensors = {entry.name for entry in graph.initializer}
    consumers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    return {
        name: name.removesuffix("_quantized")
        if "embeddings" in name
        else _bias_after(name, consumers, tensors)
        for name in tensors
        if name.endswith("_quantized")
    }


def _bias_after(name: str, consumers: Mapping[str, list[Any]], tensors: Collection[str]) -> str:
    """Return the weight's name by the bias of the addition that its product runs into."""
    front = [name]
    for _ in range(6):  # MatMulInteger, Cast, Mul, Add
        nodes = [node for output in front for node in consumers.get(output, [])]
        for node in nodes:
            biases = [entry for entry in node.input if entry.endswith(".bias") and entry in tensors]
            if node.op_type == "Add" and biases:
                return f"{biases[0].removesuffix('.bias')}.weight"
        front = [output for node in nodes for output in node.output]
    raise TrainingError(f"the quantised matrix {name} meets no named bias")
