"""Tokens, losses, the loop, and the exported file, on a model of a few thousand weights."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.export import bundled_folder
from index.types import Span
from qa.evidence import BundledReranker
from qa.evidence import bundled_folder as cross_encoder_folder
from qa.training.batches import collate, plan
from qa.training.checkpoint import write_tensors
from qa.training.config import Config, LossConfig, ModelConfig, ScheduleConfig
from qa.training.curves import read_curves
from qa.training.encoding import (
    EncodedSet,
    PairTokenizer,
    character_span,
    encode_set,
    labelled,
    token_span,
)
from qa.training.errors import TrainingError
from qa.training.examples import Example, pair_texts, write_examples
from qa.training.export import export
from qa.training.losses import IGNORED, UNKNOWN, Batch, loss_terms, total_loss
from qa.training.manifest import ExportedModel
from qa.training.model import EvidenceModel, Outputs, model_from
from qa.training.teacher import taught, teach
from qa.training.training import Trainer, rate_factor
from qa.training.weights import Weights, dequantised, pick_layers

TOKENIZER = bundled_folder() / "tokenizer.json"
VOCABULARY = 30_522


def tiny_weights(hidden: int = 32, layers: int = 2) -> Weights:
    """A random BERT checkpoint."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.1, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": random(VOCABULARY, hidden),
        "embeddings.position_embeddings.weight": random(64, hidden),
        "embeddings.token_type_embeddings.weight": random(2, hidden),
        "pooler.dense.weight": random(hidden, hidden),
        "pooler.dense.bias": random(hidden),
    }
    sizes = {
        "attention.self.query": (hidden, hidden), "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden), "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (64, hidden), "output.dense": (hidden, 64),
    }  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        for name, shape in sizes.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = random(*shape)
            weights[f"encoder.layer.{layer}.{name}.bias"] = random(shape[0])
        norms += [
            f"encoder.layer.{layer}.{name}.LayerNorm" for name in ("attention.output", "output")
        ]
    for norm in norms:
        weights |= {f"{norm}.weight": np.ones(hidden, np.float32), f"{norm}.bias": random(hidden)}
    return {f"bert.{name}": tensor for name, tensor in weights.items()}


def tiny_model(config: ModelConfig | None = None) -> EvidenceModel:
    config = config or ModelConfig(max_tokens=64, frozen_embeddings=False)
    return model_from(tiny_weights(), config, seed=0, attention_heads=2)


def example(number: int, *, answers: bool = True, title: str = "", known: bool = True) -> Example:
    """Which colour a thing has, told or not."""
    colour = ("red", "green", "blue", "white", "black")[number % 5]
    thing = ("car", "door", "house", "ship")[number % 4]
    told = f"The {thing} is {colour}." if answers else "It rains."
    passage = f"Number {number} is here. {told} Then it stops."
    start = passage.index(told)
    answer = Span(start + len(told) - 1 - len(colour), start + len(told) - 1)
    return Example(
        id=f"{number}{'' if answers else '-neg'}", source="s", group=str(number % 7), kind="given",
        question=f"What colour is the {thing}?", title=title, passage=passage,
        answerable=answers if known else None,
        answers=(answer,) if answers and known else (),
        evidence=None if not known else (Span(start, start + len(told)),) if answers else (),
    )  # fmt: skip


def encoded(
    folder: Path, examples: list[Example], *, max_tokens: int = 64
) -> tuple[EncodedSet, NDArray[np.float32]]:
    path = folder / "examples.jsonl"
    write_examples(path, examples)
    model = ModelConfig(max_tokens=max_tokens)
    scores = np.array([4.0 if row.answers else -4.0 for row in examples], dtype=np.float32)
    return encode_set(path, folder / "encoded", TOKENIZER, model), scores


WORDS = "word Zürich 𝒜𝓈𝓉𝓇𝒶 👩\u200d👧 e\u0301 中文 1980s (x) don't \u202b"
PIECES = st.lists(st.sampled_from(WORDS.split(" ")), min_size=1, max_size=12)


class TestTokens:
    PAIRS = PairTokenizer(TOKENIZER, 128, 16)

    @given(PIECES, st.data())
    def test_labels_come_back_as_they_were(self, pieces: list[str], data: st.DataObject) -> None:
        text = " ".join(pieces)
        start = data.draw(st.integers(0, len(text) - 1))
        span = Span(start, data.draw(st.integers(start + 1, len(text))))
        (encoding,) = self.PAIRS.encode([("What is 𝒜?", text)])
        found = token_span(encoding, span)
        if found is None:  # what the tokenizer drops, control characters say, has no tokens
            return
        back = character_span(encoding, *found)
        places = [o for o, s in zip(encoding.offsets, encoding.sequence_ids, strict=True) if s == 1]
        touched = [o for o in places if o[0] < span.end and o[1] > span.start]
        assert back == Span(touched[0][0], touched[-1][1])
        assert character_span(encoding, *token_span(encoding, back) or (0, 0)) == back

    def test_words_beyond_the_basic_plane_keep_their_offsets(self) -> None:
        text = "👩\u200d👧 𝒜𝓈𝓉 The door is green."
        (encoding,) = self.PAIRS.encode([("𝒲hat?", text)])
        start = text.index("green")
        found = token_span(encoding, Span(start, start + 5))
        assert found
        assert character_span(encoding, *found).of(text) == "green"

    def test_what_is_cut_off_has_no_label(self) -> None:
        short = PairTokenizer(TOKENIZER, 16, 8)
        row = example(1)
        (encoding,) = short.encode([(row.question, row.passage)])
        tokens = labelled(row, encoding)
        assert len(tokens.ids) == 16
        assert tokens.answerable == UNKNOWN
        assert (tokens.spans == UNKNOWN).all()
        assert (tokens.evidence == IGNORED).all()

    def test_a_long_question_leaves_room_for_the_passage(self) -> None:
        (encoding,) = self.PAIRS.encode([("why " * 500, "because")])
        assert encoding.tokens[-2:] == ["because", "[SEP]"]
        assert len(encoding.ids) == 16 + 4

    @pytest.mark.parametrize("title", ["", "A title"])
    def test_labels_lie_behind_the_title(self, title: str) -> None:
        row = example(3, title=title)
        text, lead = pair_texts(row.title, row.passage)
        (encoding,) = self.PAIRS.encode([(row.question, text)])
        tokens = labelled(row, encoding)
        first, last = tokens.spans[0]
        assert character_span(encoding, first, last).of(text) == "white"
        marked = np.flatnonzero(tokens.evidence == 1)
        assert character_span(encoding, marked[0], marked[-1]).of(text) == "The ship is white."
        assert encoding.offsets[tokens.first][0] == lead
        assert (tokens.evidence[: tokens.first] == IGNORED).all()

    def test_no_answer_is_the_first_token(self) -> None:
        row = example(1, answers=False)
        (encoding,) = self.PAIRS.encode([(row.question, row.passage)])
        tokens = labelled(row, encoding)
        assert tokens.spans.tolist() == [[0, 0]] + [[UNKNOWN, UNKNOWN]] * 3
        assert tokens.answerable == 0
        assert set(tokens.evidence.tolist()) == {0, IGNORED}


