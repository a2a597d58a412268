"""The benchmarks: their arithmetic by hand, and one real run on the seed."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from faults import NIGHTLY, by_night
from postgres_server import postgres_server
from scripted_endpoint import scripted

from citespan.evals.bench.__main__ import main
from citespan.evals.bench.figures import figure, interleaved
from citespan.evals.bench.load import Round, ask_all
from citespan.evals.bench.server import serving
from citespan.evals.bench.size import main as measure_sizes
from citespan.evals.bench.streaming import main as measure_streaming
from citespan.evals.bench.vectors import main as compare_kinds
from citespan.evals.datasets.loading import seed_dataset
from citespan.evals.errors import RunError
from citespan.evals.runs.memory import in_bytes, peak_bytes
from citespan.index.corpus.contents import summary

LATENCIES = ("p50", "p95", "p99", "throughput")
EXPECTED = {
    *(("ingest/" + what, "naive ingest") for what in ("chunks", "characters", "peak memory")),
    ("index/size", "vectors and text"),
    *((f"search ×2/{what}", "naive search ×2") for what in LATENCIES),
    *((f"answer ×2/{what}", "naive search ×2") for what in LATENCIES),
    *((f"answer ×2/embed/{p}", "naive embed ×2") for p in ("p50", "p95")),
    *((f"answer ×2/retrieve/{p}", "naive retrieve ×2") for p in ("p50", "p95")),
    *((f"answer ×2/evidence/{p}", "naive search ×2") for p in ("p50", "p95")),
    ("answer/peak memory", "naive search"),
    *((f"http search ×2/{what}", "naive search ×2") for what in LATENCIES),
    *((f"http search ×2/{what}", "search in-process ×1") for what in LATENCIES),
    *((f"http answer ×2/{what}", "answer in-process ×1") for what in LATENCIES),
    ("start/answer", "naive script"),
    ("start/answer, empty folder", "naive script"),
    ("start/server ready", "naive script"),
}
WHERE_KNOWN = {("http/peak memory", "naive search"), ("start/peak memory", "naive script")}
UNITS = {"chunks": "chunks/s", "characters": "characters/s", "throughput": "questions/s"}


@pytest.fixture(scope="module")
def run(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    """What one run of everything wrote: on standard error, and as JSON."""
    if not NIGHTLY:
        pytest.skip("minutes: at night, with TEST_CYCLES=100")
    out = tmp_path_factory.mktemp("bench") / "figures.json"
    sizes = ("--questions", "2", "--clients", "2", "--repeats", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITESPAN_DATA__MODELS", str(models_folder))
        result = CliRunner().invoke(main, [*sizes, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    return result.stderr, json.loads(out.read_text(encoding="utf-8"))


def test_every_figure_stands_beside_a_baseline(run: tuple[str, Any]):
    figures = run[1]["figures"]
    names = [(row["name"], row["baseline"]) for row in figures]
    assert len(names) == len(set(names))
    assert set(names) - WHERE_KNOWN == EXPECTED
    for row in figures:
        assert row["value"] > 0
        assert row["spread"] == [row["value"]] * 2  # of one repeat
        assert row["times_spread"] == [row["times_baseline"]] * 2
        ratio = row["value"] / row["baseline_value"]
        assert row["times_baseline"] == pytest.approx(ratio, rel=2e-3), row


def test_units(run: tuple[str, Any]):
    for row in run[1]["figures"]:
        last = row["name"].rpartition("/")[2]
        if row["name"] == "index/size":
            assert row["unit"] == "bytes/chunk"
        elif last == "peak memory":
            assert row["unit"] == "bytes"
            assert min(row["value"], row["baseline_value"]) > 50e6  # Python and a model
        else:
            assert row["unit"] == UNITS.get(last, "s" if row["name"].startswith("start") else "ms")


def test_the_raw_size_is_that_of_vectors_and_text(run: tuple[str, Any]):
    (size,) = (row for row in run[1]["figures"] if row["name"] == "index/size")
    (document,) = seed_dataset().documents.values()
    chunks = len(document.text.encode()) / (size["baseline_value"] - 384 * 4)
    assert chunks == pytest.approx(round(chunks), rel=2e-3)


def test_the_report_says_what_was_measured(run: tuple[str, Any]):
    written, report = run
    (document,) = seed_dataset().documents.values()
    assert (report["questions"], report["repeats"]) == (2, 1)
    assert report["dataset"] == {
        "name": "seed",
        "sha256": seed_dataset().sha256,
        "documents": 1,
        "characters": len(document.text),
    }
    assert report["versions"]["citespan"]
    assert "data" not in report["settings"]
    for row in report["figures"]:
        assert row["name"].endswith(("p95", "p99")) or row["name"] in written


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere"], "nowhere: no data set"),
        (["--only", "speed"], "'speed' is not one of"),
        (["--questions", "0"], "0 is not in the range"),
        (["--repeats", "0"], "0 is not in the range"),
        (["--clients", "0"], "0 is not in the range"),
        (["--out", "no/such/folder.json"], "there is no folder no/such"),
    ],
)
def test_bad_arguments(arguments: list[str], why: str):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (1, 2)
    assert why in result.stderr
    assert "Traceback" not in result.stderr


def test_a_data_set_without_questions(tmp_path: Path):
    file = tmp_path / "squad.json"
    file.write_text('{"data": [{"title": "A", "paragraphs": [{"context": "Text.", "qas": []}]}]}')
    result = CliRunner().invoke(main, [str(file)])
    assert (result.exit_code, "no questions" in result.stderr) == (1, True)


def test_a_wrong_setting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CITESPAN_RETRIEVAL__TOP_K", "0")
    result = CliRunner().invoke(main, [])
    assert (result.exit_code, "top_k" in result.stderr) == (1, True)


def test_a_figure_by_hand():
    row = figure("x", "ms", [2.0, 9.0, 4.0], "y", [4.0, 3.0, 2.0])  # ratios 0.5, 3, 2
    assert (row.value, row.baseline_value, row.times_baseline) == (4, 3, 2)
    assert (row.spread, row.times_spread) == ((2, 9), (0.5, 3))
    assert not row.is_better
    assert figure("x", "chunks/s", [2.0], "y", [1.0]).is_better
    assert not figure("x", "chunks/s", [1.0], "y", [2.0]).is_better
    assert figure("x", "bytes/chunk", [1.0], "y", [2.0]).is_better
    assert not figure("x", "ms", [1.0], "y", [1.0]).is_better


def test_figures_have_four_digits():
    assert figure("x", "bytes", [123456789.4], "y", [1.0]).value == 123456789
    assert figure("x", "ms", [0.0123456], "y", [1.0]).value == 0.01235


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [([1.0], [1.0, 2.0], "1 values, 2"), ([], [], "0 values"), ([1.0], [0.0], "'y' is 0")],
)
def test_no_figure_without_a_baseline(mine: list[float], theirs: list[float], why: str):
    with pytest.raises(ValueError, match=why):
        figure("x", "ms", mine, "y", theirs)


def test_percentiles_by_hand():
    asked = Round(stages_ms={"embed": [4, 1, 3, 2], "total": [10, 20, 30]}, per_s=1)
    assert asked.ms("embed", 50) == 2.5
    assert asked.ms("total", 95) == pytest.approx(29)  # nine tenths from 20 to 30


def test_taking_turns():
    order: list[str] = []

    def action(name: str) -> int:
        order.append(name)
        return len(order)

    found = interleaved({name: lambda name=name: action(name) for name in "ABC"}, 4)
    assert "".join(order) == "ABCBCACABABC"
    assert found == {"A": [1, 6, 8, 10], "B": [2, 4, 9, 11], "C": [3, 5, 7, 12]}


def test_clients_ask_at_once_and_twice_at_least():
    together = threading.Barrier(3)
    asked: list[str] = []

    def ask(question: str) -> dict[str, float]:
        together.wait(timeout=20)  # breaks unless three ask at once
        asked.append(question)
        return {"embed": float(len(question))}

    found = ask_all(ask, ["one", "three"], clients=3)
    assert sorted(asked) == ["one"] * 3 + ["three"] * 3
    assert sorted(found.stages_ms["embed"]) == [3, 3, 3, 5, 5, 5]
    assert (found.ms("embed", 50), len(found.stages_ms["total"])) == (4, 6)
    assert found.per_s > 0


def test_one_client_asks_everything_once_in_order():
    asked: list[str] = []

    def ask(question: str) -> dict[str, float]:
        asked.append(question)
        return {}

    ask_all(ask, ["a", "b", "c"], clients=1)
    assert asked == ["a", "b", "c"]


def test_what_goes_wrong_with_a_question_is_not_counted_as_fast():
    def ask(question: str) -> dict[str, float]:
        raise LookupError(question)

    with pytest.raises(LookupError, match="what"):
        ask_all(ask, ["what"], clients=2)


def test_peak_memory_is_that_of_the_process():
    held = np.ones(25_000_000)
    peak = peak_bytes()
    assert peak is not None
    assert peak > held.nbytes
    assert in_bytes(1) == (1 if sys.platform == "darwin" else 1024)
    if Path("/proc/self/status").exists():
        assert peak_bytes(os.getpid()) == pytest.approx(peak, rel=0.1)
    assert peak_bytes(2**31 - 1) is None  # no such process


@pytest.fixture(scope="module")
def naive() -> Any:
    from citespan.evals.bench.naive import Naive

    return Naive()


def test_the_baseline_finds_what_is_asked_for(naive: Any, tmp_path: Path):
    texts = ["Penguins swim. They eat fish, and they cannot fly.", "Bread is made of flour."]
    passages = naive.ingest(texts, 100, tmp_path / "long")
    naive.open(tmp_path / "long")
    found, timings = naive.search("Which bird cannot fly?")
    assert (passages, found) == (2, texts)
    assert naive.search("How is bread made?")[0] == texts[::-1]
    assert set(timings) == {"embed", "retrieve"}


def test_the_baseline_cuts_windows_of_tokens(naive: Any, tmp_path: Path):
    text = "one two three four five six seven"  # a token each
    naive.ingest([text], 3, tmp_path / "short")
    kept = json.loads((tmp_path / "short" / "texts.json").read_text(encoding="utf-8"))
    assert kept == ["one two three", "four five six", "seven"]


def test_both_kinds_of_dense_index(
    tmp_path: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CITESPAN_DATA__MODELS", str(models_folder))
    kept = tmp_path / "embedded.npz"
    arguments = ["seed", "--sizes", "300", "--questions", "3", "--kept", str(kept)]
    first, again = (CliRunner().invoke(compare_kinds, arguments) for _ in range(2))
    with np.load(kept) as arrays:
        chunks = len(arrays["chunks"])
        assert arrays["questions"].shape == (3, 384)
    for result in (first, again):
        assert result.exit_code == 0, result.output
        assert f"{chunks} real chunks, 3 questions" in result.stdout
        assert "300 vectors: built in" in result.stdout
        assert "exact 1544," in result.stdout  # 384 float32 and an id
        assert result.stdout.count("recall@10 1.0000") == 3  # all lists of so few are looked at


@by_night
def test_growth_is_measured_and_drawn(tmp_path: Path, models_folder: Path, embedder: object):
    plot = tmp_path / "growth.svg"
    arguments = ["seed", "--chunks", "20", "--chunks", "40", "--questions", "3"]
    environ = {"CITESPAN_DATA__MODELS": str(models_folder)}
    arguments += ["--plot", str(plot), "--keep", str(tmp_path / "kept")]
    result = CliRunner().invoke(measure_sizes, arguments, env=environ)
    assert result.exit_code == 0, result.output
    for chunks in (20, 40):
        assert f"{chunks} chunks: nearest vectors exact, recall@10 1.0000" in result.stdout
        kept = summary(tmp_path / "kept" / str(chunks))
        assert kept
        assert kept.chunks == chunks  # what was added is deleted again
    drawn = plot.read_text()
    for label in ("hybrid p50", "hybrid p95", "dense p50", "add a document", "disk"):
        assert f"<!-- {label} -->" in drawn


@by_night
def test_growth_is_measured_on_a_server(models_folder: Path, embedder: object):
    with postgres_server() as server:
        url = server.database()
        arguments = ["seed", "--chunks", "40", "--questions", "3", "--url", url]
        environ = {"CITESPAN_DATA__MODELS": str(models_folder)}
        result = CliRunner().invoke(
            measure_sizes, [*arguments, "--engine", "postgres"], env=environ
        )
        assert result.exit_code == 0, result.output
        assert "recall@10 of the questions 1.0000" in result.stdout
        assert server.run("SELECT name FROM citespan.catalogues", url) == []  # nothing is left


def test_how_soon_an_answer_begins(models_folder: Path, embedder: object):
    with scripted("right") as model:
        environ = {
            "CITESPAN_DATA__MODELS": str(models_folder),
            "CITESPAN_LLM__BASE_URL": model.base_url,
            "CITESPAN_LLM__MODEL": "tiny",
        }
        arguments = ["--questions", "2", "--repeats", "1"]
        result = CliRunner().invoke(measure_streaming, arguments, env=environ)
        assert model.requests
    assert result.exit_code == 0, result.output
    quoted, checked = result.stdout.splitlines()
    assert quoted.startswith("first quote: ")
    assert quoted.endswith("2 answers")
    assert "first checked sentence, less the model's own time: " in checked


def test_a_server_that_cannot_start_says_why(tmp_path: Path, models_folder: Path):
    (tmp_path / "thesis.txt").write_text("Not ours.")
    with pytest.raises(RunError, match=r"thesis\.txt"), serving(tmp_path, models_folder):
        pytest.fail("it is not ready")


def test_a_server_is_stopped(tmp_path: Path, models_folder: Path):
    with serving(tmp_path / "data", models_folder) as server:
        assert httpx.get(f"{server.url}/health/live", timeout=60).is_success
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health/live", timeout=60)
