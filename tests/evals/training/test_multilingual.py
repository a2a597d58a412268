"""A model that learns products next to matrices that stay, and graphs without these matrices."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from tiny_models import tiny_config, tiny_model

from citespan.evals.training.config import LossConfig
from citespan.evals.training.data import FOREIGN
from citespan.evals.training.model.losses import IGNORED, UNKNOWN, Batch, loss_terms
from citespan.evals.training.model.model import Outputs, adapted
from citespan.evals.training.model.weights import dequantised, matrix_names
from citespan.evals.training.release.products import plain
from citespan.index.embedding import empty, fill
from citespan.index.runtime import onnxruntime, open_session
from citespan.qa.composition import evidence_folder

CONFIG = msgspec.structs.replace(tiny_config(), adapter_rank=3, frozen_layers=1)
INPUTS = (torch.arange(8)[None] + 5, torch.ones((1, 8)), torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1]]))


def test_a_product_is_learned_and_its_matrix_is_not() -> None:
    model = tiny_model(CONFIG)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer: Any = torch.optim.AdamW(learning, lr=0.1)
    for _ in range(3):
        outputs: Outputs = model(*INPUTS)
        loss: Any = sum(one.square().sum() for one in outputs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    changed = {name for name, one in model.state_dict().items() if not one.equal(before[name])}
    names = [name for name, _ in adapted(model)]
    assert len(names) == 6  # of the second layer: the first is frozen
    assert {f"{name}.{side}" for name in names for side in ("up", "down")} <= changed
    assert not {f"{name}.weight" for name in names} & changed
    assert not any(name.startswith("bert.encoder.layer.0.") for name in changed)
    whole = plain(model)
    assert not adapted(whole)
    for ours, theirs in zip(model(*INPUTS), whole(*INPUTS), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4)


def test_a_graph_without_its_matrices_is_filled_again(tmp_path: Path) -> None:
    source = evidence_folder() / "part-4.onnx"
    names = matrix_names(onnxruntime("onnx").load(source).graph)
    weights = dequantised(source)
    empty(
        source,
        tmp_path / "empty.onnx",
        lambda name: names[name] if ".layer." in names[name] else None,
    )
    assert (tmp_path / "empty.onnx").stat().st_size < source.stat().st_size / 10
    fill(tmp_path / "empty.onnx", tmp_path / "full.onnx", lambda name: weights[name])
    states = np.random.default_rng(0).normal(size=(1, 12, 384)).astype(np.float32)
    first, second = (
        open_session(path).run(None, {"states": states})
        for path in (source, tmp_path / "full.onnx")
    )
    for ours, theirs in zip(first, second, strict=True):
        assert np.allclose(ours, theirs, atol=0.1)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_without_a_teacher_the_relevance_follows_the_labels(weight: float) -> None:
    logits = torch.tensor([3.0, -3.0])
    rows = torch.zeros(2, 4)
    outputs = Outputs(logits, logits, logits, rows, rows, rows, torch.zeros(2, 3))
    batch = Batch(
        ids=torch.zeros(2, 4), types=torch.zeros(2, 4), mask=torch.ones(2, 4),
        allowed=torch.ones(2, 4, dtype=torch.bool), evidence=torch.full((2, 4), IGNORED),
        starts=torch.full((2, 1), UNKNOWN), ends=torch.full((2, 1), UNKNOWN),
        answerable=torch.tensor([1.0, UNKNOWN]), relevance=torch.tensor([torch.nan, torch.nan]),
        claim=torch.full((2,), UNKNOWN), twins=torch.zeros((0, 2), dtype=torch.int64),
    )  # fmt: skip
    terms = loss_terms(outputs, batch, LossConfig(ranked=weight))
    assert ("ranked" in terms) is bool(weight)
    if weight:
        assert terms["ranked"].item() == pytest.approx(np.log1p(np.exp(-3)))


def test_each_set_in_another_language_has_a_limit() -> None:
    from citespan.evals.training.config import DataConfig

    assert {f"{name}_questions" for name in FOREIGN} <= set(DataConfig.__struct_fields__)
