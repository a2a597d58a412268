"""Characters to tokens and back, batches, and the terms of the loss."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import TOKENIZER, encoded, example

from index.types import Span
from qa.training.batches import collate, plan
from qa.training.config import LossConfig
from qa.training.encoding import (
    PairTokenizer,
    character_span,
    labelled,
    token_span,
)
from qa.training.examples import pair_texts
from qa.training.losses import IGNORED, UNKNOWN, Batch, loss_terms, total_loss
from qa.training.model import Outputs

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
