"""Examples for training: their schema, their sources, and how they are made from them."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from citespan.evals.datasets.articles import role
from citespan.evals.training.config import Config, DataConfig, load_config
from citespan.evals.training.data.layouts import headed, listed, next_to
from citespan.evals.training.data.negatives import Negatives
from citespan.evals.training.data.neighbours import Neighbours
from citespan.evals.training.data.sampling import part_of
from citespan.evals.training.data.sources import (
    SourceText,
    excluded_from,
    load_library,
    normal,
)
from citespan.evals.training.data.swaps import names, swapped
from citespan.evals.training.data.tables import settings_examples, table_examples, table_text
from citespan.evals.training.data.views import Views, holding
from citespan.evals.training.data.wording import both, keywords, yes_no
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import Example, read_examples, write_examples
from citespan.evals.training.preparation import PARTS, examples_path, prepare
from citespan.index.text.segmentation import sentences
from citespan.index.types import Span

SOURCES = DataConfig().limits()
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
            ({"answerable": False}, "an answer and is not answerable"),
            ({"evidence": []}, "answerable and has no evidence"),
            ({"answerable": False, "answers": []}, "evidence and is not answerable"),
            ({"claim": "perhaps"}, "Invalid enum value"),
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
        with pytest.raises(TrainingError, match="line 2: the id 'a' comes twice"):
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


def put_development(folder: Path) -> None:
    """An article for each role, and one that the training data has too (it is for reporting)."""
    articles = {"Yuan_dynasty": "train", "Immune_system": "calibrate", "Town_14": "report"}
    corpus: list[dict[str, Any]] = []
    questions: list[dict[str, Any]] = []
    for name, part in articles.items():
        assert role(name) == part
        paragraphs = [f"𝒯he first part of {name}. It has 7 ways.", f"Then {name} has 8 ends."]
        text = "\n\n".join(paragraphs)
        corpus.append({"doc_id": name, "title": name, "text": text})
        start = text.index("8 ends")
        place = {
            "doc_id": name, "paragraph_start": text.index("Then"), "paragraph_end": len(text),
        }  # fmt: skip
        questions += [
            {"id": f"{name}-a", "question": "How many ends?", "answerable": True, **place,
             "answers": [{"start": start, "end": start + 1, "text": "8"}]},
            {"id": f"{name}-b", "question": "Why not?", "answerable": False, **place,
             "answers": []},
        ]  # fmt: skip
    put(folder / "corpus.jsonl.gz", corpus)
    put(folder / "questions_dev.jsonl.gz", questions)


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
    put_development(folder / "squad")
    put(folder / "chunking/questions.jsonl.gz", [{"question": "How so?"}])
    clapnq: list[dict[str, Any]] = [
        {"input": "which thing number 1 does town_8 have", "passages": [{"title": "Town 9"}]}
    ]
    put(folder / "clapnq/answerable.jsonl.gz", clapnq)
    put(folder / "clapnq/unanswerable.jsonl.gz", [])
    return folder


NAMES = [
    "Ada", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Irina", "Jonas",
]  # fmt: skip


@pytest.fixture
def named(data: Path) -> Path:
    """With ten more articles in two sources each: many names, and two questions a paragraph."""
    for source in ("squad11_train", "fairytaleqa_explicit"):
        path = data / f"train/{source}.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        for place in range(10):
            first, *others = NAMES[place:] + NAMES[:place]
            context = (
                f"The lake of valley number {place} is full of reeds{place}. Then {first} became"
                f" the mayor. There were also {', and '.join(others)}."
            )
            asked = {"Which plant grows in the lake?": f"reeds{place}", "Who is mayor?": first}
            rows += [
                {**row(number, f"Valley {place}", context, answer), "question": question}
                for number, (question, answer) in enumerate(asked.items())
            ]
        put(path, rows)
    return data


class TestSources:
    def test_evaluation_data_is_kept_apart(self, data: Path) -> None:
        library = load_library(data, excluded_from(data), SOURCES)
        asked = {question.id for question in library.questions}
        groups = {question.document.group for question in library.questions}
        assert {"town14", "town9"}.isdisjoint(groups)
        assert "squad:Town_8-1" not in asked
        assert "squad:Town_8-0" in asked
        assert dict(library.dropped) == {
            "squad: in evaluation data": 14, "squad: occurrence guessed": 1, "nq: no span": 1,
        }  # fmt: skip

    def test_answers_lie_in_the_whole_document(self, data: Path) -> None:
        library = load_library(data, excluded_from(data), SOURCES)
        for question in library.questions:
            for answer in question.answers:
                assert answer.of(question.document.text) in question.paragraph.of(
                    question.document.text
                )
        last = next(q for q in library.questions if q.id == "squad:Town_3-2")
        assert [a.of(last.document.text) for a in last.answers] == ["item3x2"]
        assert last.document.title == "Town 3"

    def test_development_articles_keep_their_roles(self, data: Path) -> None:
        library = load_library(data, excluded_from(data), SOURCES)
        found = {q.id: q for q in library.questions if q.document.source == "squad2"}
        assert {key: q.document.part for key, q in found.items()} == {
            "squad2:Yuan_dynasty-a": "train", "squad2:Yuan_dynasty-b": "train",
            "squad2:Immune_system-a": "calibrate", "squad2:Immune_system-b": "calibrate",
        }  # fmt: skip
        asked = found["squad2:Yuan_dynasty-a"]
        text = asked.document.text
        assert asked.paragraph.of(text) == "Then Yuan_dynasty has 8 ends."
        assert [answer.of(text) for answer in asked.answers] == ["8"]
        assert found["squad2:Yuan_dynasty-b"].answers == ()

    def test_a_wrong_offset_is_refused(self, data: Path) -> None:
        bad = row(1, "Sea", "Salt water.", "Salt")
        bad["answers"][0]["start"] = 1
        put(data / "train/qed_nq_train.jsonl.gz", [bad])
        with pytest.raises(TrainingError, match=r"line 1: \[1, 4\) is not 'Salt'"):
            load_library(data, excluded_from(data), SOURCES)

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
            part = next(part for part in PARTS if example in parts[part])
            if example.source == "squad2":
                assert part == {"yuandynasty": "train", "immunesystem": "calibrate"}[example.group]
            else:
                assert part_of(example.group, example.source, config.data) == part
            words = [example.passage[span.start : span.end] for span in example.answers]
            if example.source == "squad" and example.answerable:
                assert words[0].startswith("item")
                sentence = example.evidence[0].of(example.passage) if example.evidence else ""
                assert sentence.startswith("Its 𝒯ower")
                assert sentence.endswith(f"{words[0]}.")

    @pytest.mark.parametrize("times", [0, 1, 3])
    def test_development_questions_are_there_so_many_times(
        self, data: Path, tmp_path: Path, times: int
    ) -> None:
        prepare(data, tmp_path / "work", Config(data=DataConfig(development_times=times)))
        rows = read_examples(examples_path(tmp_path / "work", "train"))
        found = [row for row in rows if row.source == "squad2" and row.question == "Why not?"]
        assert len(found) == times
        assert all(row.answerable is False and "8 ends" in row.passage for row in found)

    def test_negatives_lack_the_answer(self, data: Path, tmp_path: Path) -> None:
        rates = DataConfig(
            article=1, retrieved=1, random=1, synthetic=1, both=0,
            held_for_calibration=0, held_for_report=0,
        )  # fmt: skip
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

    def test_what_is_made_is_of_its_article(self, named: Path, tmp_path: Path) -> None:
        config = Config(data=DataConfig(tables=1, held_for_calibration=0.3, held_for_report=0.3))
        report = prepare(named, tmp_path / "work", config)
        made = Counter[str]()
        for part in PARTS:
            for one in read_examples(examples_path(tmp_path / "work", part)):
                if one.source != "squad2":
                    source = "squad" if one.source == "made" else one.source
                    assert part_of(one.group, source, config.data) == part
                if one.source == "made":
                    made[one.kind] += 1
                    assert one.group.startswith("valley")
        assert made["table"] == made["table-lacking"] == 20  # ten articles in two sources
        assert 0 < made["settings"] == made["settings-lacking"] < 20
        assert (
            sum(report.groups.values()) == 28 + 10 + 3 + 2
        )  # towns, valleys, others, and development

    def test_two_questions_have_the_evidence_of_both(self, named: Path, tmp_path: Path) -> None:
        rates = DataConfig(both=1, layouts=0, held_for_calibration=0, held_for_report=0)
        prepare(named, tmp_path / "work", Config(data=rates))
        rows = read_examples(examples_path(tmp_path / "work", "train"))
        found = [one for one in rows if one.kind == "both"]
        forms = Counter[str]()
        for one in found:
            assert re.search("grows in the lake.*mayor|mayor.*grows in the lake", one.question)
            forms[re.sub("Which .*lake", "A", one.question, flags=re.IGNORECASE)] += 1
            plant, mayor = [answer.of(one.passage) for answer in one.answers]
            first, second = [span.of(one.passage) for span in one.evidence or ()]
            assert re.fullmatch(rf"The lake of valley number \d is full of {plant}\.", first)
            assert second == f"Then {mayor} became the mayor."
        assert len(found) == 2 * 2 * 10  # with either question first, in two sources
        assert set(forms) == {
            "A? Who is mayor?", "A and who is mayor?", "Who is mayor? A?", "Who is mayor and A?",
        }  # fmt: skip

    def test_layouts_keep_what_answers(self, named: Path, tmp_path: Path) -> None:
        def made(name: str, share: float) -> dict[str, Example]:
            prepare(named, tmp_path / name, Config(data=DataConfig(layouts=share)))
            rows = read_examples(examples_path(tmp_path / name, "train"))
            return {one.id: one for one in rows if one.source != "made"}

        plain, laid_out = made("plain", 0), made("laid-out", 1)
        kinds = Counter[str]()
        for name, one in laid_out.items():
            match = re.fullmatch("(.*?)(?:-(listed|headed|next-to))?", name)
            assert match
            other = plain.pop(match[1])
            kinds[match[2]] += 1
            assert cut(one) == cut(other)
            assert one.question == other.question
            assert (one.passage == other.passage) == (match[2] is None)
        assert not plain
        assert min(kinds[kind] for kind in ("listed", "headed", "next-to")) > 10

    def test_swapped_words_are_near_ones(self, named: Path, tmp_path: Path) -> None:
        rates = DataConfig(swapped=1, held_for_calibration=0, held_for_report=0)
        prepare(named, tmp_path / "work", Config(data=rates))
        words = Counter[str]()
        for one in read_examples(examples_path(tmp_path / "work", "train")):
            match = re.fullmatch(r"Which plant grows in the (\w+)\?", one.question)
            if match and one.kind == "swapped":
                words[match[1]] += 1
                assert match[1] not in one.passage
        assert words.total() == 20
        assert {"river", "pond", "lagoon"} & set(words)


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


def no_words(word: str) -> Sequence[str]:
    """A vocabulary that knows none."""
    return ()


class TestSwaps:
    PASSAGE = "In 1990 Ann Lee met the first mayor of Rome."
    OTHERS = ("Bob Ray", "Oslo")

    def changes(
        self, question: str, near: Callable[[str], Sequence[str]] = no_words, passage: str = PASSAGE
    ) -> Counter[str | None]:
        return Counter(
            swapped(question, passage, self.OTHERS, near, np.random.default_rng(seed))
            for seed in range(200)
        )

    def test_a_name_changes_into_one_of_its_length(self) -> None:
        assert set(self.changes("Who met Ann Lee?")) == {"Who met Bob Ray?"}

    def test_a_number_changes_its_last_digit(self) -> None:
        found = self.changes("Who met her in 1990?")
        assert set(found) == {f"Who met her in 199{digit}?" for digit in range(1, 9)}

    def test_a_word_becomes_its_opposite(self) -> None:
        assert set(self.changes("Who met the first mayor?")) == {"Who met the last mayor?"}

    def test_a_word_becomes_another_of_its_kind(self) -> None:
        known = {
            "river": ["lake", "sea", "canal"], "joins": ["leaves"], "train": ["coach"],
            "long": ["fast"], "haul": ["fast"], "reat": ["fast"], "great": ["small"],
            "which": ["whose"], "station": ["harbour"],
        }  # fmt: skip
        found = self.changes(
            "In which Great place joins the river the long-haul train?",
            near=lambda word: known.get(word, ()),
            passage="Which great sea is it that this river joins? The long-haul trains do not say.",
        )
        assert set(found) == {
            f"In which Great place {verb} the {water} the long-haul {train}?"
            for verb, water, train in [
                ("leaves", "river", "train"), ("joins", "lake", "train"),
                ("joins", "canal", "train"), ("joins", "river", "coach"),
            ]
        }  # fmt: skip

    def test_only_words_of_the_passage_change(self) -> None:
        found = self.changes("Who met the young mayor?", near=lambda word: [f"other{word}"])
        assert set(found) == {"Who met the young othermayor?"}

    def test_each_kind_is_as_likely(self) -> None:
        question = "Who met Ann Lee in 1990, 1991 or 1992?"
        found = self.changes(question, passage=f"{self.PASSAGE} Not in 1991 or 1992.")
        assert 80 < found["Who met Bob Ray in 1990, 1991 or 1992?"] < 120

    def test_a_negation_is_rare(self) -> None:
        found = self.changes("Who did she meet?")
        assert set(found) == {"Who did she never meet?", None}
        assert 5 < found["Who did she never meet?"] < 40

    def test_nothing_to_change(self) -> None:
        assert set(self.changes("Who?")) == {None}

    def test_names_do_not_begin_sentences(self) -> None:
        assert names("He saw Ann Lee. Bob came, and Rome fell.") == ["Ann Lee", "Rome"]


class TestNeighbours:
    def words(self) -> list[str]:
        """Nearest to the first one first."""
        words = [f"w{a}{b}x" for a in "abcdefg" for b in "abcdefg"]
        words[10] = "waaxes"  # begins like the first
        words[3] = "near"
        return words

    def neighbours(self) -> Neighbours:
        words = self.words()
        # at growing angles from the first; lengths say nothing
        angles = [0.03 * place for place in range(len(words))]
        others = ["[PAD]", "##near", "sea", "wäre", "w0ab"]  # no words of letters, or too short
        entries = [*zip(words, angles, strict=True), *((other, 0.01) for other in others)]
        rng = np.random.default_rng(0)
        rng.shuffle(entries)
        size = rng.uniform(0.1, 10, len(entries))
        vectors = [(np.cos(float(angle)), np.sin(float(angle))) for _, angle in entries]
        return Neighbours(
            {str(word): place for place, (word, _) in enumerate(entries)},
            (np.array(vectors) * size[:, None]).astype(np.float32),
        )

    def test_near_words_are_neither_the_nearest_nor_forms_of_the_word(self) -> None:
        words = self.words()
        expected = [word for word in words[5:30] if word != "waaxes"]
        assert len(expected) == 24
        assert self.neighbours().of(words[0]) == expected
        assert self.neighbours().of("sea") == ()

    def test_what_is_asked_before_changes_nothing(self) -> None:
        words, near = self.words(), self.neighbours()
        last = near.of(words[-1])
        near.of(words[0])
        assert near.of(words[-1]) == last == words[-6:-31:-1]


def cut(one: Example) -> tuple[list[str], list[str]]:
    """The text of answers and evidence; a line break in it may have become a space."""
    spans = (one.answers, one.evidence or ())
    answers, evidence = ([s.of(one.passage).replace("\n", " ") for s in some] for some in spans)
    return answers, evidence


class TestLayouts:
    PASSAGE = "Ann did it. Bob, who is 𝒷ig,\nslept long. Then it rained."

    def example(self, *answers: str, evidence: Sequence[str] | None) -> Example:
        def spans(texts: Sequence[str]) -> tuple[Span, ...]:
            starts = [self.PASSAGE.index(text) for text in texts]
            return tuple(Span(a, a + len(b)) for a, b in zip(starts, texts, strict=True))

        return Example(
            id="a#given", source="s", group="g", kind="given", question="Who?", title="",
            passage=self.PASSAGE, answerable=bool(answers), answers=spans(answers),
            evidence=None if evidence is None else spans(evidence),
        )  # fmt: skip

    def test_each_sentence_becomes_an_item(self) -> None:
        whole = self.example(
            "Ann", "slept long", evidence=["Ann did it.", "Bob, who is 𝒷ig,\nslept long."]
        )
        found = listed(whole)
        assert found
        assert found.passage == "- Ann did it.\n- Bob, who is 𝒷ig, slept long.\n- Then it rained."
        answers, evidence = cut(found)
        assert answers == ["Ann", "slept long"]
        assert evidence == ["Ann did it.", "Bob, who is 𝒷ig, slept long."]
        assert found.id == "a#given-listed"
        assert found.kind == "given"

    def test_what_crosses_sentences_makes_no_list(self) -> None:
        assert listed(self.example("it. Bob", evidence=["Ann did it.", "Bob, who is"])) is None
        assert listed(self.example("Ann", evidence=["Ann did it. Bob"])) is None

    def test_sentences_may_touch(self) -> None:
        whole = Example(
            id="a", source="s", group="g", kind="given", question="谁？", title="",
            passage="他来了。她走了！", answerable=True, answers=(Span(4, 5),),
            evidence=(Span(4, 8),),
        )  # fmt: skip
        found = listed(whole)
        assert found
        assert found.passage == "- 他来了。\n- 她走了！"
        assert cut(found) == (["她"], ["她走了！"])

    def test_one_sentence_is_no_list(self) -> None:
        whole = self.example(evidence=())
        assert listed(msgspec.structs.replace(whole, passage="Ann did it.")) is None

    def test_what_is_not_known_stays_so(self) -> None:
        for known in (None, ()):
            whole = self.example(evidence=known)
            found = listed(whole)
            assert found
            for other in (found, headed(whole, "H"), next_to(whole, "T", before=True)):
                assert other.evidence == known
                assert other.answers == ()

    @given(texts, st.data())
    def test_whatever_the_text_is(self, text: str, data: st.DataObject) -> None:
        def within(area: Span) -> Span:
            start = data.draw(st.integers(area.start, area.end - 1))
            return Span(start, data.draw(st.integers(start + 1, area.end)))

        whole_text = Span(0, len(text))
        sentence = data.draw(st.sampled_from(sentences(text)))
        evidence = data.draw(st.sampled_from([sentence, sentence, within(whole_text)]))
        span = within(data.draw(st.sampled_from([sentence, sentence, whole_text])))
        whole = Example(
            id="a", source="s", group="g", kind="given", question="Who?", title="", passage=text,
            answerable=True, answers=(span,), evidence=(evidence,),
        )  # fmt: skip
        block = data.draw(texts)
        made = [headed(whole, "H"), *(next_to(whole, block, before=b) for b in (True, False))]
        for found in made:
            assert cut(found) == cut(whole)
            assert text in found.passage
        assert made[0].passage.startswith("## H\n\n")
        assert made[1].passage.startswith(f"{block}\n\n")
        assert made[2].passage.endswith(f"\n\n{block}")
        found = listed(whole)
        inside = [
            any(one.start <= label.start and label.end <= one.end for one in sentences(text))
            for label in (span, evidence)
        ]
        assert (found is not None) == (all(inside) and len(sentences(text)) > 1)
        if found:
            assert cut(found) == cut(whole)
            assert found.problem() is None


@dataclass
class Parsed:
    """A table, read again: what it says of each thing under each head, and each thing's line."""

    cells: dict[tuple[str, str], str]
    lines: dict[str, str]


