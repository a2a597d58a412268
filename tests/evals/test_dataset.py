import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from citespan.evals.datasets.cards import counts
from citespan.evals.datasets.convert import convert, main
from citespan.evals.datasets.folder import load_dataset
from citespan.evals.datasets.loading import open_dataset, read_squad, seed_dataset
from citespan.evals.datasets.writing import write_dataset
from citespan.evals.errors import DatasetError
from citespan.evals.types import (
    Card,
    Dataset,
    Fact,
    GoldSpan,
    Question,
    Region,
    SourceDocument,
)

DOG = "The dog 🐕 barks.\u2028It sleeps."
CAT = "The cat purrs."
HEADER = "query-id\tcorpus-id\tscore\n"

FILES: dict[str, list[dict[str, Any]]] = {
    "corpus.jsonl": [
        {"_id": "dog", "title": "Dogs", "text": DOG, "metadata": {"url": "kept out"}},
        {"_id": "cat", "text": CAT},
        {"_id": "blank", "text": " \n"},
    ],
    "queries.jsonl": [
        {"_id": "q1", "text": "What does the dog do?"},
        {"_id": "q2", "text": "What does the cat do?"},
        {
            "_id": "q3",
            "text": "What does the cow do?",
            "metadata": {
                "topic": "on",
                "origin": {"document_id": "cat", "start": 4, "end": 7},
            },
        },
        {"_id": "q4", "text": "Named by nothing"},
    ],
    "spans.jsonl": [
        {"query_id": "q1", "document_id": "dog", "start": 4, "end": 9, "text": "dog 🐕"},
        {"query_id": "q1", "document_id": "dog", "start": 17, "end": 27, "text": "It sleeps."},
    ],
    "answers.jsonl": [
        {"query_id": "q3", "answerable": False},
        {
            "query_id": "q1",
            "answerable": True,
            "answers": ["barks"],
            "facts": [{"text": "It barks", "aliases": ["it woofs"]}],
            "references": ["It barks and sleeps."],
        },
    ],
}
QRELS = HEADER + "q2\tcat\t2\nq2\tdog\t0\n"

LOADED = Dataset(
    card=Card(name="small", licence="CC0-1.0", source="made up", language="en"),
    documents={
        "dog": SourceDocument(id="dog", title="Dogs", text=DOG),
        "cat": SourceDocument(id="cat", title="", text=CAT),
    },
    questions=(
        Question(
            id="q1",
            text="What does the dog do?",
            answerable=True,
            answers=("barks",),
            references=("It barks and sleeps.",),
            spans=(
                GoldSpan(document_id="dog", start=4, end=9, text="dog 🐕"),
                GoldSpan(document_id="dog", start=17, end=27, text="It sleeps."),
            ),
            facts=(Fact(text="It barks", aliases=("it woofs",)),),
            relevant={"dog": 1},
        ),
        Question(
            id="q2",
            text="What does the cat do?",
            answerable=True,
            relevant={"cat": 2, "dog": 0},
        ),
        Question(
            id="q3",
            text="What does the cow do?",
            answerable=False,
            topic="on",
            origin=Region(document_id="cat", start=4, end=7),
        ),
    ),
)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "small"
    (made / "qrels").mkdir(parents=True)
    for name, rows in FILES.items():
        (made / name).write_bytes(lines(rows).encode())
    (made / "qrels" / "test.tsv").write_bytes(QRELS.encode())
    card = "name: small\nlicence: CC0-1.0\nsource: made up\nlanguage: en\n"
    (made / "card.yaml").write_text(card, encoding="utf-8")
    return made


def link_to_itself(file: Path) -> None:
    file.symlink_to(file)


def append(file: Path, row: object) -> None:
    with file.open("a", encoding="utf-8", newline="") as stream:
        stream.write((row if isinstance(row, str) else json.dumps(row)) + "\n")


