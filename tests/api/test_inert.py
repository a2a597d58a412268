"""What leaves over HTTP steers no terminal and no browser: bodies, headers, logs and metrics."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest
import regex
from api_client import JSON, Client, seeded_collections
from litestar.testing import TestClient

from citespan.api.middleware.telemetry import configure_logging
from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa.collections.registry import Collections

STEERING = regex.compile(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}--[\t\n\r]]", regex.VERSION1)
SIGNS = "\x1b[2J\x9b2J\x85\x7f\x07\u202e\u2066\u200e\u061c\u00ad\ufeff\u2028\u2029\U000e0041"
TEXT = f"The vault code{SIGNS} is 4711 and it is kept by Ada Lovelace."
QUESTION = "What is the vault code?"
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    with seeded_collections(tmp_path_factory.mktemp("data"), models_folder) as opened:
        draft = Draft(id="vault", text=TEXT, title=f"T{SIGNS}", uri=f"u{SIGNS}",
                      metadata={f"k{SIGNS}": f"v{SIGNS}"})  # fmt: skip
        opened.service().corpus.add(draft)
        yield opened


@pytest.fixture(scope="module")
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections)) as opened:
        yield opened


def asked(path: str, **body: object) -> tuple[str, str, dict[str, Any]]:
    return "POST", path, {"json": body}


def tool(name: str, **arguments: object) -> tuple[str, str, dict[str, Any]]:
    call = {"name": name, "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accepted = {"accept": "application/json, text/event-stream"}
    return "POST", "/mcp", {"json": body, "headers": accepted}


def completion(model: str = "citespan/default", **more: object) -> tuple[str, str, dict[str, Any]]:
    messages = [{"role": "user", "content": QUESTION}]
    return asked("/v1/chat/completions", model=model, messages=messages, **more)


ODD = quote(SIGNS)
SENT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "documents": ("GET", "/v1/documents", {}),
    "info": ("GET", "/v1/documents/vault", {}),
    "revisions": ("GET", "/v1/documents/vault/revisions", {}),
    "ask": asked("/v1/ask", question=QUESTION, include=["passages"]),
    "ask as a stream": asked("/v1/ask", question=QUESTION, stream=True),
    "search": asked("/v1/search", query=QUESTION),
    "completion": completion(),
    "completion as a stream": completion(stream=True),
    "response": asked("/v1/responses", model="citespan/default", input=QUESTION),
    "response as a stream": asked(
        "/v1/responses", model="citespan/default", input=QUESTION, stream=True
    ),
    "fetch": tool("fetch", document_id="vault"),
    "search by a tool": tool("search", query=QUESTION),
    "ask by a tool": tool("ask", question=QUESTION),
    "put": ("PUT", "/v1/documents/other", {"json": {"text": TEXT, "title": SIGNS}}),
    "no document": ("GET", f"/v1/documents/{ODD}", {}),
    "no model": completion(model=SIGNS),
    "no model by path": ("GET", f"/v1/models/{ODD}", {}),
    "no collection": asked("/v1/search", query="x", collection=SIGNS),
    "no collection by path": ("GET", f"/v1/collections/{ODD}", {}),
    "no job": ("GET", f"/v1/jobs/{ODD}", {}),
    "no tool": tool(SIGNS),
    "no such field": asked("/v1/search", query="x", **{SIGNS: 1}),
    "no such value": asked("/v1/ask", question="x", mode=SIGNS),
    "no such filter": asked("/v1/search", query="x", filters={"a": {SIGNS: 1}}),
    "no such query": ("GET", f"/v1/documents?limit={ODD}", {}),
    "no such type": ("POST", "/v1/ask", {"headers": [(b"content-type", b"a\x9bb")]}),
    "no such collection name": asked("/v1/collections", name=SIGNS),
    "no JSON": ("POST", "/v1/ask", {"content": f'{{"{SIGNS}'.encode(), "headers": JSON}),
    "no path": ("GET", f"/{ODD}", {}),
    "a job": ("POST", "/v1/jobs", {"content": json.dumps({SIGNS: 1}), "headers": NDJSON}),
}  # fmt: skip


@pytest.mark.parametrize("name", SENT)
def test_no_response_has_a_raw_character_that_steers(client: Client, name: str) -> None:
    method, path, content = SENT[name]
    response = client.request(method, path, **content)
    assert STEERING.search(response.text) is None, response.text
    assert int(response.headers.get("content-length", len(response.content))) == len(
        response.content
    )
    checked_headers(response)


def checked_headers(response: httpx.Response) -> None:
    assert all(value.isascii() and value.isprintable() for value in response.headers.values())
    found = {name: response.headers.get_list(name) for name in response.headers}
    assert found["x-content-type-options"] == ["nosniff"]
    assert found["content-security-policy"] == [
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    ]
    assert found["cross-origin-resource-policy"] == ["same-origin"]
    assert found["referrer-policy"] == ["no-referrer"]


def test_json_has_the_exact_quote_and_text_for_people_what_is_seen(client: Client) -> None:
    made = client.post("/v1/chat/completions", json=completion()[2]["json"]).json()
    citation = made["citespan"]["citations"][0]
    assert SIGNS.partition("\u2028")[0] in citation["quote"]
    assert citation["document"]["title"] == " ".join(f"T{SIGNS}".split())
    message = made["choices"][0]["message"]
    assert STEERING.sub("", message["content"].replace("\u200b", "")) == message["content"].replace(
        "\u200b", ""
    )
    assert "4711" in message["content"]
    annotated = message["annotations"][0]["url_citation"]
    assert STEERING.search(annotated["title"].replace("\u200b", "")) is None
    marker = message["content"][annotated["start_index"] : annotated["end_index"]]
    assert marker == f"[[1]]({annotated['url']})"
    opened = client.get(annotated["url"].removeprefix("http://testserver.local"))
    assert opened.text == citation["quote"]


def test_text_is_exact_plain_and_not_for_other_sites(client: Client) -> None:
    response = client.get("/v1/documents/vault/text")
    assert response.content == TEXT.encode()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-disposition"] == "inline; filename*=UTF-8''vault.txt"
    checked_headers(response)


def test_errors_for_people_have_no_controls_once_parsed(client: Client) -> None:
    for name, (method, path, content) in SENT.items():
        if name.startswith("no "):
            body = client.request(method, path, **content).json()
            assert not any(STEERING.search(text) for text in strings(body)), name


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value)
        value = [*pairs.keys(), *pairs.values()]
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from strings(one)
    elif isinstance(value, str):
        yield value


def methods(path: str, allowed: str) -> tuple[str, list[str]]:
    return path, allowed.split()


ALLOWED = dict(
    [
        methods("/health/live", "GET HEAD OPTIONS"),
        methods("/health/ready", "GET HEAD OPTIONS"),
        methods("/version", "GET HEAD OPTIONS"),
        methods("/metrics", "GET HEAD OPTIONS"),
        methods("/schema", "GET HEAD OPTIONS"),
        methods("/mcp", "OPTIONS POST"),
        methods("/v1/ask", "OPTIONS POST"),
        methods("/v1/search", "OPTIONS POST"),
        methods("/v1/chat/completions", "OPTIONS POST"),
        methods("/v1/responses", "OPTIONS POST"),
        methods("/v1/models", "GET HEAD OPTIONS"),
        methods("/v1/models/citespan/default", "GET HEAD OPTIONS"),
        methods("/v1/documents", "GET HEAD OPTIONS POST"),
        methods("/v1/documents/vault", "DELETE GET HEAD OPTIONS PUT"),
        methods("/v1/documents/vault/text", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/original", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/pages/1.png", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/where", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/outline", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/revisions", "GET HEAD OPTIONS"),
        methods("/v1/documents/vault/revisions/1", "DELETE OPTIONS"),
        methods("/v1/collections", "GET HEAD OPTIONS POST"),
        methods("/v1/collections/default", "DELETE GET HEAD OPTIONS"),
        methods("/v1/collections/default/reindex", "OPTIONS POST"),
        methods("/v1/collections/default/rollback", "OPTIONS POST"),
        methods("/v1/jobs", "GET HEAD OPTIONS POST"),
        methods("/v1/labels", "GET HEAD OPTIONS POST"),
        methods("/v1/labels/dataset", "GET HEAD OPTIONS"),
        methods("/v1/labels/none", "DELETE OPTIONS PATCH"),
        methods("/v1/unanswered", "DELETE GET HEAD OPTIONS"),
        methods("/v1/runs", "GET HEAD OPTIONS"),
        methods("/v1/runs/a/b", "GET HEAD OPTIONS"),
        methods("/v1/runs/a/b/changes?since=c/d", "GET HEAD OPTIONS"),
        methods("/v1/sources", "GET HEAD OPTIONS"),
        methods("/v1/sources/notes", "GET HEAD OPTIONS"),
        methods("/v1/sources/notes/runs", "OPTIONS POST"),
        methods("/v1/sources/notes/hook", "OPTIONS POST"),
    ]
)


NOT_THERE = {
    "/v1/documents/vault/original",  # vault is text
    "/v1/documents/vault/pages/1.png",
    "/v1/labels/dataset",  # nothing was measured
    "/v1/runs/a/b",
    "/v1/runs/a/b/changes?since=c/d",
    "/v1/sources/notes",  # nor is there any source
}


@pytest.mark.parametrize("path", ALLOWED)
def test_a_path_says_which_methods_it_has(client: Client, path: str) -> None:
    told = client.options(path)
    assert (told.status_code, told.content) == (204, b"")
    assert told.headers["allow"].split(", ") == ALLOWED[path]
    for method in (
        "TRACE",
        "PATCH",
        "X-MADE-UP",
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
    ):
        if method in ALLOWED[path]:
            continue
        refused = client.request(method, path)
        assert refused.status_code == 405, method
        assert refused.headers["allow"].split(", ") == ALLOWED[path]
        checked_headers(refused)
    if "GET" in ALLOWED[path]:
        whole, head = client.get(path), client.head(path)
        assert head.content == b""
        assert head.status_code == whole.status_code == (404 if path in NOT_THERE else 200)
        varying = {"x-request-id", "content-length" if path == "/metrics" else "x-request-id"}
        assert {k: v for k, v in head.headers.items() if k not in varying} == {
            k: v for k, v in whole.headers.items() if k not in varying
        }
        checked_headers(whole)


def test_every_path_of_the_description_is_among_these(client: Client) -> None:
    for path, operations in client.get("/schema").json()["paths"].items():
        if path == "/v1/jobs/{job_id}":
            continue  # there is none here
        filled = path.replace("{document_id}", "vault").replace("{revision}", "1")
        filled = filled.replace("{page}", "1.png").replace("{label_id}", "none")
        filled = filled.replace("{time}/{dataset}", "a/b").replace("/changes", "/changes?since=c/d")
        filled = filled.replace("{source}", "notes")
        name = "citespan/default" if "models" in path else "default"
        known = set(ALLOWED[filled.replace("{name}", name)]) - {"HEAD", "OPTIONS"}
        assert known == {one.upper() for one in operations}


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "x", "GZIP"])
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/documents", "/v1/jobs", "/mcp"])
def test_a_body_in_a_coding_is_refused(client: Client, path: str, coding: str) -> None:
    packed = b"\x1f\x8b\x08" + b"\0" * 30
    refused = client.post(path, content=packed, headers=JSON | {"content-encoding": coding})
    assert refused.status_code == 415, refused.text


def test_an_identity_coding_is_none(client: Client) -> None:
    for codings, status in (["identity"], 200), (["IDENTITY"], 200), (["gzip", "identity"], 415):
        headers = [("content-encoding", coding) for coding in codings]
        sent = client.post("/v1/search", json={"query": "x"}, headers=headers)
        assert sent.status_code == status


def test_labels_of_metrics_are_of_closed_sets(client: Client) -> None:
    def labels() -> set[str]:
        lines = client.get("/metrics").text.splitlines()
        return {one.partition("}")[0] for one in lines if "request_duration_seconds_count" in one}

    client.get("/metrics")
    client.request("MADE-UP", "/v1/ask")
    before = labels()
    for n in range(300):
        client.request(f"M{n}", "/v1/ask")
        client.get(f"/nope/{n}")
        client.get(f"/v1/models/{n}")
        client.get(f"/v1/documents/d{n}/text")
        client.get("/v1/documents", params={"collection": f"c{n}"})
    after = labels()
    assert len(after - before) <= 4
    assert not any(word in label for label in after for word in ("M1", "nope", "d1", "c1"))
    assert any('method="other"' in label for label in after)


def test_logs_are_lines_of_plain_json_whatever_is_sent(collections: Collections) -> None:
    written = io.StringIO()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logging(stream=written)
        with TestClient(create_app(collections)) as client:
            for method, path, content in SENT.values():
                given = httpx.Headers(content.get("headers")).raw
                odd = [(b"x-request-id", b"a\x9b"), (b"user-agent", b"\x1b[2J")]
                sent: dict[str, Any] = content | {"headers": [*given, *odd]}
                client.request(method, path, **sent)
            client.request("FAKE\x21LINE", "/v1/ask")
    finally:
        root.handlers, _ = handlers, root.setLevel(level)
    lines = written.getvalue().splitlines()
    assert len(lines) >= len(SENT)
    assert all(line.isascii() and line.isprintable() for line in lines)
    known = {"event", "level", "logger", "timestamp", "request_id", "method", "route", "status",
             "duration_ms", "error"}  # fmt: skip
    assert all(set(json.loads(line)) <= known for line in lines)
    assert "vault" not in written.getvalue()
    assert "FAKE" not in written.getvalue()
