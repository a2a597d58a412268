"""The evaluation suite end to end: data sets, runs, references, planted faults, the gate."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree as ET

import msgspec
import pytest
from click.testing import CliRunner
from faults import by_night

from citespan.commands import cli
from citespan.evals.compare.differences import compare
from citespan.evals.compare.gates import committed, failures, read_baseline
from citespan.evals.datasets.folder import load_dataset
from citespan.evals.datasets.loading import open_dataset
from citespan.evals.errors import RunError, ScoringError
from citespan.evals.results import QuestionOutcome, Run
from citespan.evals.runs.folder import RunFolder
from citespan.evals.runs.plan import Plan
from citespan.evals.runs.records import read_run
from citespan.evals.runs.runner import run
from citespan.evals.scoring import score
from citespan.evals.types import CitedSpan, Dataset, Response, ResponseStatus, RetrievedSpan
from citespan.qa import Settings, load_settings

T = TypeVar("T")


@pytest.fixture(scope="module")
def settings(models_folder: Path) -> Settings:
    return load_settings(environ={}, flags={"data": {"models": str(models_folder)}})


@pytest.fixture(scope="module")
def seed() -> Dataset:
    return open_dataset("seed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "seed"


@pytest.fixture(scope="module")
def result(seed: Dataset, folder: Path, settings: Settings) -> Run:
    return run(seed, folder, Plan(settings=settings))


def test_the_seed_passes_its_gate(result: Run, folder: Path):
    assert failures(read_run(folder), read_baseline(committed("seed"))) == []
    counts = result.scores["citespan"].counts
    assert (counts["total"], counts["scored"], counts["failed"]) == (56, 56, 0)


@by_night
def test_the_same_run_twice_is_the_same_bytes(seed: Dataset, settings: Settings, tmp_path: Path):
    some = dataclasses.replace(seed, questions=seed.questions[::4])
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        run(some, folder, Plan(settings=settings))
    assert (again / "metrics.json").read_bytes() == (once / "metrics.json").read_bytes()
    assert compare(read_run(once), read_run(again))
    assert not any(d.change for d in compare(read_run(once), read_run(again)))


def test_references_bound_what_is_measured(result: Run):
    oracle = result.scores["oracle"].estimates
    for name in ("citation_f1", "span_recall@2000chars", "conditioned_score", "answer_contained"):
        assert oracle[name].value == 1, name
    assert result.scores["always abstain"].estimates["over_abstention_rate"].value == 1
    assert result.scores["top passage"].estimates["false_answer_rate"].value == 1
    mine = result.scores["citespan"].estimates["citation_f1"].value or 0
    for name in ("top passage", "first sentence", "random sentence", "bm25", "dense"):
        assert mine > (result.scores[name].estimates["citation_f1"].value or 0), name


def test_the_folder_holds_every_artefact(result: Run, folder: Path):
    names = {file.name for file in folder.iterdir()}
    assert names == {
        "run.json", "metrics.json", "curves.json", "per_question.jsonl", "run.trec", "junit.xml",
        "report.html",
    }  # fmt: skip
    assert "NaN" not in (folder / "metrics.json").read_text()
    suite = ET.fromstring((folder / "junit.xml").read_text())  # noqa: S314  (our own file)
    assert int(suite.get("tests") or 0) == len(suite) == 56
    assert int(suite.get("failures") or 0) == len(suite.findall("testcase/failure"))
    assert 0 < len(suite.findall("testcase/failure")) < 28  # how many depends on the processor
    about = json.loads((folder / "run.json").read_text())
    assert about["latency_ms"]["total"]["p50"] > 0
    assert about["index"]["bytes_per_chunk"] > 0


# Planted faults: what the responses become, and the measure that must be named.
def _shift(response: Response) -> Response:
    moved = (
        msgspec.structs.replace(c, start=c.start + 1, end=c.end + 1) for c in response.citations
    )
    return msgspec.structs.replace(response, citations=tuple(moved))


def _drop_passages(response: Response) -> Response:
    left = response.passages[1::2]
    return msgspec.structs.replace(response, passages=left)


def _abstain(response: Response) -> Response:
    return Response(
        question_id=response.question_id,
        status=ResponseStatus.ABSTAINED,
        passages=response.passages,
    )


def _fail(response: Response) -> Response:
    return msgspec.structs.replace(response, error="the server burnt down")


@pytest.mark.parametrize(
    ("fault", "culprit"),
    [
        (_shift, "1 character before"),
        (_drop_passages, "span_recall@2000chars went from"),
        (_abstain, "over_abstention_rate went from 0.265 to 1.000"),
        (_fail, "the server burnt down"),
    ],
)
def test_planted_faults_are_caught_and_named(
    fault: Callable[[Response], Response], culprit: str, result: Run, folder: Path, tmp_path: Path
):
    _scored(result, [fault(response) for response in result.responses.values()], tmp_path)
    code, output = _gate(tmp_path)
    assert code == 1
    assert culprit in output
    assert _compare(folder, tmp_path)[0] == 1


def test_answering_everything_is_caught(result: Run, folder: Path, tmp_path: Path):
    copied = {q.id: result.responses["a01"] for q in result.dataset.questions}
    rows = [
        response
        if response.answered
        else msgspec.structs.replace(copied[name], question_id=name, passages=response.passages)
        for name, response in result.responses.items()
    ]
    _scored(result, rows, tmp_path)
    code, output = _gate(tmp_path)
    assert code == 1
    assert "right_abstention_off_topic is 0.0" in output
    assert "false_answer_rate went from 0.136 to 1.000" in output
    assert _compare(folder, tmp_path)[0] == 1


def test_swapped_documents_are_caught(settings: Settings, tmp_path: Path):
    dataset = _two_documents(tmp_path / "data")
    honest = run(dataset, tmp_path / "honest", Plan(settings=settings))
    held = ("--baseline", str(tmp_path / "two.json"))
    assert _gate(tmp_path / "honest", *held, "--update")[0] == 0
    assert _gate(tmp_path / "honest", *held) == (0, "two: the gate is passed\n")
    a, b = dataset.documents.values()
    swapped = dataclasses.replace(
        dataset,
        documents={
            a.id: dataclasses.replace(a, text=b.text),
            b.id: dataclasses.replace(b, text=a.text),
        },
    )
    wrong = run(swapped, tmp_path / "swapped", Plan(settings=settings))
    code, output = _gate(tmp_path / "swapped", *held)
    assert (code, "the data sets differ: two" in output) == (2, True)
    # A server that mixes up its documents, asked about the right ones:
    _scored(honest, list(wrong.responses.values()), tmp_path / "mixed")
    code, output = _gate(tmp_path / "mixed", *held)
    assert code == 1
    assert "pointer_validity is 0.0, at least 1.0 is needed" in output
    assert "q1: c1: the quote is text of document 'a', not of 'b'" in output
    code, output = _compare(tmp_path / "honest", tmp_path / "mixed")
    assert code == 1
    assert "worse: pointer_validity, most in q1, q2" in output


def test_no_change_passes_on_the_command_line(result: Run, folder: Path):
    assert _gate(folder) == (0, "seed: the gate is passed\n")
    assert _compare(folder, folder)[0] == 0


def test_runs_stand_side_by_side(result: Run, folder: Path, tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    done = CliRunner().invoke(cli, ["eval", "table", str(folder), str(other)])
    assert done.exit_code == 0
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.output.splitlines()]
    assert lines[0] == ["", str(folder), str(other)]
    assert {len(line) for line in lines} == {3}
    cells = {line[0]: line[1] for line in lines}
    assert cells["questions asked"] == "56"
    assert cells["Citations that hold (`pointer_validity`)"] == "1.000 [1.00–1.00]"


def test_a_run_of_fewer_questions_cannot_be_compared(
    result: Run, folder: Path, settings: Settings, tmp_path: Path
):
    part = tmp_path / "part"
    run(result.dataset, part, Plan(settings=settings, limit=2, resamples=0))
    assert _gate(part) == (
        2, "citespan: the run skipped 54 questions; a gate needs them all\n"
    )  # fmt: skip
    assert _gate(part, "--update", "--baseline", str(tmp_path / "new.json"))[0] == 2
    assert _compare(folder, part) == (
        2, "citespan: other questions were asked: 54 only before, 0 only now\n"
    )  # fmt: skip


def test_a_stopped_run_goes_on(settings: Settings, tmp_path: Path):
    dataset = _two_documents(tmp_path / "data")
    whole = run(dataset, tmp_path / "whole", Plan(settings=settings))
    asked: list[str] = []

    def stop(items: Iterable[T], label: str, total: int) -> Iterator[T]:
        for item in items:
            if label == "Asking" and "Asking" in asked:
                raise KeyboardInterrupt
            asked.append(label)
            yield item

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run(dataset, out, Plan(settings=settings), stop)
    with (out / "responses.jsonl").open("ab") as log:
        log.write(b'{"question_id": "q2", "te')  # killed while writing
    with pytest.raises(RunError, match="unfinished run of other questions or settings"):
        run(dataset, out, Plan(settings=settings, subject="bm25"))
    run(dataset, out, Plan(settings=settings))
    assert (out / "metrics.json").read_bytes() == (tmp_path / "whole/metrics.json").read_bytes()
    assert len(whole.responses) == 2
    with pytest.raises(RunError, match="finished run"):
        run(dataset, out, Plan(settings=settings))


def test_limits_skip_and_count(settings: Settings, tmp_path: Path):
    dataset = _two_documents(tmp_path / "data")
    limited = run(dataset, tmp_path / "out", Plan(settings=settings, limit=1, subject="bm25"))
    counts = limited.scores["bm25"].counts
    assert (counts["total"], counts["scored"], counts["skipped"]) == (2, 1, 1)


def test_ones_own_answers_are_scored(tmp_path: Path):
    dataset = _two_documents(tmp_path / "data")
    cited = CitedSpan(document_id="a", start=0, end=30)
    passage = RetrievedSpan(document_id="a", start=0, end=30)
    mine = Response(question_id="q1", text="In 1932.", citations=(cited,), passages=(passage,))
    scores = score(dataset, [mine])
    assert scores.questions[0].values["citation_recall"] == 1
    assert scores.questions[0].values["answer_contained"] == 1
    assert scores.questions[0].values["citation_document_precision"] == 1
    assert scores.questions[1].outcome is QuestionOutcome.FAILED  # nothing was said to it
    assert scores.questions[1].values["citation_recall"] == 0
    assert scores.estimates["citation_recall"].value == 0.5
    with pytest.raises(ScoringError):
        score(dataset, [msgspec.structs.replace(mine, question_id="q9")])
    with pytest.raises(ScoringError):
        score(dataset, [mine, mine])


def _gate(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["eval", "gate", str(folder), *options])
    return done.exit_code, done.output


def _compare(before: Path, after: Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["eval", "compare", str(before), str(after)])
    return done.exit_code, done.output


def _scored(result: Run, responses: list[Response], folder: Path) -> None:
    """The run with other responses, written to a folder."""
    scores = score(result.dataset, responses, resamples=100)
    changed = dataclasses.replace(
        result, scores={"citespan": scores}, responses={r.question_id: r for r in responses}
    )
    with closing(RunFolder.open(folder, b"{}")) as opened:
        opened.index.mkdir()
        opened.finish(changed)


def _two_documents(folder: Path) -> Dataset:
    folder.mkdir(exist_ok=True)
    (folder / "qrels").mkdir()
    files = {
        "corpus.jsonl": [
            {"_id": "a", "text": "The bridge was opened in 1932. It is made of steel."},
            {"_id": "b", "text": "The museum was founded in 1871. It shows fossils of dinosaurs."},
        ],
        "queries.jsonl": [
            {"_id": "q1", "text": "When was the bridge opened?"},
            {"_id": "q2", "text": "When was the museum founded?"},
        ],
        "spans.jsonl": [
            {"query_id": "q1", "document_id": "a", "start": 0, "end": 30,
             "text": "The bridge was opened in 1932."},
            {"query_id": "q2", "document_id": "b", "start": 0, "end": 31,
             "text": "The museum was founded in 1871."},
        ],
        "answers.jsonl": [
            {"query_id": "q1", "answerable": True, "answers": ["1932"]},
            {"query_id": "q2", "answerable": True, "answers": ["1871"]},
        ],
    }  # fmt: skip
    for name, lines in files.items():
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t1\n")
    card = "name: two\nlicence: none\nsource: made up\nlanguage: en\ncounts: {documents: 2}\n"
    (folder / "card.yaml").write_text(card)
    return load_dataset(folder)