class TestLoading:
    def test_a_folder_is_read_whole(self, folder: Path):
        assert load_dataset(folder) == LOADED

    def test_gzipped_files_are_the_same(self, folder: Path):
        for file in [*folder.glob("*.jsonl"), *folder.glob("qrels/*.tsv")]:
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()
        assert load_dataset(folder) == LOADED

    def test_without_a_card_the_folder_names_it(self, folder: Path):
        (folder / "card.yaml").unlink()
        unknown = Card(name="small", licence="unknown", source="unknown", language="unknown")
        assert load_dataset(folder).card == unknown

    def test_counts_that_agree_are_taken(self, folder: Path):
        append(
            folder / "card.yaml",
            "counts: {documents: 2, questions: 3, answerable: 2, spans: 2}",
        )
        assert load_dataset(folder).card.counts == counts(LOADED)

    def test_a_grade_of_zero_alone_is_not_answerable(self, folder: Path):
        append(folder / "qrels" / "test.tsv", "q4\tdog\t0")
        question = load_dataset(folder).questions[-1]
        assert (question.id, question.answerable, question.relevant) == ("q4", False, {"dog": 0})

    def test_a_split_leaves_out_what_only_another_names(self, folder: Path):
        (folder / "qrels" / "dev.tsv").write_text(HEADER + "q1\tdog\t3\n", encoding="utf-8")
        dev = load_dataset(folder, split="dev")
        assert [question.id for question in dev.questions] == ["q1", "q3"]
        assert dev.questions[0].relevant == {"dog": 3}
        with pytest.raises(DatasetError, match=r"several splits; choose one of: dev, test"):
            load_dataset(folder)
        with pytest.raises(DatasetError, match=r"no split 'train'; there is: dev, test"):
            load_dataset(folder, split="train")

    def test_spans_alone_suffice(self, folder: Path):
        (folder / "qrels" / "test.tsv").unlink()
        assert [question.id for question in load_dataset(folder).questions] == ["q1", "q3"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "row", "said"),
        [
            ("corpus.jsonl", "{", "line 4: not JSON"),
            ("corpus.jsonl", {"_id": "x", "text": 5}, r"line 4: Expected `str`.*\$.text"),
            ("corpus.jsonl", {"text": "no id"}, "line 4: .*missing required field `_id`"),
            ("corpus.jsonl", {"_id": "cat", "text": "x"}, "line 4: the id 'cat' comes twice"),
            ("corpus.jsonl", {"_id": "blank", "text": "x"}, "line 4: the id 'blank' comes twice"),
            ("corpus.jsonl", {"_id": "a/b", "text": "x"}, "line 4: .*without '/'"),
            ("corpus.jsonl", {"_id": "..", "text": "x"}, "line 4: .*may not be '.' or '..'"),
            ("corpus.jsonl", {"_id": "x" * 201, "text": "x"}, "line 4: .*1 to 200 printable"),
            ("corpus.jsonl", {"_id": "x", "text": "a\r\nb"}, "line 4: .*CR line ends"),
            ("corpus.jsonl", {"_id": "x", "text": "\ufeffb"}, "line 4: .*byte order mark"),
            ("corpus.jsonl", {"_id": "x", "text": "a\0b"}, "line 4: .*a NUL at character 1"),
            ("queries.jsonl", {"_id": "q1", "text": "?"}, "line 5: the id 'q1' comes twice"),
            ("queries.jsonl", {"_id": "q5", "text": " "}, "line 5: the id or the text is empty"),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": 4, "end": 7, "text": "dog"},
                r"line 3: at \[4, 7\) of document 'cat' stands 'cat', not 'dog'",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": 9, "end": 15, "text": "purrs."},
                r"line 3: \[9, 15\) of document 'cat' is empty or outside its 14 characters",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": 4, "end": 4, "text": ""},
                r"line 3: \[4, 4\) of document 'cat' is empty or outside",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": -3, "end": 2, "text": ""},
                "line 3: the span begins at -3",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cow", "start": 0, "end": 2, "text": "x"},
                "line 3: corpus.jsonl has no 'cow'",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "blank", "start": 0, "end": 2, "text": "x"},
                "line 3: document 'blank' has no text",
            ),
            (
                "spans.jsonl",
                {"query_id": "q3", "document_id": "cat", "start": 4, "end": 7, "text": "cat"},
                "queries.jsonl, line 3: question 'q3' is not answerable but has spans",
            ),
            (
                "answers.jsonl",
                {"query_id": "q9", "answerable": False},
                "line 3: queries.jsonl has no 'q9'",
            ),
            (
                "answers.jsonl",
                {"query_id": "q1", "answerable": True},
                "line 3: the query 'q1' comes twice",
            ),
            (
                "answers.jsonl",
                {"query_id": "q4", "answerable": True},
                "queries.jsonl, line 4: question 'q4' is answerable but has no gold",
            ),
            (
                "answers.jsonl",
                {"query_id": "q4", "answerable": False, "answers": ["yes"]},
                "queries.jsonl, line 4: question 'q4' is not answerable but has",
            ),
            (
                "answers.jsonl",
                {"query_id": "q2", "answerable": True, "answer": "x"},
                "line 3: .*unknown field `answer`",
            ),
            ("qrels/test.tsv", "q4\tcat\t0.5", "line 4: the score '0.5' is no integer"),
            ("qrels/test.tsv", "q4\tcat\t-1", "line 4: the score -1 is below 0"),
            ("qrels/test.tsv", "q4\tcat", "line 4: 2 columns"),
            ("qrels/test.tsv", "q4\tcow\t1", "line 4: corpus.jsonl has no 'cow'"),
            ("qrels/test.tsv", "q4\tblank\t0", "line 4: document 'blank' has no text"),
            ("qrels/test.tsv", "q9\tcat\t1", "line 4: queries.jsonl has no 'q9'"),
            ("qrels/test.tsv", "q2\tcat\t1", "line 4: 'q2' and 'cat' come twice"),
            ("card.yaml", "counts: {spans: 3}", "3 spans stated, 2 found"),
            ("card.yaml", "counts: {words: 3}", "unknown count 'words'; known: documents"),
            ("card.yaml", "licence: [", "card.yaml: .*see the fields of a card"),
            # The reader in C ended the process at such depths.
            ("card.yaml", "description: " + "[" * 50_000, "card.yaml: nested too deeply"),
            ("card.yaml", "description: " + "{a: " * 20_000, "card.yaml: nested too deeply"),
            ("card.yaml", "- " * 60_000, "card.yaml: more than 100000 bytes"),
            ("card.yaml", f"counts: {{documents: {'9' * 5000}}}", "card.yaml: Exceeds the limit"),
            ("card.yaml", "counts: {documents: true}", "card.yaml: Expected `int`, got `bool`"),
            ("card.yaml", "description: 2020-99-01", "card.yaml: month must be in 1..12"),
            ("card.yaml", "description: !!python/name:os.system", "card.yaml: could not determine"),
            ("card.yaml", "name: ../../x", "card.yaml: the name '../../x' cannot name a folder"),
            ("card.yaml", "name: /tmp/x", "card.yaml: the name '/tmp/x' cannot name a folder"),
            ("card.yaml", "name: '..'", "card.yaml: the name '..' cannot name a folder"),
            ("card.yaml", r'name: "a\eb"', r"card.yaml: the name 'a\\x1bb' cannot name a folder"),
            ("card.yaml", f"name: {'x' * 101}", "card.yaml: the name is over 100 characters"),
            ("corpus.jsonl", "[" * 200_000, "line 4: Expected `object`"),
            (
                "corpus.jsonl",
                '{"_id": "x", "text": "y", "metadata": ' + "[" * 200_000,
                "corpus.jsonl, line 4: nested too deeply",
            ),
            ("corpus.jsonl", "\0", "corpus.jsonl, line 4: not JSON"),
            ("corpus.jsonl", r'{"_id": "x", "text": "a\ud800"}', "corpus.jsonl, line 4: not JSON"),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": True, "end": 2, "text": "h"},
                r"spans.jsonl, line 3: Expected `int`, got `bool` - at `\$.start`",
            ),
            (
                "spans.jsonl",
                '{"query_id": "q2", "document_id": "cat", "start": 4, "end": 1e999, "text": "h"}',
                r"spans.jsonl, line 3: Number out of range - at `\$.end`",
            ),
            (
                "spans.jsonl",
                {"query_id": "q2", "document_id": "cat", "start": 4, "end": 10**30, "text": "h"},
                r"spans.jsonl, line 3: \[4, 1000000.* outside its 14 characters",
            ),
            (
                "spans.jsonl",
                FILES["spans.jsonl"][0],
                "spans.jsonl, line 3: the span of 'q1' comes twice",
            ),
            (
                "answers.jsonl",
                {"query_id": "q2", "answerable": 1},
                r"answers.jsonl, line 3: Expected `bool`, got `int` - at `\$.answerable`",
            ),
            (
                "answers.jsonl",
                {"query_id": "q4", "answerable": True, "answers": ["."], "references": [""]},
                "queries.jsonl, line 4: question 'q4' is answerable but has no gold",
            ),
            (
                "answers.jsonl",
                {"query_id": "q2", "answerable": True, "facts": [{"text": "..."}]},
                "queries.jsonl, line 2: question 'q2' has the fact '...'; give it words",
            ),
            ("qrels/test.tsv", "q4\tcat\t" + "9" * 5000, "line 4: the score '9{40}' is no integer"),
            ("qrels/test.tsv", "q4\tcat\t1_0", "line 4: the score '1_0' is no integer"),
            ("qrels/test.tsv", "q4\t0\tcat\t1", "line 4: 4 columns"),
        ],
    )
    def test_a_wrong_line_is_refused(self, folder: Path, name: str, row: object, said: str):
        append(folder / name, row)
        with pytest.raises(DatasetError, match=rf"(?s){said}"):
            load_dataset(folder)

    @pytest.mark.parametrize(
        ("origin", "said"),
        [
            ({"document_id": "cow", "start": 0, "end": 1}, "comes from 'cow'"),
            ({"document_id": "cat", "start": 3, "end": 15}, r"origin of question 'q5', \[3, 15\)"),
        ],
    )
    def test_an_origin_must_be_there(self, folder: Path, origin: dict[str, Any], said: str):
        append(folder / "queries.jsonl", {"_id": "q5", "text": "?", "metadata": {"origin": origin}})
        append(folder / "answers.jsonl", {"query_id": "q5", "answerable": False})
        with pytest.raises(DatasetError, match=rf"queries.jsonl, line 5: .*{said}"):
            load_dataset(folder)

    def test_a_relevance_file_needs_its_header(self, folder: Path):
        (folder / "qrels" / "test.tsv").write_text("q2\tcat\t1\n", encoding="utf-8")
        with pytest.raises(DatasetError, match="line 1: the header is"):
            load_dataset(folder)

    def test_bytes_that_are_not_utf8(self, folder: Path):
        with (folder / "corpus.jsonl").open("ab") as stream:
            stream.write(b'{"_id": "x", "text": "\xff"}\n')
        with pytest.raises(DatasetError, match="line 4: not valid UTF-8 at byte 22"):
            load_dataset(folder)

    def test_a_damaged_archive(self, folder: Path):
        data = gzip.compress((folder / "corpus.jsonl").read_bytes())
        (folder / "corpus.jsonl").write_bytes(data[:-12])
        with pytest.raises(DatasetError, match=r"corpus\.jsonl: cannot be read"):
            load_dataset(folder)

    @pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
    def test_a_missing_file(self, folder: Path, name: str):
        (folder / name).unlink()
        with pytest.raises(DatasetError, match=f"{name}: missing"):
            load_dataset(folder)

    @pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, link_to_itself])
    @pytest.mark.parametrize(
        "name",
        ["corpus.jsonl", "queries.jsonl", "spans.jsonl", "answers.jsonl", "card.yaml",
         "qrels/test.tsv"],
    )  # fmt: skip
    def test_what_is_no_file(self, folder: Path, name: str, make: Callable[[Path], None]):
        (folder / name).unlink()
        make(folder / name)
        with pytest.raises(DatasetError, match=rf"{name}: not a file that can be read"):
            load_dataset(folder)

    def test_relevance_is_in_a_folder(self, folder: Path):
        (folder / "qrels" / "test.tsv").rename(folder / "test.tsv")
        (folder / "qrels").rmdir()
        (folder / "test.tsv").rename(folder / "qrels")
        with pytest.raises(DatasetError, match="qrels: not a folder"):
            load_dataset(folder)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    @pytest.mark.parametrize("name", ["corpus.jsonl", "card.yaml", "qrels", "."])
    def test_what_may_not_be_read(self, folder: Path, name: str):
        (folder / name).chmod(0)
        place = folder / "qrels" if name == "." else folder / name
        try:
            with pytest.raises(DatasetError, match=rf"{place}: .*Permission denied"):
                load_dataset(folder)
        finally:
            (folder / name).chmod(0o700)

    @pytest.mark.parametrize("content", [b"", "caf\xe9".encode("latin-1"), "x".encode("utf-16")])
    def test_a_card_in_another_encoding_or_empty(self, folder: Path, content: bytes):
        (folder / "card.yaml").write_bytes(content)
        with pytest.raises(DatasetError, match=r"card\.yaml: .*see the fields of a card"):
            load_dataset(folder)

    def test_a_byte_order_mark_before_a_line(self, folder: Path):
        file = folder / "corpus.jsonl"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        with pytest.raises(DatasetError, match=r"corpus\.jsonl, line 1: not JSON"):
            load_dataset(folder)

    def test_line_ends_of_other_systems_are_no_text(self, folder: Path):
        for name in (*FILES, "qrels/test.tsv"):
            (folder / name).write_bytes((folder / name).read_bytes().replace(b"\n", b"\r\n"))
        assert load_dataset(folder) == LOADED

    def test_no_question_at_all(self, folder: Path):
        for name in ("spans.jsonl", "answers.jsonl"):
            (folder / name).write_bytes(b"")
        (folder / "qrels" / "test.tsv").write_text(HEADER, encoding="utf-8")
        with pytest.raises(DatasetError, match=r"queries\.jsonl: no question has a row"):
            load_dataset(folder)

    def test_a_question_that_cannot_be_asked(self, folder: Path):
        append(folder / "queries.jsonl", {"_id": "q5", "text": "a\0b"})
        append(folder / "answers.jsonl", {"query_id": "q5", "answerable": False})
        with pytest.raises(DatasetError, match=r"line 5: the text of question 'q5' has a NUL"):
            load_dataset(folder)

    def test_neither_qrels_nor_spans(self, folder: Path):
        (folder / "qrels" / "test.tsv").unlink()
        (folder / "spans.jsonl").unlink()
        with pytest.raises(DatasetError, match="neither qrels"):
            load_dataset(folder)


