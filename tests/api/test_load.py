"""Many clients at once: what is heavy waits in a bounded line, and holds nothing else."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import anyio
import httpx
import pytest
from api_client import KNOWN, problem
from faults import CYCLES, NIGHTLY
from generating import ASKED, filled, writing
from litestar.testing import TestClient
from scripted_endpoint import ScriptedEndpoint, scripted
from serving import Served, connected, started
from sse import parsed

from citespan.api.errors.types import Busy, TookTooLong
from citespan.api.middleware.lines import Limits, WaitingLine
from citespan.api.middleware.patience import Patience
from citespan.api.server.app import create_app
from citespan.index import Corpus, OnnxEmbedder
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy

AT_ONCE, WAITING, CONNECTIONS = 2, 3, 60
BACKLOG = 128  # connections, at most, that the server accepts in a turn of its loop
MCP_HEADERS = {"accept": "application/json, text/event-stream"}
CLIENTS = 6
ROUNDS = CYCLES if NIGHTLY else 1
LIGHT = ["/health/live", "/health/ready", "/metrics", "/version", "/v1/models", "/v1/documents"]


class Loaded(NamedTuple):
    """A server, and the language model behind it."""

    served: Served
    model: ScriptedEndpoint
    client: httpx.Client

    def figure(self, name: str, line: str) -> float:
        text = self.client.get("/metrics").text
        found = re.search(rf'^{name}{{line="{line}"}} (\S+)$', text, re.M)
        assert found, text
        return float(found[1])


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory, models_folder: Path, embedder: OnnxEmbedder
) -> Iterator[Loaded]:
    with (
        scripted("hang_before_headers") as model,
        started(
            tmp_path_factory.mktemp("loaded") / "data",
            models_folder,
            CITESPAN_LLM__BASE_URL=model.base_url,
            CITESPAN_LLM__MODEL="tiny",
            CITESPAN_LLM__TIMEOUT_S="300",
            CITESPAN_LLM__LIMIT_S="300",
            CITESPAN_SERVE__ASK_LIMIT_S="3000",
            CITESPAN_SERVE__ASKS_AT_ONCE=str(AT_ONCE),
            CITESPAN_SERVE__ASKS_WAITING=str(WAITING),
            CITESPAN_SERVE__STORES_WAITING="2",
            CITESPAN_SERVE__MAX_CONNECTIONS=str(CONNECTIONS),
        ) as served,
        httpx.Client(base_url=served.url, timeout=300) as client,
    ):
        yield Loaded(served, model, client)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what must come true."""
    given_up = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < given_up
        time.sleep(0.05)


def generated(name: str) -> dict[str, Any]:
    """What asks for an answer of the language model, which hangs."""
    if name == "/v1/ask":
        return {"question": KNOWN, "mode": "generated"}
    if name == "/mcp":
        arguments = {"question": KNOWN, "mode": "generated"}
        params = {"name": "ask", "arguments": arguments}
        return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
    messages = [{"role": "user", "content": KNOWN}]
    return {"model": "citespan/default:generated", "messages": messages}


