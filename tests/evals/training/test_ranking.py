"""The rankings of the early layers: their lists, their training, and what they leave."""

from pathlib import Path

import pytest
import torch
from tiny_models import TOKENIZER, lively_model, tiny_config, tiny_model

from citespan.evals.training.config import Config
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.model.checkpoint import write_tensors
from citespan.evals.training.model.stored import read_weights
from citespan.evals.training.ranking import FoundList, read_lists, train_rankings
from citespan.evals.training.ranking.lists import Candidate, Sought, lists_of, write_lists
from citespan.evals.training.release.export import export_model
from citespan.index import Corpus, Draft
from citespan.index.types import Span
from citespan.qa.composition import evidence_folder
from citespan.qa.evidence.model import BundledReader, ExportedModel, LayerCut, pair_texts
from citespan.qa.evidence.protocol import Titled

LOCKERS = "Small lockers cost 2 euros a day.\n\n" + "Keys are handed out at the desk. " * 40
BIKES = "A bike costs 9 euros a day."
BOATS = "A boat costs 30 euros a day."


@pytest.fixture
def shop(corpus: Corpus) -> Corpus:
    for name, text in {"lockers": LOCKERS, "bikes": BIKES, "boats": BOATS}.items():
        corpus.put(Draft(id=name, title=name, text=text))
    return corpus


class TestLists:
    def test_a_list_says_what_holds_the_answer(self, shop: Corpus) -> None:
        asked = Sought(
            question="What does a locker cost a day?",
            document_id="lockers",
            gold=(Span(0, 33),),
            unsure=(("boats", Span(0, 5)),),
        )
        (found,) = lists_of(shop, [asked])
        assert found.question == asked.question
        labels = {one.text[:7]: one.holds for one in found.candidates}
        assert labels["Small l"] is True
        assert labels["A bike "] is False
        assert labels["A boat "] is None

    @pytest.mark.parametrize("document", ["bikes", "elsewhere"])
    def test_a_question_without_both_labels_has_no_list(
        self, corpus: Corpus, document: str
    ) -> None:
        corpus.put(Draft(id="bikes", title="Bikes", text=BIKES))
        asked = Sought(question="a bike's price", document_id=document, gold=(Span(0, 6),))
        assert list(lists_of(corpus, [asked])) == []

    def test_they_are_kept_in_a_file(self, tmp_path: Path, shop: Corpus) -> None:
        asked = Sought(question="price of a bike", document_id="bikes", gold=(Span(0, 6),))
        lists = list(lists_of(shop, [asked]))
        write_lists(tmp_path / "lists.jsonl", lists)
        assert read_lists(tmp_path / "lists.jsonl") == lists
        (tmp_path / "lists.jsonl").write_text('{"question": "x"}\n')
        with pytest.raises(TrainingError, match=r"lists\.jsonl: .*candidates"):
            read_lists(tmp_path / "lists.jsonl")


def coloured(number: int) -> FoundList:
    """A question for the passage that shares its thing; the fillers differ."""
    things = ("car", "door", "house", "ship", "tree", "stone", "river", "horse")
    asked = things[number % 8]
    texts = [f"The {thing} is number {number // 8 + at}." for at, thing in enumerate(things)]
    holds = [thing == asked for thing in things]
    return FoundList(
        question=f"What is the {asked}?",
        candidates=tuple(
            Candidate(title="", text=text, holds=one)
            for text, one in zip(texts, holds, strict=True)
        ),
    )


