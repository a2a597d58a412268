"""Examples for training: their schema, their sources, and how they are made from them."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.types import Span
from qa.training.config import Config, DataConfig, load_config
from qa.training.errors import TrainingError
from qa.training.examples import Example, read_examples, write_examples
from qa.training.negatives import Negatives
from qa.training.preparation import PARTS, examples_path, part_of, prepare
from qa.training.sources import SourceText, excluded_from, load_library, normal
from qa.training.swaps import names, swapped
from qa.training.views import Views, holding
from qa.training.wording import keywords

ROW: dict[str, Any] = {
    "id": "a", "source": "s", "group": "g", "kind": "given", "question": "Who?", "title": "",
    "passage": "Ann did. Bob slept.", "answerable": True,
    "answers": [{"start": 0, "end": 3}], "evidence": [{"start": 0, "end": 8}],
}  # fmt: skip


class TestReadExamples:
    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "in.jsonl").write_text(json.dumps(ROW) + "\n")
        rows = list(read_examples(tmp_path / "in.jsonl"))
        write_examples(tmp_path / "out.jsonl", rows)
        assert list(read_examples(tmp_path / "out.jsonl")) == rows
        assert rows[0].answers == (Span(0, 3),)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"answers": [{"start": 0, "end": 20}]}, "not in a passage of 19"),
            ({"answers": [{"start": 3, "end": 3}]}, r"\[3, 3\) is not in"),
            ({"answers": [{"start": 4, "end": 3}]}, "not a span"),
            ({"answers": []}, "if and only if"),
            ({"answerable": False}, "if and only if"),
            ({"evidence": []}, "an answer and no evidence"),
            ({"answerable": False, "answers": []}, "evidence and no answer"),
            ({"question": " "}, "empty"),
            ({"extra": 1}, "unknown field"),
            ({"passage": 7}, "Expected `str`"),
        ],
    )
    def test_a_wrong_line_is_named(
        self, tmp_path: Path, change: dict[str, Any], message: str
    ) -> None:
        lines = [json.dumps(ROW), json.dumps({**ROW, "id": "b", **change})]
        (tmp_path / "in.jsonl").write_text("\n".join(lines))
        with pytest.raises(TrainingError, match=rf"in\.jsonl, line 2: .*{message}"):
            list(read_examples(tmp_path / "in.jsonl"))

    def test_an_id_is_there_once(self, tmp_path: Path) -> None:
        (tmp_path / "in.jsonl").write_text(f"{json.dumps(ROW)}\n" * 2)
        with pytest.raises(TrainingError, match="line 2: the id 'a' is there twice"):
            list(read_examples(tmp_path / "in.jsonl"))


def row(number: int, title: str, context: str, answer: str | None, **more: Any) -> dict[str, Any]:
    start = context.find(answer) if answer else 0
    answers = [{"start": start, "end": start + len(answer), "text": answer}] if answer else []
    return {
        "id": f"{title}-{number}", "source": "x", "title": title, "context": context,
        "question": f"Which thing number {number} does {title} have?", "answerable": bool(answers),
        "answers": [{**entry, **more} for entry in answers],
    }  # fmt: skip


def put(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The layout of the real data, with thirty articles."""
    folder = tmp_path / "data"
    squad = [
        row(n, f"Town_{t}", f"Town {t} is old. Its 𝒯ower {n} holds {item}. It rains.", item)
        for t in range(30)
        for n, item in enumerate([f"item{t}x{n}" for n in range(3)])
    ]
    negatives: list[dict[str, Any]] = [
        {**entry, "id": entry["id"] + "-neg", "answerable": False, "answers": [],
         "context": squad[place // 3 * 3 + (place + 1) % 3]["context"]}
        for place, entry in enumerate(squad)
    ]  # fmt: skip
    guessed = row(9, "Town_1", "Cats see cats.", "ats", offset_guessed=True)
    unplaced = {**row(9, "Rivers", "Water flows.", "Water"), "answers": [
        {"start": -1, "end": -1, "text": ""}]}  # fmt: skip
    put(folder / "train/squad11_train.jsonl.gz", [*squad, guessed])
    put(folder / "train/squad11_train_synthetic_unanswerable.jsonl.gz", negatives)
    put(
        folder / "train/qed_nq_train.jsonl.gz",
        [row(1, "Rivers", "Water flows.", "Water"), unplaced],
    )
    put(folder / "train/fairytaleqa_explicit.jsonl.gz", [row(1, "the-fox", "A fox ran.", "fox")])
    put(folder / "train/subjqa_train.jsonl.gz", [row(1, "B000", "It is good.", None)])
    put(folder / "squad/questions_dev.jsonl.gz", [{"doc_id": "Town_7", "question": "Why not?"}])
    put(folder / "chunking/questions.jsonl.gz", [{"question": "How so?"}])
    clapnq: list[dict[str, Any]] = [
        {"input": "which thing number 1 does town_8 have", "passages": [{"title": "Town 9"}]}
    ]
    put(folder / "clapnq/answerable.jsonl.gz", clapnq)
    put(folder / "clapnq/unanswerable.jsonl.gz", [])
    return folder


class TestSources:
    def test_evaluation_data_is_kept_apart(self, data: Path) -> None:
        library = load_library(data, excluded_from(data))
        asked = {question.id for question in library.questions}
        groups = {question.document.group for question in library.questions}
        assert {"town7", "town9"}.isdisjoint(groups)
        assert "squad:Town_8-1" not in asked
        assert "squad:Town_8-0" in asked
        assert dict(library.dropped) == {
            "squad: in evaluation data": 14, "squad: occurrence guessed": 1, "nq: no span": 1,
        }  # fmt: skip

    def test_answers_lie_in_the_whole_document(self, data: Path) -> None:
        library = load_library(data, excluded_from(data))
        for question in library.questions:
            for answer in question.answers:
                assert answer.of(question.document.text) in question.paragraph.of(
                    question.document.text
                )
        last = next(q for q in library.questions if q.id == "squad:Town_3-2")
        assert [a.of(last.document.text) for a in last.answers] == ["item3x2"]
        assert last.document.title == "Town 3"

    def test_a_wrong_offset_is_refused(self, data: Path) -> None:
        bad = row(1, "Sea", "Salt water.", "Salt")
        bad["answers"][0]["start"] = 1
        put(data / "train/qed_nq_train.jsonl.gz", [bad])
        with pytest.raises(TrainingError, match=r"line 1: \[1, 4\) is not 'Salt'"):
            load_library(data, excluded_from(data))

    def test_without_evaluation_data_nothing_can_be_kept_apart(self, data: Path) -> None:
        (data / "clapnq/answerable.jsonl.gz").unlink()
        with pytest.raises(TrainingError, match=r"cannot read .*answerable"):
            excluded_from(data)


class TestPrepare:
    def test_parts_share_no_article_and_offsets_hold(self, data: Path, tmp_path: Path) -> None:
        config = Config(data=DataConfig(held_for_calibration=0.25, held_for_report=0.25))
        report = prepare(data, tmp_path / "work", config)
        parts = {
            part: list(read_examples(examples_path(tmp_path / "work", part))) for part in PARTS
        }
        groups = [{example.group for example in part} for part in parts.values()]
        assert [len(part) for part in groups] == list(report.groups.values())
        assert all(groups)
        assert sum(map(len, groups)) == len({group for part in groups for group in part})
        assert sum(report.examples["train"].values()) == len(parts["train"])
        for example in (example for part in parts.values() for example in part):
            assert part_of(example.group, config.data) == next(
                part for part in PARTS if example in parts[part]
            )
            words = [example.passage[span.start : span.end] for span in example.answers]
            if example.source == "squad" and example.answerable:
                assert words[0].startswith("item")
                sentence = example.evidence[0].of(example.passage) if example.evidence else ""
                assert sentence.startswith("Its 𝒯ower")
                assert sentence.endswith(f"{words[0]}.")

    def test_negatives_lack_the_answer(self, data: Path, tmp_path: Path) -> None:
        rates = DataConfig(
            article=1, retrieved=1, random=1, synthetic=1, held_for_calibration=0, held_for_report=0
        )
        prepare(data, tmp_path / "work", Config(data=rates))
        examples = list(read_examples(examples_path(tmp_path / "work", "train")))
        answers = {
            example.id.split("#")[0]: example.answers[0].of(example.passage)
            for example in examples
            if example.answers
        }
        kinds: set[str] = set()
        for example in examples:
            asked = example.id.split("#")[0].removesuffix("-neg")
            if not example.answers and asked in answers and example.kind != "swapped":
                assert answers[asked] not in example.passage
                kinds.add(example.kind)
        assert kinds == {"article", "retrieved", "random", "synthetic"}

    def test_the_same_again_and_then_from_disk(self, data: Path, tmp_path: Path) -> None:
        for name in ("a", "b"):
            prepare(data, tmp_path / name, Config())
        path = examples_path(tmp_path / "a", "train")
        assert path.read_bytes() == examples_path(tmp_path / "b", "train").read_bytes()
        path.write_bytes(b"")
        prepare(data, tmp_path / "a", Config())
        assert path.read_bytes() == b""
        prepare(data, tmp_path / "a", Config(seed=1))
        assert path.read_bytes() != b""


class TestViews:
    TEXT = SourceText(source="nq", title="T", group="t")
    PARAGRAPHS = (
        TEXT.paragraph("A one. A two. A three."),
        TEXT.paragraph("B one. B two. B three."),
    )
    VIEWS = Views(lambda text: len(text.split()), 4, 6)

    def test_neighbours_stay_within_the_limit(self) -> None:
        first, second = self.PARAGRAPHS
        assert self.VIEWS.neighbours(self.TEXT, second, second) == second
        wide = Views(lambda text: len(text.split()), 4, 12)
        assert wide.neighbours(self.TEXT, second, second) == Span(first.start, second.end)

    def test_a_long_paragraph_becomes_the_chunk_that_matters(self) -> None:
        three = self.TEXT.text.index("B three")
        narrow = Views(lambda text: len(text.split()), 4, 5)
        view = narrow.paragraph(self.TEXT, self.PARAGRAPHS[1], Span(three, three + 7))
        assert view.of(self.TEXT.text).endswith("B three.")
        assert len(view.of(self.TEXT.text).split()) <= 4


class TestSwaps:
    PASSAGE = "In 1990 Ann Lee met the first mayor of Rome."
    OTHERS = ("Bob Ray", "Oslo")

    def changes(self, question: str) -> set[str | None]:
        return {
            swapped(question, self.PASSAGE, self.OTHERS, np.random.default_rng(seed))
            for seed in range(60)
        }

    def test_a_name_changes_into_one_of_its_length(self) -> None:
        assert self.changes("Who met Ann Lee?") == {"Who met Bob Ray?"}

    def test_a_number_changes_its_last_digit(self) -> None:
        found = self.changes("Who was met in 1990?")
        assert None not in found
        assert "Who was met in 1990?" not in found
        assert all(change and change.startswith("Who was met in 199") for change in found)

    def test_a_word_becomes_its_opposite(self) -> None:
        assert self.changes("Who met the first mayor?") == {"Who met the last mayor?"}

    def test_a_negation_is_rare(self) -> None:
        assert self.changes("Who did she meet?") == {"Who did she never meet?", None}

    def test_nothing_to_change(self) -> None:
        assert self.changes("Who?") == {None}

    def test_names_do_not_begin_sentences(self) -> None:
        assert names("He saw Ann Lee. Bob came, and Rome fell.") == ["Ann Lee", "Rome"]


def test_keywords_keep_what_means_something() -> None:
    assert keywords("When did the U.S. land on the Moon?") == "U.S land Moon"
    assert keywords("Who was it?") == "Who was it?"


def test_titles_are_the_same_however_they_are_written() -> None:
    assert normal("Beyonc%C3%A9_Knowles") == normal("beyoncé Knowles") == "beyoncéknowles"


def test_reviews_are_not_retrieved() -> None:
    review = SourceText(source="subjqa", title="", group="b")
    review.paragraph("The screen is bright.")
    assert Negatives([review])._places == []  # pyright: ignore[reportPrivateUsage]


def test_a_configuration_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[schedule]\nepochs = 3\n")
    assert load_config(path).schedule.epochs == 3
    path.write_text("[schedule]\nepoch = 3\n")
    with pytest.raises(TrainingError, match="unknown field `epoch`"):
        load_config(path)


def test_an_answer_that_the_view_cuts_makes_no_example(data: Path) -> None:
    library = load_library(data, excluded_from(data))
    asked = library.questions[0]
    view = Span(asked.paragraph.start, asked.answers[0].end - 1)
    assert holding(asked, view, kind="given", question="Who?", title="") is None
    whole = holding(asked, asked.paragraph, kind="given", question="Who?", title="")
    assert isinstance(whole, Example)
