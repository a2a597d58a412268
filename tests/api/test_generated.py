"""Generated answers over HTTP, in both protocols: streams fold, and who leaves stops the model."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest
from api_client import KNOWN, Client
from faults import CYCLES, NIGHTLY
from generating import OFF_TOPIC, QUESTIONS, filled, writing
from litestar.testing import TestClient
from scripted_content import CONTENT
from scripted_endpoint import ScriptedEndpoint, scripted
from sse import Sent, folded, read_in_pieces

from citespan.api.server.app import create_app
from citespan.index import Corpus, OnnxEmbedder
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy

ROOT = Path(__file__).parents[2]
REQUESTS = 1000 if NIGHTLY else CYCLES
ASK, COMPLETE, MCP = "/v1/ask", "/v1/chat/completions", "/mcp"
SERVE = """
from citespan.api.server.process import run_server
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
run_server(lambda: Collections.open(load_settings()), port=0,
           on_listening=lambda url: print(url, flush=True))
"""
LEAVING_S = 2.0  # until the model knows that its reader has left


class Scripted(NamedTuple):
    """A server on a corpus, and the language model behind it."""

    client: Client
    model: ScriptedEndpoint


@pytest.fixture(scope="module", params=Policy)
def asked(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    embedder: OnnxEmbedder,
    reader: BundledReader,
) -> Iterator[Scripted]:
    with (
        Corpus.open(tmp_path_factory.mktemp("library"), embedder) as corpus,
        scripted("right", seed=1) as model,
        writing(filled(corpus), reader, model, policy=request.param) as service,
        TestClient(create_app(service)) as client,
    ):
        yield Scripted(client, model)


def body_of(path: str, question: str, *, stream: bool) -> dict[str, Any]:
    if path == ASK:
        return {"question": question, "mode": "generated", "stream": stream}
    messages = [{"role": "user", "content": question}]
    body = {"model": "citespan/default:generated", "messages": messages, "stream": stream}
    return body | ({"stream_options": {"include_usage": True}} if stream else {})


def same(answer: dict[str, Any]) -> dict[str, Any]:
    """What two answers to a question share."""
    return {name: value for name, value in answer.items() if name not in {"id", "timings_ms"}}


def assert_quotes_are_the_documents(answer: dict[str, Any]) -> None:
    quotes = {one["id"]: one["quote"] for one in answer["citations"]}
    for segment in answer["segments"]:
        if segment["support"] == "quoted":
            said = answer["answer"][segment["start"] : segment["end"]]
            assert {quotes[one] for one in segment["citations"]} == {said}


def assert_answer_folds(whole: dict[str, Any], events: list[Sent]) -> None:
    assert [events[0].name, events[-1].name] == ["answer.created", "answer.done"]
    done = events[-1].data
    assert same(done) == same(whole)
    assert_quotes_are_the_documents(whole)
    assert folded(events) == {name: done[name] for name in ("answer", "citations", "segments")}


def assert_completion_folds(whole: dict[str, Any], events: list[Sent]) -> None:
    chunks = [data for _, data in events]
    said = [chunk for chunk in chunks if chunk["choices"]]
    last = said[-1]
    deltas = [chunk["choices"][0]["delta"] for chunk in said]
    message = whole["choices"][0]["message"]
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    assert deltas[-1].get("annotations", []) == message["annotations"]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert same(last["citespan"]) == same(whole["citespan"])
    assert_quotes_are_the_documents(whole["citespan"])
    assert chunks[-1]["usage"] == whole["usage"]


FOLDS: dict[str, Callable[[dict[str, Any], list[Sent]], None]] = {
    ASK: assert_answer_folds,
    COMPLETE: assert_completion_folds,
}


@pytest.mark.parametrize("path", FOLDS)
def test_streams_fold_to_the_answer(asked: Scripted, path: str) -> None:
    """However the model's words and our own bytes are cut."""
    chance = Random(path)  # noqa: S311
    modes: set[str] = set()
    for _ in range(REQUESTS // len(Policy)):
        asked.model.behaviour = chance.choice([*CONTENT])
        question = chance.choice([*QUESTIONS, OFF_TOPIC, "Thanks!"])
        whole = asked.client.post(path, json=body_of(path, question, stream=False)).json()
        streamed = asked.client.post(path, json=body_of(path, question, stream=True))
        FOLDS[path](whole, read_in_pieces(streamed.content, chance))
        modes.add((whole if path == ASK else whole["citespan"])["mode"])
    assert "generated" in modes


@pytest.fixture(scope="module")
def models(models_folder: Path, embedder: OnnxEmbedder) -> Path:
    """Where the embedder lies by now."""
    return models_folder


@contextmanager
def served(folder: Path, models: Path, model: ScriptedEndpoint) -> Generator[httpx.Client]:
    """A server process on the seed document, ready."""
    environ = os.environ | {
        "PYTHONPATH": f"{ROOT}",
        "CITESPAN_DATA__PATH": str(folder),
        "CITESPAN_DATA__MODELS": str(models),
        "CITESPAN_ANSWER__MODE": "generated",
        "CITESPAN_ANSWER__POLICY": "mark",
        "CITESPAN_LLM__BASE_URL": model.base_url,
        "CITESPAN_LLM__MODEL": "tiny",
        "CITESPAN_LLM__TIMEOUT_S": "60",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    transport = httpx.HTTPTransport(retries=3)
    with process, httpx.Client(base_url=url, timeout=60, transport=transport) as client:
        try:
            while client.get("/health/ready").status_code != 200:
                time.sleep(0.05)
            yield client
        finally:
            process.terminate()


def call_of(path: str) -> dict[str, Any]:
    """What asks for an answer as a whole."""
    if path != MCP:
        return body_of(path, KNOWN, stream=False)
    params = {"name": "ask", "arguments": {"question": KNOWN, "mode": "generated"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def test_who_leaves_without_a_stream_stops_the_model(tmp_path: Path, models: Path) -> None:
    with scripted("hang_before_headers") as model, served(tmp_path, models, model) as client:
        for path in (ASK, COMPLETE, MCP):
            before = len(model.requests)
            leaves = httpx.Timeout(60, read=9 if path == MCP else 3)  # MCP loads its library
            headers = {"accept": "application/json" + ", text/event-stream" * (path == MCP)}
            with pytest.raises(httpx.ReadTimeout):
                client.post(path, json=call_of(path), headers=headers, timeout=leaves)
            assert len(model.requests) == before + 1
            assert model.requests[-1].disconnected.wait(LEAVING_S), path
            left_s = time.monotonic() - (model.requests[-1].disconnected_at or 0)
            assert left_s < LEAVING_S, path  # not before we left
        model.behaviour = "right"
        result = client.post(MCP, json=call_of(MCP), headers=headers).json()["result"]
    assert result["structuredContent"]["mode"] == "generated"


def test_who_leaves_a_stream_stops_the_model(tmp_path: Path, models: Path) -> None:
    """Over real sockets: the client closes its connection, and the model's is closed."""
    with scripted("hang_mid_stream") as model, served(tmp_path, models, model) as client:
        for path in FOLDS:
            for behaviour, awaited in [("hang_mid_stream", "first"), ("hang_before_headers", "")]:
                model.behaviour, before = behaviour, len(model.requests)
                with client.stream("POST", path, json=body_of(path, KNOWN, stream=True)) as told:
                    lines = told.iter_lines()
                    assert any(awaited in line for line in lines)
                    while len(model.requests) == before:
                        time.sleep(0.01)
                    assert not model.requests[-1].disconnected.is_set()
                assert model.requests[-1].disconnected.wait(LEAVING_S), (path, behaviour)
        model.behaviour = "right"
        # Its passage has no abbreviation, at which the scripted model cuts sentences.
        asked = "Which countries have resumed diplomatic relations with China?"
        whole = client.post(ASK, json=body_of(ASK, asked, stream=False)).json()
    assert (whole["status"], whole["mode"]) == ("answered", "generated")
