"""What the second generation is trained on: people's misleading questions, contexts and claims."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

from citespan.evals.training.config import DataConfig, ModelConfig
from citespan.evals.training.data.claims import ClaimRow, claim_example, read_claims
from citespan.evals.training.data.contexts import elsewhere, removed, renamed, shown_title
from citespan.evals.training.data.layouts import changes, listed, messages, steps
from citespan.evals.training.data.maker import Maker
from citespan.evals.training.data.neighbours import Neighbours
from citespan.evals.training.data.sources import Excluded, load_library
from citespan.evals.training.data.views import Views
from citespan.evals.training.data.wording import request
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import Example
from citespan.evals.training.model.averaging import Average, between
from citespan.evals.training.model.model import model_from
from citespan.evals.training.model.weights import starting_weights
from citespan.evals.training.release.export import fp32_logits
from citespan.index.types import Span
from citespan.qa.composition.models import evidence_folder
from citespan.qa.evidence.model.bundled import ExportedModel
from citespan.qa.evidence.model.pairs import pair_texts

TEXT = "The bridge at Ravenholm was built in 1907 by Ada Stern. It is open all year."
NONE = Excluded(groups=frozenset(), questions=frozenset())


def put(folder: Path, name: str, *rows: dict[str, Any]) -> None:
    path = folder / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"title": "Ravenholm", "context": TEXT, **row}) + "\n" for row in rows)
    path.write_bytes(gzip.compress("".join(lines).encode()))


def span(words: str, text: str = TEXT) -> dict[str, Any]:
    return {"start": text.index(words), "end": text.index(words) + len(words), "text": words}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    built = {"id": "b", "question": "When was it built?", "answerable": True}
    put(tmp_path, "train/squad11_train", {**built, "answers": [span("1907")]})
    put(tmp_path, "train/squad11_train_synthetic_unanswerable")
    burnt: dict[str, Any] = {
        "id": "x", "question": "When was it burnt?", "answerable": False, "answers": [],
    }  # fmt: skip
    by: dict[str, Any] = {
        "id": "y", "question": "Who paid for it?", "answerable": False, "answers": [],
    }  # fmt: skip
    put(
        tmp_path, "train2/squad2_train_unanswerable/squad2_train_unanswerable",
        {**burnt, "pair": "b", "plausible": [span("1907")], "cause": "A"}, by,
    )  # fmt: skip
    marked = [span("It is open all year.")]
    opened = {"id": "s", "title": "Ravenholm / Bridge", "question": "When is it open?"}
    put(
        tmp_path, "train2/selqa/selqa_sentences",
        {**opened, "answerable": True, "answers": marked, "evidence_spans": marked},
    )  # fmt: skip
    yes = {"id": "q", "question": "is it open in winter", "answer_text": "yes"}
    put(tmp_path, "train2/boolq/boolq_dev", {**yes, "answerable": True, "answers": []})
    put(tmp_path / "squad", "corpus")
    put(tmp_path / "squad", "questions_dev")
    return tmp_path


RATES = DataConfig(
    misleading_questions=9, selqa_questions=9, boolq_questions=9, nq_questions=0,
    fairytale_questions=0, subjqa_questions=0, development_times=0, article=0, retrieved=0,
    random=0, swapped=0, both=0, layouts=0, tables=0, keywords=0, chunks=0, neighbours=0,
    held_for_calibration=0, held_for_report=0, held_elsewhere=0,
)  # fmt: skip


def made(data: Path) -> dict[str, Example]:
    from citespan.evals.training.config import Config

    library = load_library(data, NONE, RATES.limits())
    views = Views(lambda text: len(text.split()), 150, 300)
    near = Neighbours({}, np.zeros((0, 3), dtype=np.float32))
    maker = Maker(library, views, near, Config(data=RATES), "train")
    return {example.id: example for example in maker.examples()}


class TestSources:
    def test_a_misleading_question_has_the_passage_and_title_of_its_twin(self, data: Path) -> None:
        found = made(data)
        twin, other = found["squad:b#given"], found["misleading:x#real"]
        assert twin.twin == other.twin == "squad:b"
        assert (other.passage, other.title, other.answerable) == (twin.passage, twin.title, False)
        assert found["misleading:y#real"].twin == ""
        assert all(example.problem() is None for example in found.values())

    def test_marked_sentences_are_evidence_and_no_short_answer(self, data: Path) -> None:
        selqa = made(data)["selqa:s#given"]
        assert selqa.answerable
        assert selqa.answers == ()
        assert [one.of(selqa.passage) for one in selqa.evidence or ()] == ["It is open all year."]
        assert selqa.title in {"", "Ravenholm › Bridge"}

    def test_yes_and_no_say_that_it_is_there_but_not_where(self, data: Path) -> None:
        boolq = made(data)["boolq:q#given"]
        assert (boolq.answerable, boolq.answers, boolq.evidence) == (True, (), None)

    def test_only_what_is_wanted_is_read(self, data: Path) -> None:
        (data / "train2/boolq/boolq_dev.jsonl.gz").unlink()
        assert load_library(data, NONE, ["squad", "selqa"]).questions
        with pytest.raises(TrainingError, match=r"cannot read .*boolq"):
            load_library(data, NONE, ["boolq"])


class TestContexts:
    positive = Example(
        id="p", source="s", group="g", kind="given", title="",
        question="When was the Ravenholm bridge by Ada Stern built?",
        passage="The bridge was built in 1907 by Ada Stern.", answerable=True,
        answers=(Span(24, 28),), evidence=(Span(0, 42),),
    )  # fmt: skip

    def test_only_the_title_says_whose_it_is(self) -> None:
        rng = np.random.default_rng(0)
        found = elsewhere(self.positive, "Ravenholm", ["Oakfield"], rng)
        assert found
        here, there = found
        assert (here.title, here.answerable, here.answers) == ("Ravenholm", True, (Span(24, 28),))
        assert (there.title, there.answerable, there.answers) == ("Oakfield", False, ())
        assert here.twin == there.twin
        assert elsewhere(self.positive, "The bridge", ["Oakfield"], rng) is None
        assert elsewhere(self.positive, "Lighthouses", ["Oakfield"], rng) is None

    def test_a_passage_about_another_name_does_not_answer(self) -> None:
        rng = np.random.default_rng(0)
        changed = renamed(self.positive, ["Ada Stern", "Ben Holt", "Rome"], rng)
        assert changed
        assert changed.passage == "The bridge was built in 1907 by Ben Holt."
        assert (changed.answerable, changed.answers, changed.evidence) == (False, (), ())
        assert renamed(self.positive, ["Ada Stern"], rng) is None

    def test_another_name_is_the_same_everywhere_and_leaves_nothing_of_the_first(self) -> None:
        rng = np.random.default_rng(0)
        others = ["Ada Stern", "Ben Holt", "Cleo Marsh", "Dan Wood", "Eve Lund", "Finn Berg"]
        passage = "Ada Stern built it in 1907. Rome thanked Ada Stern. So Ada Stern went home."
        twice = msgspec.structs.replace(
            self.positive, passage=passage, answers=(Span(22, 26),), evidence=(Span(0, 27),),
            title="ada-stern.md",
        )  # fmt: skip
        changed = renamed(twice, others, rng)
        assert changed
        assert len({name for name in others if name in changed.passage}) == 1
        assert "Stern" not in changed.passage + changed.title
        half = msgspec.structs.replace(twice, passage=passage.replace("went", "Stern went"))
        assert renamed(half, others, rng) is None
        about_two = msgspec.structs.replace(twice, question="When did Ada Stern build in Rome?")
        assert renamed(about_two, [*others, "Rome"], rng) is None

    def test_a_passage_without_its_evidence_does_not_answer(self) -> None:
        passage = "It spans a river. The bridge was built in 1907. It is open. It is long."
        whole = msgspec.structs.replace(
            self.positive, passage=passage, answers=(Span(42, 46),), evidence=(Span(18, 47),)
        )
        found = removed(whole)
        assert found
        assert found.passage == "It spans a river. It is open. It is long."
        assert (found.answerable, found.answers, found.evidence) == (False, (), ())
        again = msgspec.structs.replace(whole, passage=passage.replace("is long", "was so in 1907"))
        assert removed(again) is None
        assert removed(self.positive) is None  # nothing would be left

    def test_titles_are_drawn_by_their_shares(self) -> None:
        shares = DataConfig(titles=0.8, file_names=0.25, other_titles=0.25)
        rng = np.random.default_rng(0)
        drawn = [shown_title("Old Mill", "Who?", ["Rome"], shares, rng) for _ in range(4_000)]
        kinds = {"": 0.2, "Old Mill": 0.4, "Rome": 0.2}
        for title, share in kinds.items():
            assert drawn.count(title) / 4_000 == pytest.approx(share, abs=0.03)
        files = {title for title in drawn if title not in kinds}
        assert "old_mill.md" in files
        named = [shown_title("Old Mill", "Whose mill?", ["Rome"], shares, rng) for _ in range(999)]
        assert "Rome" not in named


class TestClaims:
    row = ClaimRow(
        id="c-1", source="fool_me_twice_dev", title="Mill", claim="It burnt.", label="refuted",
        evidence=["It stands."], distractors=["It is old.", "It is white."],
    )  # fmt: skip

    def test_its_sentences_stand_among_others(self) -> None:
        seen: set[str] = set()
        for seed in range(60):
            example = claim_example(self.row, np.random.default_rng(seed))
            assert example.problem() is None
            seen.add(example.passage)
            marked = [one.of(example.passage) for one in example.evidence or ()]
            if example.claim == "refuted":
                assert marked == ["It stands."]
            else:
                assert (example.claim, marked) == ("neither", [])
                assert "stands" not in example.passage
        assert len(seen) == 8  # every order of three, and of the two others

    def test_a_larger_sample_only_adds(self, tmp_path: Path) -> None:
        rows = [
            {"id": f"c-{n}", "source": "x", "claim": "A.", "label": "supported", "evidence": ["B."]}
            for n in range(9)
        ]
        put(tmp_path, "train2/claims/claims", *rows)
        few, many = ([e.id for e in read_claims(tmp_path, n, 1)] for n in (3, 9))
        assert many[:3] == few
        assert len(many) == 9


def test_layouts_are_what_people_write() -> None:
    example = Example(
        id="p", source="s", group="g", kind="given", question="?", title="", answerable=True,
        passage="Open it. Turn left.", answers=(Span(9, 18),), evidence=(Span(9, 19),),
    )  # fmt: skip
    for marker, text in (
        (steps, "1. Open it.\n2. Turn left."),
        (messages, "[09:00] Anna: Open it.\n[09:05] Ben: Turn left."),
        (changes, "## 3.9.0\n- Open it.\n\n## 3.8.0\n- Turn left."),
    ):
        shown = listed(example, marker)
        assert shown
        assert shown.passage == text
        assert shown.answers[0].of(text) == "Turn left"


def test_a_request_holds_the_question() -> None:
    for seed in range(20):
        asked = request("When was it built?", np.random.default_rng(seed))
        assert "when was it built" in asked.lower()


def test_a_round_may_keep_a_share_of_what_it_began_with() -> None:
    begun = {"w": torch.tensor([0.0, 4.0]), "n": torch.tensor([1])}
    trained = {"w": torch.tensor([8.0, 0.0]), "n": torch.tensor([2])}
    mean = between(begun, trained, 0.25)
    assert torch.equal(mean["w"], torch.tensor([6.0, 1.0]))
    assert torch.equal(mean["n"], torch.tensor([2]))
    assert torch.equal(between(begun, trained, 0.0)["w"], trained["w"])


def test_a_mean_of_weights_is_their_mean_and_can_be_saved() -> None:
    model = nn.Linear(1, 1, bias=False)
    first, second = Average(), Average()
    assert first.weights(model)["weight"].item() == model.weight.item()
    for value in (1.0, 2.0, 6.0):
        torch.nn.init.constant_(model.weight, value)
        if value == 6:
            second.load(first.tensors())
            second.add(model)
        first.add(model)
    assert first.weights(model)["weight"].item() == second.weights(model)["weight"].item() == 3.0


def test_training_can_start_from_the_shipped_model() -> None:
    config = ModelConfig(start="shipped")
    model = model_from(starting_weights(config), config, seed=0).eval()
    exported = ExportedModel(evidence_folder())
    asked = (
        "When was it built?", "Who built the bridge?", "When is it open?", "What burnt down?",
        "The bridge was built in 1907.", "The bridge was built in 1950.", "Ada Stern never built.",
    )  # fmt: skip
    pairs = [(one, pair_texts("Ravenholm", TEXT)[0]) for one in asked]
    both: dict[str, list[tuple[float, float]]] = {}
    for encoding in exported.tokenizer.encode(pairs):
        ours, theirs = fp32_logits(model, encoding), exported.logits(encoding)
        for name in ("evidence", "start", "end", "answerable", "claim"):
            here: list[float] = getattr(ours, name).numpy().ravel().tolist()
            there: list[float] = np.asarray(getattr(theirs, name)).ravel().tolist()
            both.setdefault(name, []).extend(zip(here, there, strict=True))
    for name, logits in both.items():
        assert np.corrcoef(np.array(logits).T)[0, 1] > 0.99, name
