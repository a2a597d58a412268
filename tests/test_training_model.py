"""The starting weights, the loop, and the exported file, on a tiny model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import TOKENIZER, encoded, example, tiny_model, tiny_weights

from qa.evidence import BundledReranker
from qa.evidence import bundled_folder as cross_encoder_folder
from qa.training.checkpoint import write_tensors
from qa.training.config import Config, ModelConfig, ScheduleConfig
from qa.training.curves import read_curves
from qa.training.encoding import (
    PairTokenizer,
)
from qa.training.errors import TrainingError
from qa.training.examples import pair_texts, write_examples
from qa.training.export import export
from qa.training.manifest import ExportedModel
from qa.training.model import EvidenceModel, Outputs, model_from
from qa.training.teacher import taught, teach
from qa.training.training import Trainer, rate_factor
from qa.training.weights import dequantised, pick_layers


def trainer(folder: Path, data: Path, epochs: int = 3) -> Trainer:
    rows = encoded(data, [example(n, answers=n % 3 > 0) for n in range(20)])
    schedule = ScheduleConfig(
        epochs=epochs, batch_tokens=150, learning_rate=3e-3, head_learning_rate=3e-3,
        log_every_steps=2, evaluate_every_steps=5, evaluate_examples=20,
        precision="fp32", device="cpu",
    )  # fmt: skip
    model = ModelConfig(max_tokens=64, dropout=0.1, frozen_embeddings=False)
    return Trainer(folder, tiny_model(model), rows, rows, Config(model=model, schedule=schedule))


def stop_after(steps: int) -> Callable[[], bool]:
    left = iter(range(steps))
    return lambda: next(left, None) is None


class TestTrainer:
    def test_a_stopped_run_ends_as_one_that_was_not(self, tmp_path: Path) -> None:
        assert trainer(tmp_path / "whole", tmp_path).train()
        for steps in (3, 1, 4):
            assert not trainer(tmp_path / "parts", tmp_path).train(stop_after(steps))
        with (tmp_path / "parts/curves.jsonl").open("ab") as file:
            file.write(b'{"step":999}\n{"ste')  # from beyond the checkpoint, and cut short
        assert trainer(tmp_path / "parts", tmp_path).train()
        whole, parts = (tmp_path / name / "model.safetensors" for name in ("whole", "parts"))
        assert whole.read_bytes() == parts.read_bytes()
        lines = [read_curves(tmp_path / name / "curves.jsonl") for name in ("whole", "parts")]
        steps, again = ([line["step"] for line in curve] for curve in lines)
        assert again == steps == sorted(steps)
        held = [[line["held"] for line in curve if "held" in line] for curve in lines]
        assert held[0] == held[1]

    def test_a_checkpoint_of_another_run_is_refused(self, tmp_path: Path) -> None:
        trainer(tmp_path / "run", tmp_path).train(stop_after(1))
        with pytest.raises(TrainingError, match="another configuration or other data"):
            trainer(tmp_path / "run", tmp_path, epochs=4).train()

    def test_a_damaged_checkpoint_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run/checkpoint.safetensors").write_bytes(b"nothing")
        with pytest.raises(TrainingError, match="cannot read"):
            trainer(tmp_path / "run", tmp_path).train()

    def test_it_learns_twenty_examples(self, tmp_path: Path) -> None:
        run = trainer(tmp_path / "run", tmp_path, epochs=60)
        before = run.evaluate()
        run.train()
        after = run.evaluate()
        assert after["answerable_auroc"] == 1.0
        assert (after["span_f1"] or 0) > 0.95 > 0.5 > (before["span_f1"] or 0)
        assert (after["evidence_f1"] or 0) > 0.95
        assert (after["relevance_rank"] or 0) > 0.8

    def test_the_rate_rises_and_falls(self) -> None:
        factors = [rate_factor(step, 10, 0.2) for step in range(10)]
        assert factors == pytest.approx([0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


class TestWeights:
    def test_dequantised_it_scores_as_the_cross_encoder(self, reranker: BundledReranker) -> None:
        weights = dequantised(cross_encoder_folder() / "model.onnx")
        model = model_from(weights, ModelConfig(), seed=0).eval()
        pairs = PairTokenizer(cross_encoder_folder() / "tokenizer.json", 512, 512)
        rows = [example(n, answers=n % 2 == 0) for n in range(12)]
        texts = [(row.question, row.passage) for row in rows]
        texts += [(row.question, "Paris is in France.") for row in rows[:4]]
        theirs = [reranker.score(question, [text])[0] for question, text in texts]
        with torch.no_grad():
            ours = [
                float(model(*(torch.tensor([r]) for r in (e.ids, e.attention_mask, e.type_ids)))[0])
                for e in pairs.encode(texts)
            ]
        assert np.corrcoef(ours, theirs)[0, 1] > 0.999
        assert np.abs(np.subtract(ours, theirs)).max() < 1

    def test_layers_are_renumbered(self) -> None:
        weights = tiny_weights(layers=4)
        picked = pick_layers(weights, (1, 3))
        name = "bert.encoder.layer.{}.output.dense.weight"
        assert (picked[name.format(1)] == weights[name.format(3)]).all()
        assert name.format(2) not in picked
        with pytest.raises(TrainingError, match="4 layers, no layer 5"):
            pick_layers(weights, (1, 5))

    def test_what_is_no_encoder_is_refused(self) -> None:
        weights = tiny_weights()
        del weights["bert.pooler.dense.weight"]
        with pytest.raises(TrainingError, match="not a BERT encoder with a pooler"):
            model_from(weights, ModelConfig(), seed=0, attention_heads=2)


class CountingTeacher:
    """Scores by length, and can be stopped in the middle."""

    def __init__(self, limit: int) -> None:
        self.scored, self._limit = 0, limit

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        self.scored += len(texts)
        if self.scored > self._limit:
            raise KeyboardInterrupt
        return [float(len(text)) for text in texts]


def test_teaching_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    rows = [example(number, title="T" * (number % 3)) for number in range(1100)]
    write_examples(path, rows)
    with pytest.raises(KeyboardInterrupt):
        teach(path, tmp_path / "cache", CountingTeacher(700))
    assert np.isnan(taught(path, tmp_path / "cache", 1100)).sum() == 600
    rest = CountingTeacher(2000)
    scores = teach(path, tmp_path / "cache", rest)
    assert rest.scored == 600
    assert list(scores) == [len(pair_texts(row.title, row.passage)[0]) for row in rows]


SUBJECTS = ("cat", "house", "river", "blue", "seven", "music", "stone", "war", "sea", "law")


class TestExport:
    PAIRS = tuple(
        (f"{word}?" * number, f"The {word} is {word} {number}. " * (1 + number % 3))
        for number, word in enumerate(
            ["cat", "house", "river", "blue", "seven", "music", "stone", "war", "sea", "law"], 1
        )
    )

    def model(self) -> EvidenceModel:
        """With heads that tell inputs apart, as trained ones do."""
        model = tiny_model()
        for head in (model.relevance, model.answerable):
            torch.nn.init.normal_(head.weight, generator=torch.Generator().manual_seed(0))
        return model

    def test_int8_follows_fp32_and_is_deterministic(self, tmp_path: Path) -> None:
        config = Config(model=ModelConfig(max_tokens=64))
        model = self.model()
        manifest = export(model, tmp_path / "out", TOKENIZER, self.PAIRS, config, "run")
        assert set(manifest.parity) == set(Outputs._fields)
        assert min(manifest.parity.values()) > 0.97
        assert set(manifest.files) == {"model.onnx", "tokenizer.json"}
        exported = ExportedModel(tmp_path / "out")
        assert exported.manifest == manifest
        long = ("What colour?", "The car is red. " * 30)  # cut at 64 tokens
        encodings = exported.tokenizer.encode([*self.PAIRS, long])
        assert len(encodings[-1].ids) == 64
        first = [exported.logits(encoding) for encoding in encodings]
        again = [exported.logits(encoding) for encoding in encodings[::-1]][::-1]
        for a, b, encoding in zip(first, again, encodings, strict=True):
            assert a.start.tolist() == b.start.tolist()
            assert len(a.evidence) == len(encoding.ids)
            assert a.relevance == b.relevance

    def test_a_broken_export_is_refused_and_nothing_is_replaced(self, tmp_path: Path) -> None:
        model = self.model()
        config = Config(model=ModelConfig(max_tokens=64))
        export(model, tmp_path / "out", TOKENIZER, self.PAIRS, config, "run")
        before = (tmp_path / "out/manifest.json").read_bytes()
        torch.nn.init.zeros_(model.relevance.weight)  # constant: no correlation with anything
        with (
            np.errstate(invalid="ignore", divide="ignore"),
            pytest.raises(TrainingError, match="int8 relevance correlates only nan"),
        ):
            export(model, tmp_path / "out", TOKENIZER, self.PAIRS, config, "run")
        assert (tmp_path / "out/manifest.json").read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_tensors_are_written_whole(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x": torch.ones(2)}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
