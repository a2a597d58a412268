"""A citespan server measured over HTTP: a real one, and what else may answer at a URL."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import httpx
import pytest
from click.testing import CliRunner

from citespan.commands import cli
from citespan.evals.errors import RunError
from citespan.evals.runs.plan import Plan
from citespan.evals.runs.remote import HttpSystem
from citespan.evals.runs.runner import run
from citespan.evals.types import Card, Dataset, GoldSpan, Question, SourceDocument
from citespan.index import Draft
from citespan.qa import Settings, load_settings
from citespan.qa.composition.services import open_corpus

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from pathlib import Path
from api_client import seeded
from citespan.api.server.process import run_server
run_server(lambda: seeded(Path(sys.argv[1]), Path(sys.argv[2])), port=int(sys.argv[3]),
           on_listening=lambda url: print(url, flush=True))
"""
TEXTS = {
    "bridge é/?#": "The bridge was opened in 1932. It is made of steel 🌉 and stone.",
    "museum": "🦕 The museum was founded in 1871. It shows fossils of dinosaurs.",
}
DATASET = Dataset(
    card=Card(name="two", licence="none", source="made up", language="en"),
    documents={
        name.replace("/", "_"): SourceDocument(id=name.replace("/", "_"), title="", text=text)
        for name, text in TEXTS.items()
    },
    questions=(
        Question(
            id="q1",
            text="When was the bridge opened?",
            answerable=True,
            answers=("1932",),
            spans=(
                GoldSpan(
                    document_id="bridge é_?#",
                    start=0,
                    end=30,
                    text="The bridge was opened in 1932.",
                ),
            ),
        ),
        Question(
            id="q2",
            text="When was the museum founded?",
            answerable=True,
            answers=("1871",),
            spans=(
                GoldSpan(
                    document_id="museum", start=2, end=33, text="The museum was founded in 1871."
                ),
            ),
        ),
        Question(id="u1", text="Who is the mayor of Lisbon?", answerable=False, topic="off"),
    ),
)


@pytest.fixture(scope="module")
def settings(models_folder: Path) -> Settings:
    return load_settings(environ={}, flags={"data": {"models": str(models_folder)}})


