"""The command line, as a user runs it: in a process of its own where that matters."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from faults import tampered
from serving import environment

from citespan.commands import cli
from citespan.index.reading import stop_reading
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder, build_reader

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


@pytest.fixture
def environ(tmp_path: Path, models_folder: Path) -> dict[str, str]:
    """Settings that lead to a data folder of this test's own."""
    return {
        "CITESPAN_DATA__PATH": str(tmp_path / "data"),
        "CITESPAN_DATA__MODELS": str(models_folder),
    }


@pytest.fixture
def process(tmp_path: Path, environ: dict[str, str]) -> Run:
    """Run `citespan` in a process of its own."""

    def run(*arguments: str, **given: str) -> Done:
        return subprocess.run(
            [sys.executable, "-P", "-m", "citespan", *arguments],
            capture_output=True,
            check=False,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **environ, **given},
        )

    return run


@pytest.fixture(scope="module")
def models(models_folder: Path) -> Iterator[tuple[object, ...]]:
    """The models of the settings: while this is in use, no command of this process loads them."""
    settings = load_settings(flags={"data": {"models": str(models_folder)}})
    yield build_embedder(settings), build_reader(settings)
    stop_reading()


@pytest.fixture
def citespan(
    tmp_path: Path,
    environ: dict[str, str],
    models: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run `citespan` in this process, which spares most of a command's time."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **given: str) -> Done:
        done = CliRunner().invoke(cli, arguments, env={**environ, **given})
        if done.exc_info and not isinstance(done.exception, SystemExit | None):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return run


def test_ask_answers_from_the_seed_and_says_that_it_ingested_it(process: Run):
    done = process("ask", "Which think tank does Song Junying work for?")
    assert done.returncode == 0
    assert "ingesting the seed" in done.stderr
    assert "China Institute of International Studies" in " ".join(done.stdout.split())
    assert "seed, revision 1, characters 1547-1773; line 5" in " ".join(done.stdout.split())


def test_the_words_of_a_question_need_no_quotes(citespan: Run):
    joined, apart = citespan("ask", "What is CELAC"), citespan("ask", "What", "is", "CELAC")
    assert joined.stdout == apart.stdout
    assert apart.stdout.partition("\n\n")[0].endswith("Latin American and Caribbean States")
    passages = [citespan("search", *words).stdout for words in (("What is",), ("What", "is"))]
    assert passages[0] == passages[1] != ""


def test_help_lists_every_command_once(citespan: Run):
    shown = [line.split()[0] for line in citespan("--help").stdout.splitlines() if line.strip()]
    for name in cli.commands:
        assert shown.count(name) == 1


def test_listing_loads_no_model_and_writes_nothing(process: Run, tmp_path: Path):
    blocked = tmp_path / "blocked"
    (blocked / "onnxruntime").mkdir(parents=True)
    (blocked / "onnxruntime/__init__.py").write_text("raise AssertionError")
    empty = process("list", "--json", PYTHONPATH=str(blocked))
    assert json.loads(empty.stdout) == {"documents": []}
    assert not (tmp_path / "data").exists()
    process("ask", "What is CELAC?")
    (found,) = json.loads(process("list", "--json", PYTHONPATH=str(blocked)).stdout)["documents"]
    assert found["id"] == "seed"
    assert process("revisions", "seed", PYTHONPATH=str(blocked)).returncode == 0
    assert process("ask", "What is CELAC?", PYTHONPATH=str(blocked)).returncode != 0


def test_ask_as_json_is_the_wire_format_with_true_pointers(citespan: Run):
    text = (Path(__file__).parent.parent / "seeds/china-celac.txt").read_text(encoding="utf-8")
    answer = json.loads(citespan("ask", "--json", "What did Rubio claim?").stdout)
    assert answer["status"] == "answered"
    assert answer["offset_unit"] == "codepoint"
    for citation in answer["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert any("Chinese exploitation" in citation["quote"] for citation in answer["citations"])


def test_a_filter_is_taken_as_json(citespan: Run):
    none = citespan("search", "--json", "--filter", '{"$id": "none"}', "CELAC")
    assert json.loads(none.stdout) == {"passages": []}
    some = citespan("ask", "--json", "--filter", '{"$id": "seed"}', "What did Rubio claim?")
    assert json.loads(some.stdout)["status"] == "answered"
    for wrong, why in (
        ("{", "is not JSON"),
        ("[" * 9999, "is not JSON"),
        ('{"a": {}}', "a has no condition"),
    ):
        done = citespan("ask", "--filter", wrong, "What is CELAC?")
        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr


def test_without_the_seed_an_empty_folder_stays_empty(citespan: Run):
    for _ in range(2):
        done = citespan("ask", "--json", "What is CELAC?", CITESPAN_DATA__SEED="false")
        assert json.loads(done.stdout)["status"] == "abstained"
    assert json.loads(citespan("list", "--json", CITESPAN_DATA__SEED="false").stdout) == {
        "documents": []
    }
    assert "ingesting the seed" in citespan("ask", "What is CELAC?").stderr


def test_nothing_is_written_outside_the_data_folder(process: Run, tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    done = process("ask", "What is CELAC?", HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    assert done.returncode == 0
    assert list(home.rglob("*")) == []


def test_a_folder_of_something_else_is_not_taken_for_data(citespan: Run, tmp_path: Path):
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear Anna, the bins go out on Thursday.")
    done = citespan("--data", str(folder), "ask", "When do the bins go out?")
    assert done.returncode == 2
    assert "it holds 'letter.txt'" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_documents_are_listed_and_deleted(citespan: Run):
    citespan("ask", "What is CELAC?")
    assert "seed  revision 1, 3,329 characters  China, CELAC" in citespan("list").stdout
    assert citespan("delete", "seed").stdout == "deleted seed\n"
    assert json.loads(citespan("list", "--json").stdout) == {"documents": []}
    assert "empty_index" in citespan("ask", "What is CELAC?").stdout
    again = citespan("delete", "seed")
    assert again.returncode == 2
    assert "there is no document 'seed'" in again.stderr


def put_states(citespan: Run, file: Path, states: int) -> str:
    """The id of a document of that many revisions."""
    for number in range(states):
        file.write_text(f"State {number}: the bridge was opened in May.")
        assert citespan("ingest", str(file)).returncode == 0
    (found,) = json.loads(citespan("list", "--json").stdout)["documents"]
    return found["id"]


def test_revisions_are_listed_and_purged(citespan: Run, tmp_path: Path):
    name = put_states(citespan, tmp_path / "bridge.txt", 4)
    assert f"{name}  revision 1, 38 characters  bridge" in citespan("revisions", name).stdout
    assert citespan("purge", name, "--keep", "1").stdout == "removed 2 past revisions\n"
    left = json.loads(citespan("revisions", "--json", name).stdout)["revisions"]
    assert [one["revision"] for one in left] == [3, 4]
    for arguments in (("revisions", "none"), ("purge", name, "none"), ("purge", "--keep", "-1")):
        done = citespan(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
    assert citespan("purge").stdout == "removed 1 past revisions\n"
    assert citespan("purge").stdout == "removed 0 past revisions\n"


def test_the_rule_for_past_revisions_is_a_setting(citespan: Run, tmp_path: Path):
    name = put_states(citespan, tmp_path / "bridge.txt", 2)
    (tmp_path / "bridge.txt").write_text("The bridge is closed.")
    citespan("ingest", str(tmp_path / "bridge.txt"), CITESPAN_DATA__KEEP_REVISIONS="1")
    left = json.loads(citespan("revisions", "--json", name).stdout)["revisions"]
    assert [one["revision"] for one in left] == [2, 3]
    wrong = citespan("list", CITESPAN_DATA__KEEP_REVISIONS="-1")
    assert wrong.returncode == 2
    assert "keep_revisions" in wrong.stderr


def test_doctor_proves_that_what_was_deleted_is_gone(citespan: Run, tmp_path: Path):
    citespan("ask", "What is CELAC?")
    citespan("delete", "seed")
    report = json.loads(citespan("doctor", "--json").stdout)
    assert report["facts"]["nearest vectors"] == "exact"
    assert report["facts"]["deleted documents"] == (
        "1; the catalogue, the vectors and the words hold nothing of them"
    )
    assert (report["repaired"], report["problems"]) == ([], [])
    tampered(
        tmp_path / "data",
        "INSERT INTO revisions VALUES ('seed', 1, '', NULL, '', '', '{}', 4, '', 'text')",
    )
    planted = citespan("doctor")
    assert planted.returncode == 1
    assert "problem: the catalogue holds 1 revisions of documents that were del" in planted.stdout
    assert "deleted documents: 1\n" in planted.stdout


def test_documents_move_to_another_folder_with_their_revisions(citespan: Run, tmp_path: Path):
    name = put_states(citespan, tmp_path / "bridge.txt", 3)
    citespan("purge", name, "--keep", "1")
    file = tmp_path / "all.jsonl"
    done = citespan("export", str(file))
    assert done.stderr == "1 documents in 2 revisions, 0 deleted ids\n"
    assert citespan("export", str(file)).returncode == 2  # it exists
    assert citespan("export", "-").stdout.splitlines()[1:-1] == file.read_text().splitlines()[1:-1]
    new = ("--data", str(tmp_path / "new"))
    assert citespan(*new, "import", str(file)).stdout == "1 added\n"
    assert citespan(*new, "import", str(file)).stdout == "1 unchanged\n"
    assert citespan(*new, "revisions", name).stdout == citespan("revisions", name).stdout
    file.write_bytes(file.read_bytes()[:-9])
    cut = citespan("--data", str(tmp_path / "newer"), "import", str(file))
    assert (cut.returncode, cut.stdout) == (2, "")
    assert "citespan: line 4: the file was cut here" in cut.stderr


def test_an_abstention_is_an_ordinary_result(citespan: Run):
    done = citespan("ask", "How often should a cactus be watered in winter?")
    assert done.returncode == 0
    assert "no_relevant_passage" in done.stdout
    assert "[1]" not in done.stdout


def test_ingest_stores_skips_and_reports_what_it_could_not_store(citespan: Run, tmp_path: Path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "moon.md").write_text("# The Moon\n\nThe Moon orbits Earth in 27 days.\n")
    (folder / "latin.txt").write_bytes("Caf\xe9 is open.".encode("latin-1"))
    (folder / "data.bin").write_bytes(b"\0\1\2")

    def audited() -> list[tuple[str, str]]:
        lines = (tmp_path / "data/audit.jsonl").read_text().splitlines()
        return sorted((one["target"], one["outcome"]) for one in map(json.loads, lines))

    first = citespan("ingest", str(folder))
    assert first.returncode == 1
    assert audited() == [
        (str(folder / "latin.txt"), "refused"), (str(folder / "moon.md"), "done"),
    ]  # fmt: skip
    assert "1 added; 1 documents" in first.stdout
    assert "latin.txt: not valid utf-8 at byte 3" in first.stderr
    assert "skipped 1 files" in first.stdout
    assert f"\n    {folder / 'data.bin'}\n" in first.stdout
    again = citespan("ingest", "--encoding", "latin-1", str(folder))
    assert again.returncode == 0
    assert "1 added" in again.stdout
    assert "1 unchanged" in again.stdout
    assert [name for name, _ in audited()] == [str(folder / "latin.txt")] * 2 + [
        str(folder / "moon.md")
    ]
    binary = citespan("ingest", str(folder / "data.bin"))
    assert binary.returncode == 1
    assert "binary data" in binary.stderr
    found = json.loads(citespan("search", "--json", "orbit of the Moon").stdout)
    assert found["passages"][0]["title"] == "The Moon"
    assert found["passages"][0]["tokens"] == 13  # of cl100k_base


def test_ingest_takes_patterns_and_leaves_copies_out(citespan: Run, tmp_path: Path):
    deep = tmp_path / "docs" / "a" / "b"
    deep.mkdir(parents=True)
    for name, text in {
        "1.md": "# One\n\nThe first.",
        "a/2.md": "The second.",
        "a/b/3.md": "The second.",
        "a/b/4.log": "The fourth.",
        "[5].md": "The fifth.",
    }.items():
        (tmp_path / "docs" / name).write_text(text)
    done = citespan("ingest", "docs/**/*.md")
    assert (done.returncode, done.stdout) == (
        0, "3 added, 1 duplicate; 3 documents and 3 chunks are stored\n",
    )  # fmt: skip
    assert done.stderr.endswith("skipped: docs/a/b/3.md: the same text as docs/a/2.md\n")
    literal = citespan("ingest", "--json", "docs/[5].md", str(tmp_path / "docs/a/?/*.log"))
    report = json.loads(literal.stdout)
    assert [(file["name"], file["outcome"]) for file in report["files"]] == [
        ("docs/[5].md", "unchanged"), (str(deep / "4.log"), "added"),
    ]  # fmt: skip
    assert report["files"][1] == {
        "name": str(deep / "4.log"), "outcome": "added", "reason": None, "code": None, "chunks": 1,
        "document_id": report["files"][1]["document_id"],
    }  # fmt: skip
    assert (report["outcomes"], report["documents"]) == ({"unchanged": 1, "added": 1}, 4)
    (deep / "3.md").write_text("Not the second any more.")
    assert "2 unchanged, 1 added" in citespan("ingest", "docs/a").stdout
    (deep / "3.md").write_text("The second.")  # it is stored by now: it has to follow its file
    assert "1 replaced" in citespan("ingest", "docs/a").stdout
    (deep / "5.md").write_text("The fourth.")  # a copy of what an earlier run stored
    again = citespan("ingest", str(deep / "5.md"))
    assert again.stdout.startswith("1 duplicate; 5 documents")
    assert again.stderr.endswith(f"5.md: the same text as {(deep / '4.log').as_uri()}\n")
    none = citespan("ingest", "docs/*.txt")
    assert none.returncode == 2
    assert "matches no file" in none.stderr


def test_an_ingest_that_was_stopped_goes_on_when_it_is_run_again(
    citespan: Run, tmp_path: Path, environ: dict[str, str]
):
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(400):
        (folder / f"{n}.txt").write_text(f"Note {n} tells of {n * 7} birds.")
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "citespan", "ingest", str(folder)],
        env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while len(list(data.glob("catalog.db-wal"))) == 0 or documents(data) < 5:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, written = process.communicate(timeout=20)
    assert (process.returncode, written) == (130, "stopped; run it again to continue\n")
    stored = documents(data)
    assert 5 <= stored < 400
    report = json.loads(citespan("ingest", "--json", str(folder)).stdout)
    assert report["outcomes"] == {"unchanged": stored, "added": 400 - stored}
    assert (report["documents"], report["stopped"]) == (400, False)


def documents(data: Path) -> int:
    with closing(sqlite3.connect(data / "catalog.db")) as catalogue:
        try:
            return catalogue.execute("SELECT count(*) FROM documents").fetchone()[0]
        except sqlite3.OperationalError:  # not made yet
            return 0


def test_doctor_names_and_mends_a_corrupted_index_file(citespan: Run, tmp_path: Path):
    citespan("ask", "What is CELAC?")
    assert "all is well" in citespan("doctor").stdout
    file = next((tmp_path / "data").glob("build-1/lexical/*.idx"))
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.unlink()  # this process may still map it: a file cut short would end the process
    file.write_bytes(damaged)
    report = json.loads(citespan("doctor", "--json").stdout)
    assert report["problems"] == []
    assert report["facts"]["nearest vectors"] == (
        "exact; recall@10 1.000; 1,544 MB a million chunks"
    )
    assert "lexical index" in report["repaired"][0]
    assert "China Institute" in citespan("ask", "Where does Song Junying work?").stdout
    assert json.loads(citespan("doctor", "--json").stdout)["repaired"] == []


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (("ask", " "), {}, "the question is empty"),
        (("ask", "x" * 100_000), {}, "at most 2000"),
        (("ask", "hi"), {"CITESPAN_SERVE__PROT": "1"}, "did you mean 'port'?"),
        (("ask", "hi"), {"CITESPAN_SREVE__PORT": "1"}, "did you mean 'serve'?"),
        (("ask", "hi"), {"CITESPAN_SERVE__PORT": "many"}, "port"),
        (("ask", "hi"), {"CITESPAN_DATA": "x"}, "CITESPAN_DATA is not a setting"),
        (("ask", "hi"), {"CITESPAN_DATA__PATH": "/dev/null/x"}, "cannot be written"),
        (("--config", "none.toml", "ask", "hi"), {}, "cannot read settings file none.toml"),
        (("ingest", "nowhere.txt"), {}, "does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    citespan: Run, arguments: tuple[str, ...], environ: dict[str, str], message: str
):
    done = citespan(*arguments, **environ)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_several_workers_need_documents_on_a_server(citespan: Run):
    done = citespan("serve", "--workers", "2")
    assert done.returncode == 2
    assert "serve.workers needs store.url" in done.stderr


def test_a_damaged_catalogue_is_named_and_not_served(citespan: Run, tmp_path: Path):
    citespan("ask", "What is CELAC?")
    catalogue = tmp_path / "data" / "catalog.db"
    catalogue.unlink()
    catalogue.write_bytes(b"not a database" * 1000)
    done = citespan("ask", "What is CELAC?")
    assert done.returncode == 2
    assert "damaged" in done.stderr
    assert "backup" in done.stderr


def test_a_terminal_gets_the_address_in_a_line_for_people_and_so_does_a_browser(
    tmp_path: Path, models_folder: Path
):
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}.part" && mv "{opened}.part" "{opened}"\n')
    browser.chmod(0o700)
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "citespan", "serve", "--port", "0", "--open"],
        env=environment(tmp_path / "data", models_folder, BROWSER=f"{browser} %s"),
        stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        line = terminal.readline().decode()
        while not opened.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    found = re.fullmatch(r"open (http://127\.0\.0\.1:\d+) \(Ctrl-C stops\)\S*\r\n", line)
    assert found, line
    assert opened.read_text() == f"{found[1]}\n"


def test_a_table_of_a_folder_is_read_and_cited_by_its_cell(citespan: Run, tmp_path: Path):
    folder = tmp_path / "docs"
    folder.mkdir()
    rows = ["Metal,Price", "Copper,9140 dollars", "Zinc,2610 dollars", "Vrontium,77 dollars"]
    (folder / "metals.csv").write_text("\n".join(rows) + "\n")
    (folder / ".hidden.csv").write_text("A,B\n1,2\n")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (tmp_path / "key.txt").write_text("open-sesame-9\n")
    key = ("--password-file", str(tmp_path / "key.txt"))
    report = json.loads(citespan("ingest", "--json", *key, str(folder)).stdout)
    told = {Path(one["name"]).name: (one["outcome"], one["code"]) for one in report["files"]}
    assert told == {"metals.csv": ("added", None), "cut.pdf": ("rejected", "corrupt")}
    done = citespan("ask", "What is the price of Vrontium?")
    assert "Metal: Vrontium; Price: 77 dollars" in " ".join(done.stdout.split())
    assert "row 4, column 2" in " ".join(done.stdout.split())
    for file in (tmp_path / "data").rglob("*"):
        assert file.is_dir() or b"open-sesame-9" not in file.read_bytes()