class TestWriting:
    def test_what_is_written_is_read_back(self, tmp_path: Path):
        write_dataset(LOADED, tmp_path / "a" / "copy")
        copy = load_dataset(tmp_path / "a" / "copy")
        assert copy == LOADED
        assert copy.sha256 == LOADED.sha256
        assert [file.name for file in (tmp_path / "a").iterdir()] == ["copy"]

    def test_unanswerable_questions_alone(self, tmp_path: Path):
        alone = Dataset(
            card=LOADED.card, documents=LOADED.documents, questions=LOADED.questions[2:]
        )
        write_dataset(alone, tmp_path)
        assert load_dataset(tmp_path) == alone

    def test_nothing_is_overwritten(self, folder: Path):
        with pytest.raises(DatasetError, match="not an empty folder"):
            write_dataset(LOADED, folder)
        assert load_dataset(folder) == LOADED

    def test_spans_without_grades_would_be_read_back_with_them(self, tmp_path: Path):
        bare = msgspec.structs.replace(LOADED.questions[0], relevant={})
        dataset = Dataset(card=LOADED.card, documents=LOADED.documents, questions=(bare,))
        with pytest.raises(DatasetError, match="grades of their documents"):
            write_dataset(dataset, tmp_path / "x")
        assert list(tmp_path.iterdir()) == []


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "AC/DC_band",
            "paragraphs": [
                {
                    "context": "Rock 🎸 band.",
                    "qas": [
                        {
                            "id": "s1",
                            "question": "What is it?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "band", "answer_start": 7},
                                {"text": "Rock 🎸 band", "answer_start": 0},
                                {"text": "band", "answer_start": 7},
                            ],
                        }
                    ],
                },
                {
                    "context": "Formed in 1973.",
                    "qas": [
                        {
                            "id": "s2",
                            "question": "When?",
                            "answers": [{"text": "1973", "answer_start": 10}],
                        },
                        {
                            "id": "s3",
                            "question": "Where?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "1973", "answer_start": 10}],
                        },
                    ],
                },
            ],
        }
    ],
}