def test_a_full_line_refuses_at_once_and_holds_nothing_else(loaded: Loaded) -> None:
    client = loaded.client
    with ExitStack() as leaving:
        body = json.dumps(generated("/v1/ask")).encode()
        head = f"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        for _ in range(AT_ONCE + WAITING):
            one = leaving.enter_context(connected(loaded.served))
            one.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        until(lambda: loaded.figure("citespan_requests_waiting", "asking") == WAITING)
        assert loaded.figure("citespan_requests_running", "asking") == AT_ONCE
        refused = client.post("/v1/ask", json={"question": KNOWN})
        assert "3 requests" in problem(refused, 503, "busy")["detail"]
        assert int(refused.headers["retry-after"]) > 0
        shaped = client.post("/v1/chat/completions", json=generated("/v1/chat/completions"))
        assert (shaped.status_code, shaped.json()["error"]["code"]) == (503, "busy")
        assert int(shaped.headers["retry-after"]) > 0
        told = client.post("/mcp", json=generated("/mcp"), headers=MCP_HEADERS).json()
        assert told["id"] == 7
        assert told["result"]["isError"]
        assert "ask again later" in told["result"]["content"][0]["text"]
        assert loaded.figure("citespan_requests_refused_total", "asking") == 3
        assert [client.get(path).status_code for path in LIGHT] == [200] * len(LIGHT)
        stored = client.put("/v1/documents/beside", json={"text": "Stored beside questions."})
        assert stored.status_code == 201
        assert client.delete("/v1/documents/beside").status_code == 204
    # Who leaves the line makes room in it, and so does who leaves while it is answered.
    until(lambda: loaded.figure("citespan_requests_running", "asking") == 0)
    assert loaded.figure("citespan_requests_waiting", "asking") == 0
    assert client.post("/v1/ask", json={"question": KNOWN}).json()["status"] == "answered"


def mixed(client: httpx.Client, n: int) -> list[httpx.Response]:
    """One request of each kind."""
    text = {"text": f"Room {n} holds {n * 7} birds."}
    files = [("files", (f"{n}.txt", f"File {n} tells of {n * 3} fish.", "text/plain"))]
    completion = generated("/v1/chat/completions") | {"model": "citespan/default"}
    call = generated("/mcp")
    call["params"]["arguments"].pop("mode")
    return [
        client.post("/v1/ask", json={"question": KNOWN}),
        client.post("/v1/ask", json={"question": KNOWN, "stream": True}),
        client.post("/v1/search", json={"query": "birds"}),
        client.post("/v1/chat/completions", json=completion),
        client.post("/mcp", json=call, headers=MCP_HEADERS),
        client.put(f"/v1/documents/r{n}", json=text),
        client.post("/v1/jobs", files=files),
        client.delete(f"/v1/documents/r{n}"),
        *(client.get(path) for path in LIGHT),
    ]


def counted(served: Served) -> tuple[int, int]:
    """Open files and threads of the server."""
    process = Path(f"/proc/{served.process.pid}")
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


def test_many_clients_are_answered_or_told_when_to_come_again(loaded: Loaded) -> None:
    """And leave neither files nor threads behind."""
    statuses: Counter[int] = Counter()
    sizes: list[tuple[int, int]] = []

    together = Barrier(CLIENTS)

    def ask(n: int) -> list[httpx.Response]:
        together.wait(60)
        with httpx.Client(base_url=loaded.served.url, timeout=300) as client:
            return mixed(client, n)

    for turn in range(ROUNDS + 1):
        with ThreadPoolExecutor(CLIENTS) as pool:
            for answers in pool.map(ask, range(turn * CLIENTS, turn * CLIENTS + CLIENTS)):
                for answer in answers:
                    statuses[answer.status_code] += 1
                    assert answer.status_code < 500 or answer.headers.get("retry-after"), answer
        until(lambda: loaded.figure("citespan_requests_running", "asking") == 0)
        sizes.append(counted(loaded.served))
    assert set(statuses) <= {200, 201, 202, 204, 404, 503}, statuses
    assert statuses[503] > 0  # the lines are short here
    assert statuses[200] > statuses[503]
    (files, threads), (last_files, last_threads) = sizes[0], sizes[-1]
    assert last_files <= files + 15  # connections that are kept for another request
    assert last_threads <= threads + 10


def test_more_connections_than_may_be_leave_room_for_others(loaded: Loaded) -> None:
    files = Path(f"/proc/{loaded.served.process.pid}/fd")
    before = len(list(files.iterdir()))
    # The loop may accept a whole backlog in a turn, and closes those beyond the limit in the next.
    most = before + CONNECTIONS + 2 * BACKLOG
    with ExitStack() as opened:
        for _ in range(8 * CONNECTIONS):
            opened.enter_context(connected(loaded.served))
            if len(list(files.iterdir())) > most:
                pytest.fail("connections are not bounded")
        for _ in range(5):
            assert httpx.get(f"{loaded.served.url}/health/live", timeout=60).status_code == 200
    assert len(loaded.served.log.read_text("utf-8").splitlines()) < 2000