@contextmanager
def serving(
    folder: Path, settings: Settings, models: Path, port: str = "0", **texts: str
) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A server with these documents, and no seed."""
    with open_corpus(folder, settings) as corpus:
        for name, text in texts.items():
            corpus.put(Draft(id=name, text=text))
    environ = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/support'}"}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(models), port],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            while httpx.get(f"{url}/health/ready", timeout=20).status_code != 200:
                time.sleep(0.05)
            yield url, process
        finally:
            process.terminate()


def test_a_server_gives_the_numbers_of_the_process(
    settings: Settings, models_folder: Path, tmp_path: Path
):
    with serving(tmp_path / "data", settings, models_folder, museum="An older text.") as (url, _):
        with pytest.raises(RunError, match=r"lacks 2 documents .* another text; --upload stores"):
            run(DATASET, tmp_path / "refused", Plan(settings=settings, against=url))
        plan = Plan(settings=settings, against=url + "/", upload=True)
        there = run(DATASET, tmp_path / "there", plan)
        again = Plan(settings=settings, against=url)  # nothing is lacking any more
        run(DATASET, tmp_path / "again", again)
        httpx.put(f"{url}/v1/documents/foreign", json={"text": "Not in the data set."}, timeout=60)
        with pytest.raises(RunError, match=r"not in the data set \(1, 'foreign'"):
            run(DATASET, tmp_path / "other", plan)
    here = run(DATASET, tmp_path / "here", Plan(settings=settings))
    assert here.scores["citespan"] == there.scores["citespan"]
    assert here.scores["citespan"].estimates["citation_overlap"].value == 1
    assert here.scores["citespan"].estimates["pointer_validity"].value == 1
    metrics = [(tmp_path / name / "metrics.json").read_bytes() for name in ("here", "there")]
    assert metrics[0] == metrics[1] == (tmp_path / "again" / "metrics.json").read_bytes()
    assert there.info.dataset["against"] == url + "/"
    assert there.info.citespan == here.info.citespan == version("citespan")
    assert there.info.peak_memory_bytes is None


def test_a_run_goes_on_when_the_server_is_back(
    settings: Settings, models_folder: Path, tmp_path: Path
):
    texts = {document.id: document.text for document in DATASET.documents.values()}
    with serving(tmp_path / "data", settings, models_folder, **texts) as (url, process):

        def kill(items: Iterable[T], label: str, total: int) -> Iterator[T]:
            for number, item in enumerate(items):
                if label == "Asking" and number == 1:
                    process.kill()
                    process.wait()
                yield item

        plan = Plan(settings=settings, against=url)
        with pytest.raises(RunError, match="start it again, and repeat the same command"):
            run(DATASET, tmp_path / "out", plan, kill)
    assert not (tmp_path / "out" / "metrics.json").exists()
    port = url.rsplit(":", 1)[1]
    with serving(tmp_path / "data", settings, models_folder, port=port) as (again, _):
        assert again == url
        result = run(DATASET, tmp_path / "out", plan)
    assert result.scores["citespan"].counts["failed"] == 0
    here = run(DATASET, tmp_path / "here", Plan(settings=settings))
    assert result.scores["citespan"] == here.scores["citespan"]


def test_nothing_is_made_for_a_server_that_cannot_be_measured(settings: Settings, tmp_path: Path):
    out = tmp_path / "out"
    with pytest.raises(RunError, match="does not answer"):
        run(DATASET, out, Plan(settings=settings, against="http://127.0.0.1:9"))
    with pytest.raises(RunError, match="bm25 is measured here only"):
        run(DATASET, out, Plan(settings=settings, against="http://127.0.0.1:9", subject="bm25"))
    assert not out.exists()


Reply: TypeAlias = bytes | tuple[int, bytes]


class _Replying(HTTPServer):
    """Says what it was given for each path."""

    replies: Mapping[str, tuple[int, bytes]]


class _Anything(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Replying)
        status, body = self.server.replies.get(self.path.split("?")[0], (404, b""))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def answering(**replies: Reply) -> Generator[str]:
    """A server that says these things at /version, /v1/documents and /v1/ask."""
    paths = {"version": "/version", "documents": "/v1/documents", "ask": "/v1/ask"}
    with _Replying(("127.0.0.1", 0), _Anything) as server:
        server.replies = {
            paths[name]: reply if isinstance(reply, tuple) else (200, reply)
            for name, reply in replies.items()
        }
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


DEEP = b"[" * 200_000


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (b"<html>", "is not citespan"),
        (b'"1.0"', "is not citespan"),
        (b'{"version": 3}', "is not citespan"),
        (b'"\xff"', "is not citespan"),
        (DEEP, "is not citespan"),
        ((404, b"no"), "/version: 404 Not Found"),
        ((503, b'{"detail": "not ready"}'), "/version: 503 not ready"),
        ((503, DEEP), "/version: 503 Service Unavailable"),
    ],
)
def test_what_is_no_citespan(version: Reply, said: str):
    with answering(version=version) as url, pytest.raises(RunError, match=said):
        HttpSystem(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://[::1", "is not a URL"),
        ("http://a:b", "is not a URL"),
        ("nothing", "does not answer"),
        ("http://127.0.0.1:1", "does not answer"),
    ],
)
def test_what_cannot_be_asked(url: str, said: str, tmp_path: Path):
    with pytest.raises(RunError, match=said):
        HttpSystem(url)
    out = str(tmp_path / "out")
    models = {"CITESPAN_DATA__MODELS": os.environ.get("MODELS_FOR_TESTS")}
    arguments = ["eval", "run", "--against", url, "--limit", "1", "--out", out]
    done = CliRunner(env=models).invoke(cli, arguments)
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert said in done.output


def test_documents_that_are_no_list():
    good = b'{"version": "0.9.1"}'
    with answering(version=good) as url:
        assert HttpSystem(url).version == "0.9.1"
    for listed in (b"[]", b'{"documents": 3, "next_cursor": null}'):
        with (
            answering(version=good, documents=listed) as url,
            pytest.raises(RunError, match="is not citespan"),
        ):
            HttpSystem(url).check_documents(DATASET)
    for_ever = b'{"documents": [], "next_cursor": "x"}'
    with answering(version=good, documents=for_ever) as url:
        assert len(HttpSystem(url).check_documents(DATASET)) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"segments": [{"start": 0, "end": 1, "citations": ["c9"]}]}, "names the citation 'c9'"),
        ({"status": "maybe"}, "Invalid enum value 'maybe'"),
        ({"passages": None}, "Expected `array`"),
        (b'{"more": ' + DEEP, "RecursionError"),
        (b'{"answer": "\xff"}', "DecodeError"),  # UnicodeDecodeError before msgspec 0.23
        ((500, b'{"detail": "it broke"}'), "500 it broke"),
        ((502, b"<html>"), "502 Bad Gateway"),
    ],
)
def test_an_answer_that_is_none_fails_its_question(change: Reply | dict[str, Any], said: str):
    whole: dict[str, Any] = {
        "status": "answered", "answer": "x", "segments": [], "citations": [], "passages": [],
        "abstention": None, "confidence": 0.5, "timings_ms": {},
    }  # fmt: skip
    good = json.dumps(whole).encode()
    bad = json.dumps(whole | change).encode() if isinstance(change, dict) else change
    for reply, error in ((good, None), (bad, said)):
        with answering(version=b'{"version": "1"}', ask=reply) as url:
            response = HttpSystem(url).respond(DATASET.questions[0])
        assert response.error is None if error is None else error in (response.error or "")