# What each question asks of: the head of a column, or the key of a setting.
HEADS = {
    "What is the population of {}?": "Population", "When was {} founded?": "Founded",
    "How large is {}?": "Area", "How much does {} cost?": "Price",
    "How heavy is {}?": "Weight", "What is the status of {}?": "Status",
    "Who owns {}?": "Owner", "How deep is {}?": "Depth",
    "How many members does {} have?": "Members", "In which year did {} open?": "Opened",
}  # fmt: skip
KEYS = {
    "What is the timeout?": "timeout_s", "Which port is used?": "port",
    "How many connections are allowed at most?": "max_connections",
    "How often is a request retried?": "retries", "What is the log level set to?": "log_level",
    "How large is the cache?": "cache_size_mb", "Which region is configured?": "region",
    "What is the batch size?": "batch_size",
}  # fmt: skip


def parsed(text: str) -> Parsed:
    cells, lines = dict[tuple[str, str], str](), dict[str, str]()
    if text.startswith("| Name |"):
        head, rule, *rows = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n")
        ]
        assert set(rule) == {"---"}
        for line, (name, *values) in zip(text.split("\n")[2:], rows, strict=True):
            lines[name] = line
            for title, value in zip(head[1:], values, strict=True):
                cells[name, title] = value
        return Parsed(cells, lines)
    for line in text.split("\n"):
        match = re.fullmatch(r"\* ([^:]+):(.*)", line)
        assert match
        lines[match[1]] = line
        for part in match[2].strip(" ;").split(";"):
            title, value = part.strip().split(" ", 1)
            cells[match[1], title.capitalize()] = value
    return Parsed(cells, lines)


