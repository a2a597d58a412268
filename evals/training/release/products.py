"""What a model learned, apart from the matrices that did not change."""

import copy
import importlib
import re
from pathlib import Path
from typing import Any

import torch

from citespan.evals.training.model.model import EvidenceModel, adapted
from citespan.evals.training.model.weights import matrix_names
from citespan.index.embedding import empty, read_carried
from citespan.qa.evidence.model import PRODUCTS

_load_onnx: Any = importlib.import_module("onnx").load  # typed in part
_save_file: Any = importlib.import_module("safetensors.torch").save_file


def plain(model: EvidenceModel) -> EvidenceModel:
    """Return a model that computes the same with one matrix a layer."""
    made = copy.deepcopy(model)
    for name, part in adapted(made):
        made.set_submodule(name, part.merged())
    return made


def write_learned(model: EvidenceModel, quantised: Path, folder: Path) -> None:
    """Write the products, and the quantised graphs without the matrices that are carried.

    Args:
        model: trained, with `Adapted` layers.
        quantised: the folder with the graphs of `plain(model)`, in eight bits.
        folder: an existing folder.
    """
    products: dict[str, torch.Tensor] = {}
    for name, part in adapted(model):
        for side, matrix in zip(("up", "down"), part.product(), strict=True):
            products[f"{name.removeprefix('bert.')}.{side}"] = matrix.detach().half().contiguous()
    _save_file(products, folder / PRODUCTS)
    for graph in quantised.glob("*.onnx"):
        without_carried(graph, folder / graph.name)


def without_carried(source: Path, target: Path) -> None:
    """Write a quantised graph without the matrices that are carried."""
    carried = read_carried().shapes
    names = matrix_names(_load_onnx(source).graph)

    def named(key: str) -> str | None:
        at = re.search(r"(encoder\.layer|embeddings)\..+", names[key])
        return at[0] if at and at[0] in carried else None

    empty(source, target, named)