@pytest.fixture
def patient(embedder: OnnxEmbedder, reader: BundledReader, tmp_path: Path) -> Iterator[Any]:
    """A client of an application whose requests may take a second; its model hangs."""
    with (
        Corpus.open(tmp_path / "corpus", embedder) as corpus,
        scripted("hang_before_headers") as model,
        writing(filled(corpus), reader, model, policy=Policy.STRICT) as service,
        TestClient(create_app(service, limits=Limits(ask_limit_s=1.0))) as client,
    ):
        yield client


def test_a_request_whose_time_is_over_is_told(patient: Any) -> None:
    asked = {"question": ASKED, "mode": "generated"}
    late = patient.post("/v1/ask", json=asked)
    assert "1 s" in problem(late, 504, "took-too-long")["detail"]
    streamed = parsed(patient.post("/v1/ask", json=asked | {"stream": True}).text)
    assert streamed[-1].name == "error"
    assert streamed[-1].data["type"] == "urn:citespan:problem:took-too-long"
    body = generated("/v1/chat/completions")
    shaped = patient.post("/v1/chat/completions", json=body)
    assert (shaped.status_code, shaped.json()["error"]["code"]) == (504, "took_too_long")
    lines = patient.post("/v1/chat/completions", json=body | {"stream": True}).text
    assert '"code":"took_too_long"' in lines
    assert lines.endswith("data: [DONE]\n\n")
    told = patient.post("/mcp", json=generated("/mcp"), headers=MCP_HEADERS).json()["result"]
    assert told["isError"]
    assert "within 1 s" in told["content"][0]["text"]


def test_a_store_whose_time_is_over_stores_nothing(
    embedder: OnnxEmbedder, reader: BundledReader, tmp_path: Path
) -> None:
    text = "".join(f"Room {n} holds {n * 7} birds and {n} cats. " for n in range(20_000))
    with (
        Corpus.open(tmp_path / "corpus", embedder) as corpus,
        scripted("right") as model,
        writing(filled(corpus), reader, model, policy=Policy.STRICT) as service,
        TestClient(create_app(service, limits=Limits(store_limit_s=0.5))) as client,
    ):
        late = client.put("/v1/documents/big", json={"text": text})
        problem(late, 504, "took-too-long")
        problem(client.get("/v1/documents/big"), 404, "document-not-found")
        assert client.get("/v1/documents/bridge").status_code == 200


async def held(line: WaitingLine, name: str, order: list[str], go: anyio.Event) -> None:
    async with line.turn(Patience()):
        order.append(name)
        await go.wait()


def test_turns_come_in_the_order_of_the_line() -> None:
    order: list[str] = []

    async def queue() -> None:
        line = WaitingLine("asking", at_once=1, waiting=3, limit_s=9, max_body_bytes=9)
        go, given_up = anyio.Event(), Patience()
        async with anyio.create_task_group() as tasks:
            for name in "abc":
                tasks.start_soon(held, line, name, order, go)
                await anyio.wait_all_tasks_blocked()
            tasks.start_soon(_give_up, line, given_up)
            await anyio.wait_all_tasks_blocked()
            assert line.waiting == 3
            given_up.end(TookTooLong("over"))
            await anyio.wait_all_tasks_blocked()
            assert line.waiting == 2
            tasks.start_soon(held, line, "d", order, go)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Busy):
                line.check_room("")
            assert (line.running, line.waiting, line.refused) == (1, 3, 1)
            go.set()

    anyio.run(queue)
    assert order == ["a", "b", "c", "d"]


async def _give_up(line: WaitingLine, patience: Patience) -> None:
    with pytest.raises(TookTooLong):
        await line.turn(patience).__aenter__()
