"""Step 4: the trained model as int8 ONNX with its tokenizer and manifest."""

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from tokenizers import Encoding
from torch import Tensor, nn

from citespan.evals.training.config import Config
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import write_file
from citespan.evals.training.model.model import EvidenceModel, Outputs
from citespan.evals.training.release.products import plain, write_learned
from citespan.index.disk import sha256_file
from citespan.index.embedding import quantise
from citespan.qa.evidence.model import (
    MANIFEST,
    TOKENIZER,
    EvidenceManifest,
    ExportedModel,
    build_multilingual,
    read_evidence_manifest,
)

LEARNED = "learned"  # next to the exported model: what of it comes with citespan
LIMIT_BYTES = 40_000_000
# On a row of pairs, as correlations: less is a broken export, not rounding.
_LEAST_PARITY = 0.9


def export_model(
    model: EvidenceModel,
    folder: Path,
    tokenizer: Path,
    pairs: Sequence[tuple[str, str]],
    config: Config,
    run: str,
) -> EvidenceManifest:
    """Write the exported model into a new or replaced folder, all or nothing.

    Args:
        model: trained.
        folder: gets the parts of the model, its tokenizer and its manifest.
        tokenizer: the model's tokenizer.json.
        pairs: questions and second texts to compare fp32 and int8 on, at least two.
        config: names the model and its limits.
        run: the run that made the weights.

    Raises:
        TrainingError: it is larger than `LIMIT_BYTES`, or int8 is far from fp32.
    """
    model = model.cpu().float().eval()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
        traced, made = Path(scratch) / "traced", Path(scratch) / "model"
        traced.mkdir()
        made.mkdir()
        parts = _trace(plain(model), traced)
        for name in parts:
            # Of seven bits: products of eight overflow on processors without VNNI.
            quantise(traced / name, made / name, reduce_range=True)
        if config.model.adapter_rank:
            quantised, made = made, Path(scratch) / "learned"
            made.mkdir()
            write_learned(model, quantised, made)
        else:
            shutil.copyfile(tokenizer, made / TOKENIZER)
        manifest = EvidenceManifest(
            label=config.label,
            run=run,
            start=config.model.start,
            max_tokens=config.model.max_tokens,
            question_tokens=config.model.question_tokens,
            files={path.name: sha256_file(path) for path in sorted(made.iterdir())},
            parity={},
            parts=parts,
            cuts=config.cuts,
        )
        write_manifest(made, manifest)
        size = sum(path.stat().st_size for path in made.iterdir())
        if size > LIMIT_BYTES:
            raise TrainingError(f"the exported model has {size} bytes, more than {LIMIT_BYTES}")
        whole = made
        if config.model.adapter_rank:
            whole = Path(scratch) / "whole"
            build_multilingual(made, whole)
        found = parity(model, ExportedModel(whole), pairs)
        for part in {made, whole}:
            write_manifest(part, _with_parity(read_evidence_manifest(part), found))
            target = folder if part == whole else folder.with_name(LEARNED)
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
    return read_evidence_manifest(folder)


def write_manifest(folder: Path, manifest: EvidenceManifest) -> None:
    """Replace the manifest."""
    write_file(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def parity(
    model: EvidenceModel, exported: ExportedModel, pairs: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """Return how well int8 follows fp32: each output's correlation over pairs and tokens."""
    both: dict[str, tuple[list[float], list[float]]] = {}
    for encoding in exported.tokenizer.encode(pairs):
        logits = exported.logits(encoding)
        for name, value in fp32_logits(model, encoding)._asdict().items():
            ours, theirs = both.setdefault(name, ([], []))
            ours += np.atleast_1d(value[0].numpy()).tolist()
            theirs += np.atleast_1d(getattr(logits, name)).tolist()
    return {name: float(np.corrcoef(*values)[0, 1]) for name, values in both.items()}


def fp32_logits(model: EvidenceModel, encoding: Encoding) -> Outputs:
    """Return the outputs of the model itself for one pair, with a batch axis of one."""
    rows: list[Any] = [encoding.ids, encoding.attention_mask, encoding.type_ids]
    with torch.no_grad():
        return model(*(torch.tensor([row]) for row in rows))


def _with_parity(manifest: EvidenceManifest, found: dict[str, float]) -> EvidenceManifest:
    for name, value in found.items():
        if not value >= _LEAST_PARITY:
            raise TrainingError(f"int8 {name} correlates only {value:.3f} with fp32")
    rounded = {name: round(value, 5) for name, value in found.items()}
    return msgspec.structs.replace(manifest, parity=rounded)


class _Ranked(nn.Module):
    """A part that ends with a ranking, for one pair at a time: nothing is padded or masked."""

    def __init__(self, model: EvidenceModel, number: int) -> None:
        super().__init__()
        self.model, self.number = model, number

    def forward(self, begun: Tensor, types: Tensor) -> tuple[Tensor, ...]:
        states = begun if self.number else self.model.embedded(begun, types)
        return self.model.ranked(self.number, states, types, None)


class _Deep(nn.Module):
    """The last part for one pair at a time, without a mask, too."""

    def __init__(self, model: EvidenceModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, states: Tensor) -> tuple[Tensor, ...]:
        return self.model.deep(states, None)


def _trace(model: EvidenceModel, folder: Path) -> tuple[str, ...]:
    """Write all parts in fp32; return the names of the files, in order."""
    begun = torch.ones((1, 16), dtype=torch.int64)
    types = torch.tensor([[0] * 8 + [1] * 8])
    count = len(model.rankings)
    names = tuple(f"part-{number}.onnx" for number in range(1, count + 2))
    for number in range(count):
        inputs = ["states" if number else "input_ids", "token_type_ids"]
        part = _Ranked(model, number)
        _to_onnx(part, (begun, types), folder / names[number], inputs, ["early", "continued"])
        with torch.no_grad():
            _, begun = part(begun, types)
    _to_onnx(_Deep(model), (begun,), folder / names[-1], ["states"], list(Outputs._fields[1:]))
    return names


def _to_onnx(
    part: nn.Module, sample: tuple[Tensor, ...], path: Path, inputs: list[str], outputs: list[str]
) -> None:
    onnx: Any = torch.onnx
    whole = ("early", "relevance", "answerable", "claim")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and a third faster
        onnx.export(
            part,
            sample,
            str(path),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes={
                name: {1: "sequence"} for name in (*inputs, *outputs) if name not in whole
            },
            dynamo=False,
        )
