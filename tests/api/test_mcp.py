"""The official client, against `citespan mcp` and against `/mcp` of a server beside it."""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import anyio
import httpx
import pytest
from api_client import JSON, problem
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent
from serving import environment, serving

from citespan.api.mcp.tools import TOOLS, FetchArguments, SearchArguments
from citespan.index import Corpus, Draft
from citespan.qa import Service
from citespan.qa.evidence.model.bundled import BundledReader

QUESTION = "Which think tank does Song Junying work for? What did Rubio claim?"
Schema: Any = Draft202012Validator
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
_LAZY = """
import sys
from litestar.testing import TestClient
from citespan.api.server.app import create_app
def loaded():
    return sorted({"mcp", "mcp_types"} & set(sys.modules))
client = TestClient(create_app(lambda: None))
client.get("/health/live")
before = loaded()
client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
print(before, loaded())
"""


@dataclass(frozen=True)
class Running:
    """A server, and what `citespan` processes beside it need."""

    url: str
    environ: dict[str, str]

    def stdio(self, *options: str) -> StdioServerParameters:
        arguments = ["-P", "-m", "citespan", *options, "mcp"]
        return StdioServerParameters(command=sys.executable, args=arguments, env=self.environ)


@pytest.fixture(scope="module")
def running(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("mcp") / "data"
    with serving(data, models_folder) as url:
        yield Running(url, environment(data, models_folder))


@pytest.fixture(params=["stdio", "http"])
def target(running: Running, request: pytest.FixtureRequest) -> StdioServerParameters | str:
    return f"{running.url}/mcp" if request.param == "http" else running.stdio()


def talk(target: StdioServerParameters | str, say: Callable[[Client], Awaitable[None]]) -> None:
    async def connected() -> None:
        to = target if isinstance(target, str) else stdio_client(target, errlog=errors)
        async with Client(to) as client:
            await say(client)

    with Path(os.devnull).open("w", encoding="utf-8") as errors:
        anyio.run(connected)


def told(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def body(result: CallToolResult) -> dict[str, Any]:
    """What a tool found, as the client took it for its output schema."""
    assert not result.is_error, told(result)
    assert json.loads(told(result)) == result.structured_content
    return result.structured_content or {}


def test_search_fetch_and_ask(target: StdioServerParameters | str) -> None:
    async def say(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "fetch", "ask"}
        assert "cites the exact characters" in (client.instructions or "")

        async def call(name: str, **arguments: Any) -> dict[str, Any]:
            tool = tools[name]
            for schema in (tool.input_schema, tool.output_schema or {}):
                Schema.check_schema(schema)
                assert schema["type"] == "object"
            Schema(tool.input_schema).validate(arguments)
            found = body(await client.call_tool(name, arguments))
            Schema(tool.output_schema or {}).validate(found)
            return found

        passages = (await call("search", query="CELAC", top_k=3))["passages"]
        assert len(passages) == 3
        whole = await call("fetch", document_id="seed")
        assert (whole["start"], whole["end"]) == (0, whole["length"]) == (0, len(whole["text"]))
        for passage in passages:
            span = {key: passage[key] for key in ("document_id", "revision", "start", "end")}
            part = await call("fetch", **span)
            assert part["text"] == passage["text"] == whole["text"][part["start"] : part["end"]]
        found = (await call("search", query="CELAC", top_k=3))["results"]
        assert [one["title"] for one in found] == [whole["title"]]
        around = await call("fetch", id=found[0]["id"])
        assert (around["text"], around["url"]) == (whole["text"], found[0]["url"])
        assert found[0]["url"] == passages[0]["url"]
        assert {"id", "title", "text", "url", "metadata"} <= set(around)
        part = await call("fetch", id=found[0]["id"], start=3, end=9)
        assert part["text"] == whole["text"][3:9]
        assert await call("fetch", id="seed") == whole
        answer = await call("ask", question=QUESTION, mode="extractive")
        assert answer["status"] == "answered"
        assert len(answer["citations"]) == 2
        for cited in answer["citations"]:
            assert whole["text"][cited["start"] : cited["end"]] == cited["quote"]
        unknown = await call("ask", question="How many moons does Jupiter have?")
        assert (unknown["status"], unknown["citations"]) == ("abstained", [])

    talk(target, say)


def test_what_is_wrong_is_told(target: StdioServerParameters | str) -> None:
    seed = {"document_id": "seed"}
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("fetch", {}, "missing required field `document_id`"),
        ("fetch", seed | {"id": "seed"}, "send one of them"),
        ("fetch", {"id": "seed#9:0-1"}, "document 'seed' has no revision 9"),
        ("fetch", {"id": "seed#1:0-9999"}, "[0, 9999) is not inside"),
        ("fetch", {"document_id": 5}, "Expected `str`, got `int` - at `$.document_id`"),
        ("fetch", {"document_id": "nope"}, "there is no document 'nope'"),
        ("fetch", seed | {"revision": 9}, "document 'seed' has no revision 9"),
        ("fetch", seed | {"revision": 10**30}, "at `$.revision`"),
        ("fetch", seed | {"start": 10, "end": 5}, "[10, 5) is not inside the text, which has 3329"),
        ("fetch", seed | {"end": 3330}, "[0, 3330) is not inside"),
        ("fetch", seed | {"start": 9999}, "[9999, 3329) is not inside"),
        ("fetch", seed | {"start": -1}, "Expected `int` >= 0 - at `$.start`"),
        ("fetch", seed | {"page": 1}, "unknown field `page`"),
        ("search", {"query": " "}, "the question is empty"),
        ("search", {"query": "a", "top_k": 101}, "Expected `int` <= 100"),
        ("search", {"query": "a", "collection": "../x"}, "there is no collection '../x'"),
        ("ask", {"question": QUESTION, "mode": "magic"}, "Invalid enum value 'magic'"),
        ("ask", {"question": QUESTION, "mode": "generated"}, "no language model is set up;"),
        ("delete", {"document_id": "seed"}, "there is no tool 'delete'"),
    ]

    async def say(client: Client) -> None:
        for name, arguments, why in wrong:
            result = await client.call_tool(name, arguments)
            assert result.is_error, (name, arguments)
            assert why in told(result)
            assert not any(word in told(result) for word in ("Traceback", ".py", "data/"))
        assert body(await client.call_tool("fetch", seed))["id"] == "seed"

    talk(target, say)


def test_a_named_collection_goes_by_its_name(running: Running) -> None:
    created = httpx.post(f"{running.url}/v1/collections", json={"name": "cafes"}, timeout=60)
    assert created.status_code == 201, created.text
    owner = {"id": "café", "text": "The café is in Graz. Its owner is Zoë Müller."}
    httpx.post(
        f"{running.url}/v1/documents?collection=cafes", json=owner, timeout=60
    ).raise_for_status()

    told_of: list[tuple[str, str]] = []

    async def say(client: Client) -> None:
        question = {"question": "Who is the owner of the café?"}
        for arguments in (question, question | {"collection": "cafes"}):
            answer = body(await client.call_tool("ask", arguments))
            assert answer["citations"]
            told_of.extend((cited["url"], cited["quote"]) for cited in answer["citations"])
        passage = body(await client.call_tool("search", {"query": "Graz"}))["passages"][0]
        text = body(await client.call_tool("fetch", {"document_id": "café", "end": 8}))
        assert text["text"] == "The café"
        told_of.extend((one["url"], one["text"]) for one in (passage, text))
        other = await client.call_tool("ask", question | {"collection": "default"})
        assert told(other) == "there is no collection 'default'"

    talk(running.stdio("--collection", "cafes"), say)
    for url, text in told_of:
        assert httpx.get(running.url + url, timeout=60).text == text


def test_a_long_document_is_read_around_the_passage(
    corpus: Corpus, reader: BundledReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citespan.api.mcp.tools.MAX_FETCH", 400)
    lines = [f"Line {n} of the ledger says {n * 7}." for n in range(30)]
    lines[24] = "The treasurer of the rowing club is Zoë Müller."
    text = "\n\n".join(lines)
    corpus.add(Draft(id="ledger#1:2-3", text=text, metadata={"year": 1999}))
    service = Service(corpus, reader)
    question = "Who is the treasurer of the rowing club?"
    found: Any = TOOLS["search"].call(service, SearchArguments(query=question), Flag())
    (result,) = found.results
    best = found.passages[0]
    fetch = FetchArguments(id=result.id)
    around: Any = TOOLS["fetch"].call(service, fetch, Flag())
    assert (around.id, around.metadata) == ("ledger#1:2-3", {"year": 1999})
    assert around.text == text[around.start : around.end]
    assert len(around.text) == 400
    middle = (best.start + best.end) // 2
    assert around.start < middle < around.end
    assert (around.url, result.title) == (best.url, best.title or "ledger#1:2-3")


def test_standard_output_has_the_protocol_alone(models_folder: Path, tmp_path: Path) -> None:
    """Also at the first use of a folder, when there is something to say."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    lines = [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        LIST,
        {"jsonrpc": "2.0", "id": 2, "method": "nope"},
    ]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "citespan", "mcp"],
        env=environment(tmp_path / "data", models_folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("".join(json.dumps(line) + "\n" for line in lines) + "no JSON\n")
        process.stdin.flush()
        said = [json.loads(process.stdout.readline()) for _ in range(3)]
        rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    said += [json.loads(line) for line in rest.splitlines()]
    assert all(message["jsonrpc"] == "2.0" for message in said)
    assert {message["id"] for message in said if message.get("id") is not None} == {0, 1, 2}
    assert "ingesting the seed document" in errors
    assert "Traceback" not in errors


def test_the_route_takes_posts_of_its_own_pages_alone(running: Running) -> None:
    url = f"{running.url}/mcp"
    listed = httpx.post(url, json=LIST, timeout=60)
    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == ["search", "fetch", "ask"]
    for method in ("GET", "DELETE", "PUT"):
        refused = httpx.request(method, url, headers={"accept": "text/event-stream"}, timeout=60)
        problem(refused, 405, "method-not-allowed")
        assert refused.headers["allow"] == "OPTIONS, POST"
    foreign = httpx.post(url, json=LIST, headers={"origin": "https://evil.example"}, timeout=60)
    problem(foreign, 403, "cross-origin")
    problem(
        httpx.post(url, content=b" " * 20_000_001, headers=JSON, timeout=60), 413, "body-too-large"
    )
    in_pieces = (b" " * 10**6 for _ in range(25))
    assert httpx.post(url, content=in_pieces, headers=JSON, timeout=60).status_code == 413
    assert httpx.post(url, content=b"{", headers=JSON, timeout=60).json()["error"]["code"] == -32700
    problem(httpx.post(f"{url}x", json=LIST, timeout=60), 404, "not-found")
    routes = httpx.get(f"{running.url}/metrics", timeout=60).text
    assert 'method="POST",route="/mcp",status="200"' in routes


def test_the_library_is_loaded_at_the_first_request() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LAZY], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[] ['mcp', 'mcp_types']", done.stderr
