"""The starting weights, the loop, and the exported file, on a tiny model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny_models import (
    TOKENIZER,
    encoded,
    example,
    lively_model,
    tiny_config,
    tiny_model,
    tiny_weights,
)

from citespan.evals.training.config import Config, ModelConfig, ScheduleConfig
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import write_examples
from citespan.evals.training.model.batches import collate, plan
from citespan.evals.training.model.checkpoint import read_tensors, write_tensors
from citespan.evals.training.model.cross_encoder import CrossEncoder, cross_encoder_folder
from citespan.evals.training.model.curves import read_curves
from citespan.evals.training.model.loop import Trainer, rate_factor
from citespan.evals.training.model.model import EvidenceModel, Outputs, model_from
from citespan.evals.training.model.ranking import Ranking
from citespan.evals.training.model.teacher import taught, teach
from citespan.evals.training.model.weights import dequantised, pick_layers
from citespan.evals.training.release.export import export_model
from citespan.qa.evidence.model.bundled import ExportedModel
from citespan.qa.evidence.model.pairs import PairTokenizer, pair_texts


def trainer(
    folder: Path, data: Path, epochs: float = 3, teacher: NDArray[np.float32] | None = None
) -> Trainer:
    rows = encoded(data, [example(n, answers=n % 3 > 0) for n in range(20)])
    train = (rows[0], rows[1] if teacher is None else teacher)
    schedule = ScheduleConfig(
        epochs=epochs, batch_tokens=150, learning_rate=3e-3, head_learning_rate=3e-3,
        log_every_steps=2, evaluate_every_steps=5, evaluate_examples=20,
        precision="fp32", device="cpu",
    )  # fmt: skip
    model = tiny_config(dropout=0.1)
    return Trainer(folder, tiny_model(model), train, rows, Config(model=model, schedule=schedule))


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
        assert (after["early_rank"] or 0) > 0.8

    def test_below_one_epoch_the_last_batches_are_left_out(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(n, answers=n % 3 > 0) for n in range(20)])
        batches = plan(rows.lengths, rows.twin, 150, Config().seed, 0)
        half = round(len(batches) / 2)
        seen, unseen = (np.concatenate(part) for part in (batches[:half], batches[half:]))
        weights = dict[str, bytes]()
        for name, changed in (("as it was", seen[:0]), ("unseen", unseen), ("seen", seen[:1])):
            teacher = scores.copy()
            teacher[changed] += 3
            run = trainer(tmp_path / name, tmp_path, epochs=0.5, teacher=teacher)
            assert run.steps == half
            assert run.train()
            tensors, _ = read_tensors(tmp_path / name / "model.safetensors")
            weights[name] = tensors["relevance.weight"].numpy().tobytes()
        assert weights["unseen"] == weights["as it was"] != weights["seen"]

    def test_epochs_may_end_in_the_middle(self, tmp_path: Path) -> None:
        one = trainer(tmp_path / "a", tmp_path, epochs=1).steps
        assert trainer(tmp_path / "b", tmp_path, epochs=2.5).steps == round(2.5 * one)

    def test_the_rate_rises_and_falls(self) -> None:
        factors = [rate_factor(step, 10, 0.2) for step in range(10)]
        assert factors == pytest.approx([0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


class TestWeights:
    def test_dequantised_it_scores_as_the_cross_encoder(self) -> None:
        cross_encoder = CrossEncoder()
        weights = dequantised(cross_encoder_folder() / "model.onnx")
        model = model_from(weights, ModelConfig(), seed=0).eval()
        pairs = PairTokenizer(cross_encoder_folder() / "tokenizer.json", 512, 512)
        rows = [example(n, answers=n % 2 == 0) for n in range(12)]
        texts = [(row.question, row.passage) for row in rows]
        texts += [(row.question, "Paris is in France.") for row in rows[:4]]
        theirs = [cross_encoder.score(question, [text])[0] for question, text in texts]
        with torch.no_grad():
            ours = [
                alone(model, encoding.ids, encoding.type_ids).relevance.item()
                for encoding in pairs.encode(texts)
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
            model_from(weights, tiny_config(), seed=0, attention_heads=2)

    @pytest.mark.parametrize("after", [(), (2,), (0, 3), (1, 1), (1, 0)])
    def test_rankings_follow_each_other_before_the_last_layer(self, after: tuple[int, ...]) -> None:
        config = ModelConfig(ranked_after=after)
        with pytest.raises(TrainingError, match="2 layers cannot be ranked after"):
            model_from(tiny_weights(), config, seed=0, attention_heads=2)

    def test_the_ranking_of_an_earlier_model_is_the_last(self) -> None:
        weights = tiny_weights()
        hidden = weights["bert.pooler.dense.bias"].size
        weights["early.0.weight"] = np.full((hidden, hidden), 0.25, np.float32)
        model = model_from(weights, tiny_config(), seed=0, attention_heads=2)
        state = model.state_dict()
        assert (state["rankings.1.mean.0.weight"] == 0.25).all()
        assert not (state["rankings.0.mean.0.weight"] == 0.25).any()
        for number in range(2):
            assert not state[f"rankings.{number}.said.weight"].any()  # as before, nothing is added


def alone(model: EvidenceModel, ids: Sequence[int], types: Sequence[int]) -> Outputs:
    """What the parts make of one pair that is not padded."""
    early: list[torch.Tensor] = []
    with torch.no_grad():
        segments = torch.tensor([types])
        states = model.embedded(torch.tensor([ids]), segments)
        for number in range(len(model.rankings)):
            logits, states = model.ranked(number, states, segments, None)
            early.append(logits)
        return Outputs(torch.stack(early, 1), *model.deep(states, None))


class TestModel:
    @pytest.mark.parametrize("after", [(1,), (0, 2), (0, 1, 3)])
    def test_padding_changes_nothing(self, tmp_path: Path, after: tuple[int, ...]) -> None:
        model = lively_model(ModelConfig(ranked_after=after), layers=4)
        rows, scores = encoded(
            tmp_path, [example(n, title="A long title" * (n % 3)) for n in range(6)]
        )
        batch = collate(rows, scores, range(6))
        with torch.no_grad():
            padded = model(batch.ids, batch.mask, batch.types)
        assert len(set(rows.lengths.tolist())) > 1
        for line, size in enumerate(rows.lengths.tolist()):
            ids, types = batch.ids[line, :size].numpy(), batch.types[line, :size].numpy()
            found = alone(model, list(ids), list(types))
            for name, value in found._asdict().items():
                whole = getattr(padded, name)[line]
                whole = whole[:size] if name in {"evidence", "start", "end"} else whole
                assert whole.numpy() == pytest.approx(value[0].numpy(), abs=1e-4), name
        assert padded.early.std(0).min() > 0.05  # inputs are told apart
        assert padded.relevance.std() > 0.05

    def test_only_the_first_layers_rank_early(self) -> None:
        model = lively_model()
        ids, types = [101, 2054, 102, 2009, 2003, 102], [0, 0, 0, 1, 1, 1]
        before = alone(model, ids, types)
        for weight in model.bert.encoder.layer[1].parameters():
            torch.nn.init.ones_(weight)
        after = alone(model, ids, types)
        assert torch.equal(after.early, before.early)
        for name in Outputs._fields[1:]:
            assert not torch.equal(getattr(after, name), getattr(before, name)), name
        for weight in model.bert.encoder.layer[0].parameters():
            torch.nn.init.ones_(weight)
        words, layer = alone(model, ids, types).early[0]
        assert words == before.early[0, 0]  # no layer is before the first ranking
        assert layer != before.early[0, 1]

    def test_a_ranking_compares_each_token_asked_with_all_that_is_said(self) -> None:
        ranking = Ranking(8)
        generator = torch.Generator().manual_seed(0)
        ranking.begin(torch.full((8,), 0.5), generator)
        states, types = (
            torch.randn(1, 6, 8, generator=generator),
            torch.tensor([[0, 0, 0, 1, 1, 1]]),
        )
        asked, said = ranking.asked(states[0, :3]), ranking.said(states[0, 3:])
        assert torch.equal(ranking.asked.weight, ranking.said.weight)
        alike = [max((a @ b).item() / 8 for b in said) for a in asked]  # 8 is the root of 64
        weights = ranking.weight(states[0, :3]).softmax(0)[:, 0].tolist()
        expected = sum(w * a for w, a in zip(weights, alike, strict=True))
        expected += ranking.mean(states[0, :3].mean(0)).item()
        assert ranking(states, types, None).item() == pytest.approx(expected, abs=1e-5)


class CountingTeacher(CrossEncoder):
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
        teach(path, tmp_path / "cache", 1100, CountingTeacher(700))
    assert np.isnan(taught(path, tmp_path / "cache", 1100)).sum() == 600
    rest = CountingTeacher(2000)
    scores = teach(path, tmp_path / "cache", 2000, rest)
    assert rest.scored == 600
    assert list(scores) == [len(pair_texts(row.title, row.passage)[0]) for row in rows]


def test_teaching_ends_at_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    rows = [example(number) for number in range(1100)]
    write_examples(path, rows)
    for limit, count in ((500, 500), (501, 1000), (5000, 1100), (500, 1100)):
        scores = teach(path, tmp_path / "cache", limit, CountingTeacher(2000))
        texts = [pair_texts(row.title, row.passage)[0] for row in rows[:count]]
        assert scores[:count].tolist() == [len(text) for text in texts]
        assert np.isnan(scores[count:]).all()


class TestExport:
    PAIRS = tuple(
        (f"{word}?" * number, f"The {word} is {word} {number}. " * (1 + number % 3))
        for number, word in enumerate(
            ["cat", "house", "river", "blue", "seven", "music", "stone", "war", "sea", "law"], 1
        )
    )
    CONFIG = Config(label="L", model=tiny_config())

    def test_int8_follows_fp32(self, tmp_path: Path) -> None:
        model = lively_model()
        manifest = export_model(model, tmp_path / "out", TOKENIZER, self.PAIRS, self.CONFIG, "run")
        assert (manifest.label, manifest.run, manifest.start) == ("L", "run", "ce")
        exported = ExportedModel(tmp_path / "out")
        # other pairs than those that the export was checked on
        pairs = [(f"Is the {word} old?", f"{text}{word} is old.") for word, text in self.PAIRS]
        encodings = exported.tokenizer.encode(pairs)
        fp32 = [alone(model, encoding.ids, encoding.type_ids) for encoding in encodings]
        int8 = [exported.logits(encoding) for encoding in encodings]
        assert set(manifest.parity) == set(Outputs._fields)
        for name in Outputs._fields:
            ours = np.hstack([getattr(outputs, name)[0].numpy() for outputs in fp32])
            theirs = np.hstack([getattr(outputs, name) for outputs in int8])
            assert np.corrcoef(ours, theirs)[0, 1] > 0.95, name
            assert np.abs(ours - theirs).mean() < 0.03 * np.abs(ours).max(), name
            assert manifest.parity[name] > 0.95, name

    def test_it_is_deterministic(self, tmp_path: Path) -> None:
        export_model(lively_model(), tmp_path / "out", TOKENIZER, self.PAIRS, self.CONFIG, "run")
        exported = ExportedModel(tmp_path / "out")
        assert exported.manifest.parts == ("part-1.onnx", "part-2.onnx", "part-3.onnx")
        assert set(exported.manifest.files) == {*exported.manifest.parts, "tokenizer.json"}
        long = ("What colour?", "The car is red. " * 30)  # cut at 64 tokens
        encodings = exported.tokenizer.encode([*self.PAIRS, long])
        assert len(encodings[-1].ids) == 64
        first = [exported.logits(encoding) for encoding in encodings]
        again = [exported.logits(encoding) for encoding in encodings[::-1]][::-1]
        for a, b, encoding in zip(first, again, encodings, strict=True):
            assert a.start.tolist() == b.start.tolist()
            assert len(a.evidence) == len(encoding.ids)
            assert a.relevance == b.relevance
            seen = exported.advanced(exported.begun(encoding))
            assert a.early.tolist() == b.early.tolist() == list(seen.early)

    def test_a_broken_export_is_refused_and_nothing_is_replaced(self, tmp_path: Path) -> None:
        model = lively_model()
        export_model(model, tmp_path / "out", TOKENIZER, self.PAIRS, self.CONFIG, "run")
        before = (tmp_path / "out/manifest.json").read_bytes()
        torch.nn.init.zeros_(model.relevance.weight)  # constant: no correlation with anything
        with (
            np.errstate(invalid="ignore", divide="ignore"),
            pytest.raises(TrainingError, match="int8 relevance correlates only nan"),
        ):
            export_model(model, tmp_path / "out", TOKENIZER, self.PAIRS, self.CONFIG, "run")
        assert (tmp_path / "out/manifest.json").read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_tensors_are_written_whole(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x": torch.ones(2)}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