def test_all_rankings_learn_what_holds_the_answer(tmp_path: Path) -> None:
    model = lively_model()
    with torch.no_grad():
        for weight in model.rankings.parameters():
            weight.mul_(0.1)  # the last ranking stays near its logits, and these say nothing
    before = {name: one.clone() for name, one in model.state_dict().items()}
    pairs = [
        (one.question, pair_texts("", item.text)[0])
        for one in map(coloured, range(4))
        for item in one.candidates
    ]
    config = Config(model=tiny_config())
    export_model(model, tmp_path / "out", TOKENIZER, pairs, config, "run")
    train_rankings(model, ExportedModel(tmp_path / "out"), [coloured(n) for n in range(960)], 1)
    changed = {
        name for name, one in model.state_dict().items() if not torch.equal(one, before[name])
    }
    assert changed
    assert all(name.startswith("rankings.") for name in changed)
    export_model(model, tmp_path / "out", TOKENIZER, pairs, config, "run")
    exported = ExportedModel(tmp_path / "out")
    right = [0, 0]
    for number in range(960, 976):
        one = coloured(number)
        rows = exported.tokenizer.encode([(one.question, item.text) for item in one.candidates])
        early = [exported.logits(row).early for row in rows]
        for ranking in range(2):
            best = max(range(8), key=lambda at: early[at][ranking])
            right[ranking] += bool(one.candidates[best].holds)
    assert min(right) >= 14, right


class TestCuts:
    def test_the_best_go_on_without_those_far_below(self) -> None:
        cut = LayerCut(most=3, gap=2.0)
        assert cut.places([1.0, 5.0, 3.0, 2.9, 4.0]) == [1, 4, 2]
        assert cut.places([1.0, 5.0]) == [1]
        assert cut.places([7.0]) == [0]
        assert cut.places([]) == []

    def test_a_reading_does_not_depend_on_the_other_passages(self) -> None:
        reader = BundledReader(evidence_folder())
        model = ExportedModel(evidence_folder())
        others = [f"The bridge number {n} was painted in {1900 + n}." for n in range(30)]
        texts = ["Anna Berg founded the museum in 1931.", *others]
        question = "Who founded the museum?"
        looks = reader.look(question, [Titled("", text) for text in texts])
        assert max(range(len(looks)), key=lambda at: looks[at].relevance) == 0
        for at in (0, 1, 30):
            (single,) = reader.look(question, [Titled("", texts[at])])
            assert looks[at].read() == single.read()
        rows = model.tokenizer.encode([(question, text) for text in texts])
        whole = [model.logits(row).early.tolist() for row in rows]
        stage = [early.index(look.relevance) for early, look in zip(whole, looks, strict=True)]
        most = [cut.most for cut in model.manifest.cuts]
        assert sum(at == 2 for at in stage) <= most[1]
        assert sum(at >= 1 for at in stage) <= most[0]
        assert stage[0] == 2
        assert reader.look(question, []) == []


class TestWeights:
    def test_those_of_an_earlier_model_keep_its_ranking_as_the_last(self, tmp_path: Path) -> None:
        model = lively_model()
        stored = {
            name.replace("rankings.1.mean.", "early."): one
            for name, one in model.state_dict().items()
            if not name.startswith("rankings.") or name.startswith("rankings.1.mean.")
        }
        write_tensors(tmp_path / "model.safetensors", stored, {"run": "first"})
        other = tiny_model()
        tensors, notes = read_weights(tmp_path / "model.safetensors", other)
        other.load_state_dict(tensors)
        assert notes["run"] == "first"
        assert torch.equal(
            other.state_dict()["rankings.1.mean.0.weight"],
            model.state_dict()["rankings.1.mean.0.weight"],
        )

    def test_what_was_taught_afterwards_comes_with_them(self, tmp_path: Path) -> None:
        model = tiny_model()
        write_tensors(tmp_path / "model.safetensors", model.state_dict(), {})
        taught = {"rankings.0.weight.bias": torch.full((1,), 7.0)}
        write_tensors(tmp_path / "rankings.safetensors", taught, {})
        for ranked in (False, True):
            found, _ = read_weights(tmp_path / "model.safetensors", model, ranked=ranked)
            assert (found["rankings.0.weight.bias"].item() == 7) == ranked

    def test_those_of_another_model_are_refused(self, tmp_path: Path) -> None:
        model = tiny_model(layers=3)
        write_tensors(tmp_path / "model.safetensors", model.state_dict(), {})
        with pytest.raises(TrainingError, match=r"model\.safetensors holds the weights of another"):
            read_weights(tmp_path / "model.safetensors", tiny_model())