class TestReaders:
    def test_squad_articles_become_documents(self, tmp_path: Path):
        file = tmp_path / "dev.json"
        file.write_text(json.dumps(SQUAD), encoding="utf-8")
        dataset = open_dataset(str(file))
        text = "Rock 🎸 band.\n\nFormed in 1973."
        assert dataset.documents == {
            "AC_DC_band": SourceDocument(id="AC_DC_band", title="AC/DC band", text=text)
        }
        first, second, third = dataset.questions
        assert first.answers == ("band", "Rock 🎸 band")
        assert [(s.start, s.end) for s in first.spans] == [(7, 11), (0, 11)]
        assert [(s.start, s.end, s.text) for s in second.spans] == [(24, 28, "1973")]
        assert (third.answerable, third.spans, third.topic) == (False, (), "on")
        assert third.origin == Region(document_id="AC_DC_band", start=14, end=29)
        assert [question.relevant for question in dataset.questions] == [
            {"AC_DC_band": 1}, {"AC_DC_band": 1}, {},
        ]  # fmt: skip

    def test_squad_offsets_are_checked(self, tmp_path: Path):
        file = tmp_path / "dev.json"
        file.write_text(json.dumps(SQUAD).replace('"answer_start": 7', '"answer_start": 6'))
        with pytest.raises(DatasetError, match=r"dev.json: question 's1': at \[6, 10\)"):
            read_squad(file)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('"answer_start": 7', '"answer_start": 19', "'s1': an answer is not inside its"),
            ('"answer_start": 7', '"answer_start": -1', "'s1': an answer is not inside its"),
            ('"answer_start": 7', '"answer_start": true', "no SQuAD file: Expected `int`"),
            ('"text": "band"', '"text": ""', r"'s1': \[7, 7\) .* is empty"),
            ('"id": "s2"', '"id": "s1"', "the question 's1' comes twice"),
            ('"v2.0"', '"../.."', "the name 'SQuAD ../..' cannot name a folder"),
            ('"version"', '"more": ' + "[" * 200_000 + ', "version"', "no SQuAD file"),
            ("Formed in", r"Formed\rin", "CR line ends"),
            ('"data": [', '"data": [], "others": [', "no questions"),
        ],
    )
    def test_a_wrong_squad_is_refused(self, tmp_path: Path, old: str, new: str, said: str):
        file = tmp_path / "dev.json"
        text = json.dumps(SQUAD)
        assert old in text
        file.write_text(text.replace(old, new))
        with pytest.raises(DatasetError, match=rf"dev\.json: .*{said}"):
            read_squad(file)

    def test_squad_1_1_has_answers_to_everything(self, tmp_path: Path):
        file = tmp_path / "dev.json"
        old = json.loads(json.dumps(SQUAD).replace('"v2.0"', '"1.1"'))
        del old["data"][0]["paragraphs"][1]["qas"][1]["is_impossible"]
        file.write_text(json.dumps(old))
        with pytest.raises(DatasetError, match="question 's3' is answerable but has no gold"):
            read_squad(file)
        del old["data"][0]["paragraphs"][1]["qas"][1]
        file.write_text(json.dumps(old))
        dataset = read_squad(file)
        assert (dataset.card.name, len(dataset.questions)) == ("SQuAD 1.1", 2)

    @pytest.mark.parametrize("content", ["[]", "", "{", "[" * 200_000, "\xff"])
    def test_a_file_that_is_no_squad(self, tmp_path: Path, content: str):
        (tmp_path / "x.json").write_text(content, encoding="latin-1")
        with pytest.raises(DatasetError, match="no SQuAD file"):
            read_squad(tmp_path / "x.json")

    def test_the_seed(self):
        seed = seed_dataset()
        assert counts(seed) == {"documents": 1, "questions": 56, "answerable": 34, "spans": 37}
        assert seed.card.name == "seed"
        assert {question.cluster for question in seed.questions} == {"seed"}
        first = seed.questions[0].spans[0]
        assert seed.documents["seed"].text[first.start : first.end] == first.text
        assert open_dataset("seed") == seed

    def test_a_folder_is_opened_with_its_split(self, folder: Path):
        assert open_dataset(str(folder), split="test") == LOADED

    def test_other_names_are_refused(self):
        with pytest.raises(DatasetError, match=r"a folder with corpus\.jsonl"):
            open_dataset("nothing-of-that-name")
        for name in ("x" * 5000, "x" * 5000 + ".json", "nul\0", ""):
            with pytest.raises(DatasetError):
                open_dataset(name)
        with pytest.raises(DatasetError, match="only a folder has splits"):
            open_dataset("seed", split="dev")