class TestBatches:
    def test_each_example_once_and_within_the_limit(self) -> None:
        lengths = np.random.default_rng(0).integers(5, 90, 10_000)
        batches = plan(lengths, 500, seed=1, epoch=0)
        assert (np.sort(np.concatenate(batches)) == np.arange(10_000)).all()
        padded = [len(rows) * int(lengths[rows].max()) for rows in batches]
        assert max(padded) <= 500
        assert sum(padded) < 1.05 * lengths.sum()

    def test_the_order_depends_on_seed_and_epoch_alone(self) -> None:
        lengths = np.arange(10, 60)
        orders = [
            np.concatenate(plan(lengths, 200, seed, epoch)).tolist()
            for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))
        ]
        assert orders[0] == orders[1]
        assert orders[0] != orders[2]
        assert orders[0] != orders[3]

    def test_answers_may_stand_in_the_passage_or_at_the_first_token(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(1, title="A title"), example(2)])
        batch = collate(rows, scores, [0, 1])
        first = int(rows.first[0])
        size = int(rows.lengths[0])
        places = torch.tensor([0, *range(first, size - 1)])
        assert torch.equal(batch.allowed[0].nonzero().flatten(), places)
        assert batch.types[0, : rows.second[0]].sum() == 0
        assert batch.types[0, rows.second[0] : size].all()


def random_outputs(batch: Batch) -> Outputs:
    generator = torch.Generator().manual_seed(0)
    one, many = (len(batch.ids),), tuple(batch.ids.shape)
    shapes = (one, many, many, many, one)
    return Outputs(
        *(torch.randn(shape, generator=generator, requires_grad=True) for shape in shapes)
    )


class TestLosses:
    def test_unlabelled_examples_change_nothing(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(1), example(2, known=False)])
        scores[1] = np.nan
        both = collate(rows, scores, [0, 1])
        outputs = random_outputs(both)
        terms = loss_terms(outputs, both, LossConfig())
        alone = Batch(*(tensor[:1] for tensor in both))
        again = loss_terms(Outputs(*(tensor[:1] for tensor in outputs)), alone, LossConfig())
        assert {name: term.item() for name, term in terms.items()} == pytest.approx(
            {name: term.item() for name, term in again.items()}
        )
        assert set(terms) == {"relevance", "evidence", "span", "answerable"}
        torch.autograd.backward([total_loss(terms, LossConfig())])
        for tensor in outputs:
            assert tensor.grad is not None
            assert tensor.grad[1].abs().sum() == 0
            assert tensor.grad[0].abs().sum() > 0

    def test_a_term_without_labels_is_not_there(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(2, known=False)])
        batch = collate(rows, scores, [0])
        assert set(loss_terms(random_outputs(batch), batch, LossConfig())) == {"relevance"}

    def test_values_by_hand(self) -> None:
        unknown = torch.full((1, 2), UNKNOWN)
        batch = Batch(
            ids=torch.zeros((1, 4), dtype=torch.int64), types=torch.zeros((1, 4)),
            mask=torch.ones((1, 4)), allowed=torch.tensor([[True, False, True, True]]),
            evidence=torch.tensor([[IGNORED, 0, 1, 1]]), starts=torch.tensor([[2, 3]]),
            ends=torch.tensor([[3, UNKNOWN]]), answerable=torch.tensor([1.0]),
            relevance=torch.tensor([5.0]),
        )  # fmt: skip
        zero = torch.zeros((1, 4))
        one = torch.zeros(1)
        outputs = Outputs(one + 1, zero, torch.tensor([[0.0, 99.0, 0.0, 0.0]]), zero, one)
        terms = loss_terms(outputs, batch, LossConfig(teacher_scale=2, evidence_positives=0.3))
        assert terms["relevance"].item() == pytest.approx(4.0)
        assert terms["evidence"].item() == pytest.approx(np.log(2))
        # start: two of three places are right; end: one of three
        assert terms["span"].item() == pytest.approx((np.log(3 / 2) + np.log(3)) / 2)
        assert terms["answerable"].item() == pytest.approx(np.log(2))
        empty = batch._replace(starts=unknown, ends=unknown)
        assert "span" not in loss_terms(outputs, empty, LossConfig())


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
