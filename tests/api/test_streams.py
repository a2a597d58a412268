"""Answers as server-sent events: what they fold to, and what happens when somebody leaves."""

import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from api_client import KNOWN, UNKNOWN, Client, problem, seeded
from litestar.testing import TestClient
from sse import folded, parsed

from citespan.api.middleware.patience import Patience
from citespan.api.server.app import create_app
from citespan.api.wire.events import in_thread
from citespan.qa import Service

_CHANGES = ("id", "timings_ms")


@pytest.fixture(scope="module")
def service(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with seeded(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with TestClient(create_app(service)) as opened:
        yield opened


def without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in names}


@pytest.mark.parametrize("question", [KNOWN, UNKNOWN, "What did Rubio claim?", "Hello!"])
def test_the_stream_folds_to_the_answer(client: Client, question: str) -> None:
    body = {"question": question, "include": ["passages"]}
    whole = client.post("/v1/ask", json=body).json()
    streamed = client.post("/v1/ask", json=body | {"stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = parsed(streamed.text)
    assert events[0].name == "answer.created"
    assert events[-1].name == "answer.done"
    done = events[-1].data
    assert events[0].data["id"] == done["id"]
    assert without(done, *_CHANGES) == without(whole, *_CHANGES)
    assert folded(events) == {name: done[name] for name in ("answer", "citations", "segments")}


def test_a_citation_comes_before_the_text_that_rests_on_it(client: Client) -> None:
    events = parsed(client.post("/v1/ask", json={"question": KNOWN, "stream": True}).text)
    known: set[str] = set()
    for name, data in events:
        if name == "citation.added":
            known.add(data["id"])
        elif name == "segment.done":
            assert set(data["citations"]) <= known
    assert known


def test_the_accept_header_asks_for_a_stream_too(client: Client) -> None:
    headers = {"accept": "text/event-stream"}
    answered = client.post("/v1/ask", json={"question": KNOWN}, headers=headers)
    assert [event.name for event in parsed(answered.text)][:2] == [
        "answer.created", "retrieval.done",
    ]  # fmt: skip


def test_what_cannot_be_asked_is_refused_before_the_stream_begins(client: Client) -> None:
    problem(client.post("/v1/ask", json={"question": " ", "stream": True}), 422, "invalid-question")
    asked = {"question": KNOWN, "stream": True, "mode": "generated"}
    problem(client.post("/v1/ask", json=asked), 422, "mode-unavailable")


def test_a_follow_up_is_asked_as_a_question_of_its_own(client: Client) -> None:
    history = [
        {"role": "user", "content": "Which think tank does Song Junying work for?"},
        {"role": "assistant", "content": "She works for the China Institute."},
    ]
    body = {"question": "What did she say about it?", "history": history}
    answer = client.post("/v1/ask", json=body).json()
    assert answer["question"] != body["question"]
    assert "Song Junying" in answer["question"]


def test_who_leaves_cancels() -> None:
    stopped = threading.Event()
    patiences: list[Patience] = []

    def values() -> Generator[int]:
        yield 1
        patiences[0].cancelled.wait(20)
        stopped.set()

    async def listen() -> None:
        patiences.append(Patience())
        async for _ in in_thread(values(), patiences[0]):
            return

    started_s = time.monotonic()
    anyio.run(listen)
    assert patiences[0].cancelled.wait(2)
    assert time.monotonic() - started_s < 10
    assert not stopped.is_set()  # nobody asked for more


def test_an_error_in_the_middle_is_told_as_an_event(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /home")

    monkeypatch.setattr(service.corpus, "search", broken)
    events = parsed(client.post("/v1/ask", json={"question": KNOWN, "stream": True}).text)
    assert [event.name for event in events] == ["answer.created", "error"]
    assert events[-1].data["type"] == "urn:citespan:problem:internal"
    assert "secret" not in str(events[-1].data)