def source(folder: Path, **files: list[dict[str, Any]]) -> Path:
    """A folder of JSON Lines, every second one gzipped."""
    folder.mkdir()
    for number, (name, rows) in enumerate(files.items()):
        data = lines(rows).encode()
        file = folder / f"{name}.jsonl{'.gz' if number % 2 else ''}"
        file.write_bytes(gzip.compress(data) if number % 2 else data)
    return folder


def squad_source(folder: Path) -> Path:
    return source(
        folder,
        corpus=[
            {"doc_id": "spare1", "title": "Spare 1", "text": "One."},
            {"doc_id": "asked", "title": "Asked", "text": "A 🐕 barks.\n\nA cat purrs."},
            {"doc_id": "spare2", "title": "Spare 2", "text": "Two."},
        ],
        questions_dev=[
            {
                "id": "s1",
                "question": " What purrs?",
                "doc_id": "asked",
                "paragraph_start": 12,
                "paragraph_end": 24,
                "answerable": True,
                "answers": [
                    {"start": 14, "end": 17, "text": "cat"},
                    {"start": 12, "end": 17, "text": "A cat"},
                    {"start": 14, "end": 17, "text": "cat"},
                ],
            },
            {
                "id": "s2",
                "question": "What moos?",
                "doc_id": "asked",
                "paragraph_start": 0,
                "paragraph_end": 10,
                "answerable": False,
                "answers": [],
            },
        ],
    )


