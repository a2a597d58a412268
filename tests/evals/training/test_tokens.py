"""Characters to tokens and back, batches, and the terms of the loss."""

from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts
from tiny_models import TOKENIZER, encoded, example

from citespan.evals.training.config import LossConfig
from citespan.evals.training.model.batches import collate, plan
from citespan.evals.training.model.encoding import labelled
from citespan.evals.training.model.losses import (
    IGNORED,
    UNKNOWN,
    Batch,
    loss_terms,
    total_loss,
)
from citespan.evals.training.model.model import Outputs
from citespan.index.types import Span
from citespan.qa.evidence.model.pairs import (
    PairTokenizer,
    character_span,
    pair_texts,
    second_text,
    token_span,
)

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
        back = character_span(encoding.offsets, *found)
        places = [o for o, s in zip(encoding.offsets, encoding.sequence_ids, strict=True) if s == 1]
        touched = [o for o in places if o[0] < span.end and o[1] > span.start]
        assert back == Span(touched[0][0], touched[-1][1])
        assert character_span(encoding.offsets, *token_span(encoding, back) or (0, 0)) == back

    def test_words_beyond_the_basic_plane_keep_their_offsets(self) -> None:
        text = "👩\u200d👧 𝒜𝓈𝓉 The door is green."
        (encoding,) = self.PAIRS.encode([("𝒲hat?", text)])
        start = text.index("green")
        found = token_span(encoding, Span(start, start + 5))
        assert found
        assert character_span(encoding.offsets, *found).of(text) == "green"

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
        assert character_span(encoding.offsets, first, last).of(text) == "white"
        marked = np.flatnonzero(tokens.evidence == 1)
        assert (
            character_span(encoding.offsets, marked[0], marked[-1]).of(text) == "The ship is white."
        )
        assert encoding.offsets[tokens.first][0] == lead
        assert (tokens.evidence[: tokens.first] == IGNORED).all()

    def test_no_answer_is_the_first_token(self) -> None:
        row = example(1, answers=False)
        (encoding,) = self.PAIRS.encode([(row.question, row.passage)])
        tokens = labelled(row, encoding)
        assert tokens.spans.tolist() == [[0, 0]] + [[UNKNOWN, UNKNOWN]] * 3
        assert tokens.answerable == 0
        assert set(tokens.evidence.tolist()) == {0, IGNORED}


class TestWindows:
    SIZES = ((40, 8), (128, 16), (384, 64))
    TOKENIZERS: ClassVar = {size: PairTokenizer(TOKENIZER, *size) for size in SIZES}
    UNCUT: ClassVar = {size: PairTokenizer(TOKENIZER, 100_000, size[1]) for size in SIZES}

    @given(
        st.lists(st.sampled_from([*WORDS.split(" "), "playing", "xqzv", "tokenisation"])),
        st.integers(1, 40),
        st.sampled_from(SIZES),
        st.sampled_from(["Why?", "why " * 90]),
    )
    def test_they_fit_and_lose_nothing(
        self, pieces: list[str], times: int, size: tuple[int, int], question: str
    ) -> None:
        text = " ".join(pieces * times)
        self.check(text, size, question)

    @given(texts, st.integers(1, 30), st.sampled_from(SIZES[1:]))
    def test_whatever_the_text_is(self, text: str, times: int, size: tuple[int, int]) -> None:
        self.check(text * times, size, "What is it?")

    def check(self, text: str, size: tuple[int, int], question: str) -> None:
        """Nothing is cut off when a window is encoded, and they find all that the whole has."""
        windows = self.TOKENIZERS[size].windows(question, text)
        uncut = self.UNCUT[size].encode([(question, text)])[0]
        assert (len(uncut.ids) <= size[0]) == (windows == [Span(0, len(text))])
        covered, found = set[int](), set[tuple[int, int]]()
        for window in windows:
            covered |= set(range(window.start, window.end))
            (encoding,) = self.UNCUT[size].encode([(question, window.of(text))])
            assert len(encoding.ids) <= size[0]
            start, end = second_text(encoding)
            found |= {(a + window.start, b + window.start) for a, b in encoding.offsets[start:end]}
        assert [at for at in range(len(text)) if at not in covered and not text[at].isspace()] == []
        start, end = second_text(uncut)
        assert found == set(uncut.offsets[start:end])
        assert windows == sorted(windows)
        assert all(b.start < a.end for a, b in pairwise(windows))

    @pytest.mark.parametrize("size", SIZES)
    def test_they_are_cut_between_words(self, size: tuple[int, int]) -> None:
        text = " ".join(["qxzjv"] * 300)  # five tokens each
        windows = self.TOKENIZERS[size].windows("Why not?", text)
        assert {word for window in windows for word in window.of(text).split()} == {"qxzjv"}

    def test_neighbours_share_a_sentence(self) -> None:
        text = " ".join(f"word{number % 10}" for number in range(700))  # two tokens each
        first, second, *_ = self.TOKENIZERS[384, 64].windows("Why?", text)
        shared = Span(second.start, first.end).of(text)
        assert 46 <= 2 * len(shared.split()) <= 50

    def test_a_word_too_long_for_a_window_is_cut(self) -> None:
        text = " ".join(["qxzjv" * 19] * 3)  # 95 tokens each, and there is room for 35
        windows = self.TOKENIZERS[40, 8].windows("Why?", text)
        assert windows[0].start == 0
        assert windows[-1].end == len(text)
        assert all(a.start < b.start <= a.end + 1 for a, b in pairwise(windows))
        assert len(windows) < 20

    def test_a_question_gets_half_at_most(self) -> None:
        pairs = PairTokenizer(TOKENIZER, 32, 64)
        (encoding,) = pairs.encode([("why " * 90, "because " * 90)])
        assert encoding.tokens == [
            "[CLS]", *["why"] * 16, "[SEP]", *["because"] * 13, "[SEP]"
        ]  # fmt: skip
        windows = pairs.windows("why " * 90, "because " * 90)
        assert max(len(window.of("because " * 90).split()) for window in windows) == 13


