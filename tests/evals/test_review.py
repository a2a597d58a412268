"""`citespan eval label`: judgements are reviewed in the terminal, written, measured and gated."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from run_folders import write_run

from citespan.commands import cli
from citespan.evals.datasets.folder import load_dataset
from citespan.evals.errors import DatasetError, RunError
from citespan.evals.review.labelled import labelled_dataset
from citespan.evals.review.runs import detail_of, found_runs
from citespan.evals.review.turns import turned
from citespan.index import Corpus, Draft, OnnxEmbedder
from citespan.qa import load_settings
from citespan.qa.collections.feedback.labels import (
    JudgedAnswer,
    LabelStore,
    MarkedSpan,
    State,
    Verdict,
)
from citespan.qa.collections.feedback.place import FeedbackInFolder
from citespan.qa.doctor import examine

TEXTS = {
    "bridge": "The bridge was opened in 1932. It is made of steel.",
    "museum": "The museum was founded in 1871. It shows fossils. Entry costs nine euros.",
    "twice": "The gate is green. The gate is green.",
}
ABSTAINED = JudgedAnswer(status="abstained", mode="extractive", confidence=0.1)
ANSWERED = JudgedAnswer(status="answered", mode="extractive", confidence=0.9)
Run = Callable[..., Result]


@pytest.fixture
def corpus(tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "data", embedder) as opened:
        for name, text in TEXTS.items():
            opened.add(Draft(id=name, title=name.title(), text=text))
        yield opened


@pytest.fixture
def labels(corpus: Corpus, tmp_path: Path) -> LabelStore:
    return LabelStore(FeedbackInFolder(tmp_path / "data"), corpus.get)


@pytest.fixture
def citespan(tmp_path: Path, models_folder: Path) -> Run:
    def run(*words: str, typed: str = "") -> Result:
        environ = {"CITESPAN_DATA__MODELS": str(models_folder)}
        given = ["--data", str(tmp_path / "data"), "eval", *words]
        return CliRunner().invoke(cli, given, input=typed, env=environ)

    return run


def claim(document_id: str, words: str) -> MarkedSpan:
    at = TEXTS[document_id].index(words)
    return MarkedSpan(
        document_id=document_id, revision=1, start=at, end=at + len(words), quote=words
    )


def test_judgements_become_a_data_set_that_is_measured_and_gated(
    labels: LabelStore, corpus: Corpus, citespan: Run, tmp_path: Path
) -> None:
    opened = claim("bridge", "The bridge was opened in 1932.")
    labels.add("When was the bridge opened?", Verdict.RIGHT, ANSWERED, cited=[opened])
    labels.add("What is the entry fee?", Verdict.SHOULD_ANSWER, ABSTAINED)
    labels.add("Who owns the gate?", Verdict.SHOULD_REFUSE, ANSWERED)
    labels.add("What is what?", Verdict.WRONG, ANSWERED)
    refused = citespan("label", "--out", str(tmp_path / "set"))
    assert (refused.exit_code, "no label is accepted" in refused.output) == (2, True)
    # Without words it cannot be accepted; words that are nowhere, or twice, are not taken.
    typed = (
        "a\na\nw\nnine dollars\nw\nThe gate is green.\nw\n\nw\nEntry costs nine euros.\na\na\nr\n"
    )
    done = citespan("label", typed=typed)
    assert done.exit_code == 0, done.output
    for said in (
        "1 of 4", "cited: The bridge was opened in 1932.  [bridge, characters 0-30]",
        "show where the right words are", "these words are in no document",
        "these words are in 2 places", "shown: Entry costs nine euros.  [museum",
        "3 accepted; write them with: citespan eval label --out FOLDER",
    ):  # fmt: skip
        assert said in done.output
    again = citespan("label")
    assert " of " not in again.output  # nothing waits
    told = examine(load_settings(environ={"CITESPAN_DATA__PATH": str(tmp_path / "data")}))
    assert told.facts["labels of answers"] == "3 accepted; 1 rejected"
    listed = json.loads(citespan("label", "--json").output)["labels"]
    assert [one["state"] for one in listed] == ["rejected", "accepted", "accepted", "accepted"]
    assert "should_refuse  Who owns the gate?" in citespan("label", "--list").output

    written = citespan("label", "--out", str(tmp_path / "set"))
    assert (written.exit_code, "3 questions" in written.output) == (0, True)
    dataset = load_dataset(tmp_path / "set")
    assert set(dataset.documents) == set(TEXTS)
    assert [(one.text, [span.text for span in one.spans]) for one in dataset.questions] == [
        ("When was the bridge opened?", ["The bridge was opened in 1932."]),
        ("What is the entry fee?", ["Entry costs nine euros."]),
        ("Who owns the gate?", []),
    ]
    assert citespan("label", "--out", str(tmp_path / "set")).exit_code == 2  # it is there

    ran = citespan("run", "--subject", "bm25", str(tmp_path / "set"))
    assert ran.exit_code == 0, ran.output
    (found,) = found_runs(tmp_path / "data")
    assert found.metrics.dataset.name == "set"
    folder = str(tmp_path / "data" / "eval-runs" / found.name)
    baseline = str(tmp_path / "baseline.json")
    assert citespan("gate", folder, "--baseline", baseline, "--update").exit_code == 0
    assert "the gate is passed" in citespan("gate", folder, "--baseline", baseline).output


def test_a_data_folder_without_documents_has_nothing_to_label(citespan: Run) -> None:
    done = citespan("label")
    assert (done.exit_code, "nothing is stored" in done.output) == (2, True)


def test_what_is_left_out_is_told(
    labels: LabelStore, corpus: Corpus, citespan: Run, tmp_path: Path
):
    for question, words in (("Fee?", claim("museum", "nine euros")),
                            ("Colour?", claim("twice", "green"))):  # fmt: skip
        made = labels.add(question, Verdict.SHOULD_ANSWER, ABSTAINED, spans=[words])
        labels.change(made.id, state=State.ACCEPTED)
    corpus.delete("museum")
    written = citespan("label", "--out", str(tmp_path / "set"))
    assert "left out: Fee?: revision 1 of 'museum' is no longer stored" in written.output
    corpus.delete("twice")
    with pytest.raises(DatasetError, match="2 are left out"):
        labelled_dataset(labels, ["bridge"], corpus.get, "set")


def test_questions_that_turned_are_found(tmp_path: Path) -> None:
    assert found_runs(tmp_path) == []
    for day, right in ((1, ("q1", "q2")), (2, ("q2",))):
        write_run(tmp_path / "eval-runs" / str(day) / "made", right=right, day=day)
    assert [one.name for one in found_runs(tmp_path)] == ["2/made", "1/made"]
    found = turned(tmp_path, "1/made", "2/made").questions
    assert [(one.question_id, one.before, one.after) for one in found] == [
        ("q1", None, "abstained though answerable")
    ]
    (tmp_path / "eval-runs" / "2" / "made" / "curves.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        detail_of(tmp_path, "2/made")