def about(question: str, things: Sequence[str]) -> tuple[str, str]:
    """Which thing a question is about, and under which head its answer stands."""
    (found,) = [
        (thing, head)
        for thing in things
        for form, head in HEADS.items()
        if form.format(thing) == question
    ]
    return found


class TestTables:
    THINGS = ("Ada Lee", "Oslo", "Rome", "Vega", "Erie", "Omaha", "Rio", "Lund")
    DOCUMENT = SourceText(source="nq", title="T", group="t")

    def test_the_cell_asked_for_is_the_answer_and_its_row_the_evidence(self) -> None:
        shapes = Counter[str]()
        for seed in range(100):
            rng = np.random.default_rng(seed)
            one, _ = table_examples(self.DOCUMENT, self.THINGS, rng)
            table = parsed(one.passage)
            thing, head = about(one.question, self.THINGS)
            answers, evidence = cut(one)
            assert answers == [table.cells[thing, head]]
            assert evidence == [table.lines[thing]]
            assert one.problem() is None
            shapes[one.passage[0]] += 1
        assert min(shapes["|"], shapes["*"]) > 20

    def test_what_is_lacking_is_not_there(self) -> None:
        lacks = Counter[str]()
        for seed in range(100):
            rng = np.random.default_rng(seed)
            _, one = table_examples(self.DOCUMENT, self.THINGS, rng)
            table = parsed(one.passage)
            thing, head = about(one.question, self.THINGS)
            assert one.answerable is False
            if thing in table.lines:
                lacks["head"] += 1
                assert head not in {title for _, title in table.cells}
            else:
                lacks["thing"] += 1
                assert thing not in one.passage
        assert min(lacks.values()) > 30
        assert len(lacks) == 2

    def test_a_part_of_a_name_is_not_lacking(self) -> None:
        things = ("Ada", "Ada Lee", "Ada Lee Roy", "Lee")
        for seed in range(100):
            _, one = table_examples(self.DOCUMENT, things, np.random.default_rng(seed))
            thing, _ = about(one.question, things)
            if thing not in parsed(one.passage).lines:
                assert thing not in one.passage

    def test_the_setting_asked_for_is_the_answer_and_its_line_the_evidence(self) -> None:
        forms = Counter[str]()
        for seed in range(100):
            one, lacking = settings_examples(self.DOCUMENT, np.random.default_rng(seed))
            settings = dict[str, tuple[str, str]]()
            for line in one.passage.split("\n"):
                match = re.fullmatch(
                    r"(export | {4}\"|)([a-z_]+)(?: = |: |=|\": \")([^\"]+?)(\",)?", line
                )
                assert match
                settings[match[2]] = (match[3], line)
                forms[match[1]] += 1
            answers, evidence = cut(one)
            value, line = settings[KEYS[one.question]]
            assert (answers, evidence) == ([value], [line])
            assert lacking.passage == one.passage
            assert lacking.answerable is False
            assert KEYS[lacking.question] not in settings
        assert set(forms) == {"export ", '    "', ""}

    def test_a_table_to_stand_beside_text_names_all_things(self) -> None:
        text = table_text(self.THINGS[:4], np.random.default_rng(0)).rstrip("\n")
        table = parsed(text)
        assert tuple(table.lines) == self.THINGS[:4]
        assert {title for _, title in table.cells} <= set(HEADS.values())


