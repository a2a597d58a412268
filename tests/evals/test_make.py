"""`citespan eval make` and `accept`: from a user's files to a data set that can be measured."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from citespan.commands import cli
from citespan.evals.datasets.folder import load_dataset

ARTICLE = """\
# Leeds

Harvard College was founded in 1636 by vote of the Great and General Court of Massachusetts.

Leeds Museum was established in 1819. Kirkstall Library was opened on 12 May 1951.

Margaret Fell was the first director of Leeds Museum. Kirkstall Abbey is located in Leeds.
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["eval", *map(str, arguments)])


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "leeds.md").write_bytes(ARTICLE.replace("\n", "\r\n").encode())
    (folder / "deep/leeds.txt").write_text("York Bridge was built in 1863.", encoding="utf-8-sig")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    return folder


def test_drafts_become_a_data_set_once_a_person_accepts_them(notes: Path, tmp_path: Path):
    drafts, folder = tmp_path / "drafts.yaml", tmp_path / "mine"
    done = run("make", notes, "--out", drafts)
    assert (done.exit_code, "documents read: 2" in done.output) == (0, True), done.output
    refused = run("accept", drafts, folder)
    assert (refused.exit_code, folder.exists()) == (2, False)
    assert "drafts is accepted" in refused.output

    text = drafts.read_text(encoding="utf-8")
    drafts.write_text(
        text.replace("- accept:", "- accept: yes").replace("- accept: yes", "- accept: no", 1),
        encoding="utf-8",
    )
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (notes, drafts):  # documents are found from the drafts' own folder
        path.rename(moved / path.name)
    done = run("accept", moved / "drafts.yaml", folder)
    assert done.exit_code == 0, done.output
    assert "(1 rejected, 0 undecided)" in done.output

    dataset = load_dataset(folder)
    assert dataset.card.name == "mine"
    assert {name: d.title for name, d in dataset.documents.items()} == {
        "leeds": "leeds",
        "leeds-2": "Leeds",
    }
    asked = {q.text: q.answers for q in dataset.questions if q.answerable}
    assert asked['Fill in: "Leeds Museum was established in ____."'] == ("1819",)
    assert any(not question.answerable for question in dataset.questions)


def test_decisions_are_never_written_over(notes: Path, tmp_path: Path):
    drafts = tmp_path / "drafts.yaml"
    assert run("make", notes, "--out", drafts).exit_code == 0
    before = drafts.read_bytes()
    again = run("make", notes, "--out", drafts)
    assert (again.exit_code, drafts.read_bytes()) == (2, before)
    assert "may hold decisions" in again.output


def test_files_that_cannot_be_read_are_named(notes: Path, tmp_path: Path):
    (notes / "old.txt").write_bytes(b"caf\xe9 was opened")
    done = run("make", notes, "--out", tmp_path / "drafts.yaml")
    assert done.exit_code == 1
    assert "not read:" in done.output
    assert "old.txt" in done.output
    assert (tmp_path / "drafts.yaml").exists()
    empty = tmp_path / "empty.txt"
    empty.write_text("Nothing.")
    done = run("make", empty, "--out", tmp_path / "none.yaml")
    assert (done.exit_code, (tmp_path / "none.yaml").exists()) == (2, False)
    assert "1 text files were read" in done.output


def test_documents_that_changed_or_went_are_named(notes: Path, tmp_path: Path):
    drafts = tmp_path / "drafts.yaml"
    run("make", notes, "--out", drafts)
    drafts.write_text(drafts.read_text(encoding="utf-8").replace("- accept:", "- accept: yes"))
    (notes / "leeds.md").unlink()
    done = run("accept", drafts, tmp_path / "mine")
    assert (done.exit_code, (tmp_path / "mine").exists()) == (2, False)
    assert "notes/leeds.md cannot be read: No such file" in done.output
    (notes / "leeds.md").write_text("Leeds is a city.")
    assert "changed since the drafts were made" in run("accept", drafts, tmp_path / "mine").output