def clap_row(name: str, title: str, outputs: list[tuple[str, list[str]]]) -> dict[str, Any]:
    return {
        "id": name,
        "input": f"question {name}",
        "passages": [
            {
                "title": title,
                "text": "It is . So it is . It is . ",
                "sentences": ["It is .", "So it is .", "It is .", "Not there ."],
            }
        ],
        "output": [{"answer": said, "selected_sentences": chosen} for said, chosen in outputs],
    }


class TestConverters:
    def test_squad(self, tmp_path: Path):
        folder = squad_source(tmp_path / "from")
        said = convert("squad", folder, tmp_path / "to", documents=2)
        assert said == ["documents: 2", "questions: 2", "answerable: 1", "spans: 2"]
        dataset = load_dataset(tmp_path / "to")
        assert list(dataset.documents) == ["spare1", "asked"]
        assert dataset.questions == (
            Question(
                id="s1",
                text="What purrs?",
                answerable=True,
                answers=("cat", "A cat"),
                spans=(
                    GoldSpan(document_id="asked", start=14, end=17, text="cat"),
                    GoldSpan(document_id="asked", start=12, end=17, text="A cat"),
                ),
                relevant={"asked": 1},
                origin=Region(document_id="asked", start=12, end=24),
            ),
            Question(
                id="s2",
                text="What moos?",
                answerable=False,
                topic="on",
                origin=Region(document_id="asked", start=0, end=10),
            ),
        )

    def test_squad_whole(self, tmp_path: Path):
        convert("squad", squad_source(tmp_path / "from"), tmp_path / "to")
        assert list(load_dataset(tmp_path / "to").documents) == ["spare1", "asked", "spare2"]

    def test_chunking(self, tmp_path: Path):
        reference = {"content": "cat", "start_index": 2, "end_index": 5}
        folder = source(
            tmp_path / "from",
            questions=[
                {"question": "A?", "corpus": "pets", "references": [reference, reference]},
                {"question": "B?", "corpus": "old_zoo", "references": [reference]},
                {"question": "C?", "corpus": "pets", "references": [reference]},
            ],
        )
        (folder / "corpora").mkdir()
        for name in ("pets", "old_zoo"):
            (folder / "corpora" / f"{name}.md").write_text("A cat.\n", encoding="utf-8")
        convert("chunking", folder, tmp_path / "to")
        dataset = load_dataset(tmp_path / "to")
        assert [question.id for question in dataset.questions] == [
            "pets-001", "old_zoo-001", "pets-002",
        ]  # fmt: skip
        assert dataset.questions[0].spans == (
            GoldSpan(document_id="pets", start=2, end=5, text="cat"),
        )
        assert dataset.documents["old_zoo"].title == "old zoo"
        (folder / "corpora" / "zebras.md").write_bytes(b"\xff")
        with pytest.raises(DatasetError, match=r"zebras\.md: not valid UTF-8 at byte 0"):
            convert("chunking", folder, tmp_path / "again")
        (folder / "corpora" / "zebras.md").unlink()
        (folder / "corpora" / "zebras.md").mkdir()
        with pytest.raises(DatasetError, match=r"zebras\.md: cannot be read"):
            convert("chunking", folder, tmp_path / "again")

    def test_clapnq(self, tmp_path: Path):
        chosen: list[tuple[str, list[str]]] = [
            ("Yes, so it is.", ["So it is .", "It is ."]),
            ("Yes, so it is.", ["So it is .", "Not there ."]),
            ("It is.", []),
            ("NA", []),
            (" . ", []),
            ("", []),
        ]
        folder = source(
            tmp_path / "from",
            answerable=[clap_row("c1", "AC/DC", chosen)],
            unanswerable=[
                clap_row("c2", "AC/DC", [("", [])]),
                clap_row("c3", "AC_DC", [("", [])]),
            ],
        )
        said = convert("clapnq", folder, tmp_path / "to")
        assert said[-1] == "selected sentences that could not be placed: 1"
        dataset = load_dataset(tmp_path / "to")
        assert list(dataset.documents) == ["AC_DC", "AC_DC~2"]
        first, second, third = dataset.questions
        assert first.references == ("Yes, so it is.", "It is.")
        assert [(span.start, span.end) for span in first.spans] == [(0, 7), (8, 18)]
        assert (second.answerable, second.topic, second.relevant) == (False, "on", {})
        assert third.origin == Region(document_id="AC_DC~2", start=0, end=27)

    def test_obliqa(self, tmp_path: Path):
        numbered = [("1.", "First"), ("1.", "Second"), ("2./\u200ea", "Third"), ("3.", " ")]
        passages = [
            {"ID": "x", "DocumentID": 7, "PassageID": number, "Passage": text}
            for number, text in numbered
        ]
        folder = source(
            tmp_path / "from",
            passages=passages,
            questions=[
                {"QuestionID": "o1", "Question": "?", "Passages": passages[1:3], "Group": 2},
                {
                    "QuestionID": "o2",
                    "Question": "??",
                    "Passages": [{**passages[1], "Passage": "Another"}],
                },
            ],
        )
        said = convert("obliqa", folder, tmp_path / "to")
        assert said[-1] == "passages without text, left out: 1"
        dataset = load_dataset(tmp_path / "to")
        assert {d.id: d.text for d in dataset.documents.values()} == {
            "7:1.": "First", "7:1.~2": "Second", "7:2._a": "Third",
        }  # fmt: skip
        assert [question.relevant for question in dataset.questions] == [
            {"7:1.~2": 1, "7:2._a": 1}, {"7:1.": 1},
        ]  # fmt: skip

    def test_an_offset_that_is_wrong_leaves_nothing_behind(self, tmp_path: Path):
        folder = squad_source(tmp_path / "from")
        file = folder / "corpus.jsonl"
        file.write_bytes(file.read_bytes().replace(b"cat purrs", b"cow purrs"))
        with pytest.raises(DatasetError, match=r"at \[14, 17\) of document 'asked' stands 'cow'"):
            convert("squad", folder, tmp_path / "to")
        assert [path.name for path in tmp_path.iterdir()] == ["from"]

    def test_the_command_line(self, tmp_path: Path):
        folder = squad_source(tmp_path / "from")
        arguments = ["squad", str(folder), str(tmp_path / "to")]
        run = CliRunner().invoke(main, arguments)
        assert (run.exit_code, run.output.splitlines()[0]) == (0, "documents: 3")
        again = CliRunner().invoke(main, arguments)
        assert again.exit_code == 1
        assert "not an empty folder" in again.output
        (tmp_path / "file").touch()
        nowhere = CliRunner().invoke(main, [*arguments[:2], str(tmp_path / "file" / "to")])
        assert (nowhere.exit_code, "Traceback" in nowhere.output) == (1, False)
        assert "to: cannot be written: File exists" in nowhere.output

    @pytest.mark.parametrize(
        ("kind", "documents", "said"),
        [
            ("obliqa", 3, "--documents is for squad only"),
            ("wiki", None, "unknown kind 'wiki'; known: squad, squad-report"),
            ("chunking", None, r"questions\.jsonl: missing"),
        ],
    )
    def test_what_it_cannot_do(self, tmp_path: Path, kind: str, documents: int | None, said: str):
        with pytest.raises(DatasetError, match=said):
            convert(kind, tmp_path, tmp_path / "to", documents=documents)