def test_two_questions_at_once() -> None:
    first, second = "Who won?", "When did it end ?"
    assert both(first, second, run_together=False) == "Who won? When did it end ?"
    assert both(first, second, run_together=True) == "Who won and when did it end?"


@pytest.mark.parametrize(
    ("question", "answer", "made"),
    [
        ("Who was the first mayor?", "Ada", "Was Ada the first mayor?"),
        ("When was the bridge built?", "1907", "Was the bridge built in 1907?"),
        ("Where does the river end ?", "in the sea", "Does the river end in the sea?"),
        ("How many ends does it have?", "8", "Does it have 8 ends?"),
        ("How many ends does it have?", "8 ends", "Does it have 8 ends?"),
        ("How many ends does it have?", "eight", None),
        ("Why did they leave?", "the rain", None),
        ("Who won?", "Ada", None),
    ],
)
def test_some_questions_become_whether_their_answer_is_right(
    question: str, answer: str, made: str | None
) -> None:
    assert yes_no(question, answer) == made


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
    library = load_library(data, excluded_from(data), SOURCES)
    asked = library.questions[0]
    view = Span(asked.paragraph.start, asked.answers[0].end - 1)
    assert holding(asked, view, kind="given", question="Who?", title="") is None
    whole = holding(asked, asked.paragraph, kind="given", question="Who?", title="")
    assert isinstance(whole, Example)