class TestBatches:
    def test_each_example_once_and_within_the_limit(self) -> None:
        lengths = np.random.default_rng(0).integers(5, 90, 10_000)
        alone = np.full(10_000, UNKNOWN, dtype=np.int32)
        batches = plan(lengths, alone, 500, seed=1, epoch=0)
        assert (np.sort(np.concatenate(batches)) == np.arange(10_000)).all()
        padded = [len(rows) * int(lengths[rows].max()) for rows in batches]
        assert max(padded) <= 500
        assert sum(padded) < 1.05 * lengths.sum()

    def test_the_order_depends_on_seed_and_epoch_alone(self) -> None:
        lengths = np.arange(10, 60)
        orders = [
            np.concatenate(plan(lengths, np.full(50, UNKNOWN, np.int32), 200, seed, epoch)).tolist()
            for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))
        ]
        assert orders[0] == orders[1]
        assert orders[0] != orders[2]
        assert orders[0] != orders[3]

    def test_twins_are_in_one_batch(self) -> None:
        rng = np.random.default_rng(0)
        lengths = rng.integers(5, 90, 3_000)
        twins = np.where(rng.random(3_000) < 0.5, UNKNOWN, rng.integers(0, 700, 3_000))
        batches = plan(lengths, twins.astype(np.int32), 500, seed=1, epoch=0)
        assert (np.sort(np.concatenate(batches)) == np.arange(3_000)).all()
        for twin in np.unique(twins[twins != UNKNOWN]):
            assert sum(bool((twins[rows] == twin).any()) for rows in batches) == 1
        groups = [len(set(twins[rows].tolist())) for rows in batches]
        for rows, count in zip(batches, groups, strict=True):
            assert count == 1 or len(rows) * int(lengths[rows].max()) <= 500

    def test_pairs_are_an_answerable_one_with_each_twin(self, tmp_path: Path) -> None:
        made = [
            msgspec.structs.replace(example(1), twin="t"),
            msgspec.structs.replace(example(2, answers=False), twin="t"),
            msgspec.structs.replace(example(3, answers=False), twin="t"),
            msgspec.structs.replace(example(4, answers=False), twin="u"),
            example(5),
        ]
        rows, scores = encoded(tmp_path, made)
        twins = collate(rows, scores, [4, 3, 2, 1, 0]).twins
        assert torch.equal(twins, torch.tensor([[4, 2], [4, 3]]))
        assert collate(rows, scores, [3, 4]).twins.shape == (0, 2)

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
    shapes = ((*one, 2), one, one, many, many, many, (*one, 3))
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
        for found in (terms, again):
            del found["early"]  # needs no label
        assert {name: term.item() for name, term in terms.items()} == pytest.approx(
            {name: term.item() for name, term in again.items()}
        )
        assert set(terms) == {"relevance", "evidence", "span", "answerable"}
        torch.autograd.backward([total_loss(terms, LossConfig())])
        for name, tensor in outputs._asdict().items():
            if name not in {"early", "claim"}:
                assert tensor.grad is not None
                assert tensor.grad[1].abs().sum() == 0
                assert tensor.grad[0].abs().sum() > 0

    def test_the_rankings_follow_the_teacher_or_the_relevance(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(1), example(2)])
        scores[1] = np.nan
        batch = collate(rows, scores, [0, 1])
        outputs = random_outputs(batch)
        term = loss_terms(outputs, batch, LossConfig(teacher_scale=3))["early"]
        aims = float(scores[0]), outputs.relevance[1].item()
        gaps = outputs.early.detach().numpy() - np.array(aims)[:, None]
        assert term.item() == pytest.approx(np.mean((gaps / 3) ** 2))
        torch.autograd.backward([term])
        assert outputs.early.grad is not None
        # d/dx of ((x - aim) / 3)² / 4
        assert outputs.early.grad.numpy() == pytest.approx(gaps / 18)
        assert outputs.relevance.grad is None  # it leads, and does not follow

    def test_the_sum_is_weighted(self) -> None:
        weights = {"early": 2.0, "relevance": 3.0, "evidence": 5.0, "span": 7.0, "answerable": 11.0}
        terms = {name: torch.tensor(10.0**place) for place, name in enumerate(weights)}
        assert total_loss(terms, LossConfig(**weights)).item() == 117_532
        del terms["evidence"]
        assert total_loss(terms, LossConfig(**weights)).item() == 117_032

    def test_a_term_without_labels_is_not_there(self, tmp_path: Path) -> None:
        rows, scores = encoded(tmp_path, [example(2, known=False)])
        batch = collate(rows, scores, [0])
        terms = loss_terms(random_outputs(batch), batch, LossConfig())
        assert set(terms) == {"relevance", "early"}

    def test_values_by_hand(self) -> None:
        unknown = torch.full((1, 2), UNKNOWN)
        batch = Batch(
            ids=torch.zeros((1, 4), dtype=torch.int64), types=torch.zeros((1, 4)),
            mask=torch.ones((1, 4)), allowed=torch.tensor([[True, False, True, True]]),
            evidence=torch.tensor([[IGNORED, 0, 1, 1]]), starts=torch.tensor([[2, 3]]),
            ends=torch.tensor([[3, UNKNOWN]]), answerable=torch.tensor([1.0]),
            relevance=torch.tensor([5.0]), claim=torch.tensor([1]),
            twins=torch.zeros((0, 2), dtype=torch.int64),
        )  # fmt: skip
        zero = torch.zeros((1, 4))
        one = torch.zeros(1)
        outputs = Outputs(
            early=torch.full((1, 2), 2.0), relevance=one + 1, answerable=one, evidence=zero,
            start=torch.tensor([[0.0, 99.0, 0.0, 0.0]]), end=zero, claim=torch.zeros((1, 3)),
        )  # fmt: skip
        terms = loss_terms(outputs, batch, LossConfig(teacher_scale=2, evidence_positives=0.3))
        assert terms["relevance"].item() == pytest.approx(4.0)
        assert terms["early"].item() == pytest.approx(2.25)
        assert terms["evidence"].item() == pytest.approx(np.log(2))
        # start: two of three places are right; end: one of three
        assert terms["span"].item() == pytest.approx((np.log(3 / 2) + np.log(3)) / 2)
        assert terms["answerable"].item() == pytest.approx(np.log(2))
        assert terms["claim"].item() == pytest.approx(np.log(3))
        assert "twins" not in terms
        two = batch._replace(twins=torch.tensor([[0, 0]]))
        margin = loss_terms(outputs, two, LossConfig(margin=2))["twins"].item()
        assert margin == pytest.approx(np.log(1 + np.exp(2)))
        empty = batch._replace(starts=unknown, ends=unknown)
        assert "span" not in loss_terms(outputs, empty, LossConfig())
