"""Links behind proxies: below a path, over TLS, under another name."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import problem
from in_process import listening
from litestar.testing import TestClient

from citespan.api.addresses import Addresses
from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.errors import ConfigError

PUBLIC = "https://docs.example/qa"
TEXT = "The vault code is 4711 and it is kept by Ada Lovelace."
KNOWN = "What is the vault code?"
PROXIES = "127.0.0.0/8, 10.1.2.3"
SAID = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "kb.example",
    "x-forwarded-prefix": "/qa/",
}
TOOL = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    environ = {
        "CITESPAN_DATA__PATH": str(tmp_path_factory.mktemp("data")),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }
    with Collections.open(load_settings(environ=environ)) as opened:
        opened.service().corpus.add(Draft(id="vault", text=TEXT))
        yield opened


def called(name: str, **arguments: object) -> dict[str, Any]:
    call = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def completion(**more: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": KNOWN}]
    return {"model": "citespan/default", "messages": messages, **more}


def all_urls(client: Any, base: str, headers: dict[str, str] | None = None) -> None:
    """Every address in answers, in streams, in Location headers and of tools begins with `base`."""
    sent = {"headers": headers or {}}
    answer = client.post("/v1/ask", json={"question": KNOWN}, **sent).json()
    streamed = client.post("/v1/ask", json={"question": KNOWN, "stream": True}, **sent).text
    data = [line[6:] for line in streamed.splitlines() if line.startswith("data: ")]
    (cited,) = [one for one in map(json.loads, data) if "quote" in one]
    found = client.post("/v1/search", json={"query": KNOWN}, **sent).json()
    made = client.post("/v1/chat/completions", json=completion(), **sent).json()
    annotation = made["choices"][0]["message"]["annotations"][0]["url_citation"]
    stored = client.put("/v1/documents/x y", json={"text": "Odd."}, **sent)
    listed = client.get("/v1/documents", **sent).json()["documents"]
    tools = {"headers": TOOL | (headers or {})}
    fetched = client.post("/mcp", json=called("fetch", document_id="vault"), **tools).json()
    asked = client.post("/mcp", json=called("ask", question=KNOWN), **tools).json()
    urls = [
        answer["citations"][0]["url"], cited["url"], found["passages"][0]["url"],
        annotation["url"], stored.headers["location"], *(one["url"] for one in listed),
        fetched["result"]["structuredContent"]["url"],
        asked["result"]["structuredContent"]["citations"][0]["url"],
    ]  # fmt: skip
    assert [url for url in urls if not url.startswith(f"{base}/v1/documents/")] == []
    assert annotation["url"] == answer["citations"][0]["url"]
    assert f"({annotation['url']})" in made["choices"][0]["message"]["content"]


def test_the_public_address_begins_every_link(collections: Collections) -> None:
    app = create_app(collections, hosts={"own.example"}, addresses=Addresses.of(f"{PUBLIC}/", ""))
    with TestClient(app, base_url="http://docs.example") as client:  # its name is accepted, too
        all_urls(client, PUBLIC, SAID)
        job = client.post("/v1/jobs", content=b'{"text": "Odd."}',
                          headers={"content-type": "application/x-ndjson"})  # fmt: skip
        assert job.headers["location"] == job.json()["url"]
        assert job.json()["url"].startswith(f"{PUBLIC}/v1/jobs/")
        made = client.post("/v1/collections", json={"name": "other"})
        assert made.headers["location"] == f"{PUBLIC}/v1/collections/other"
        problem(client.get("/version", headers={"host": "evil.example"}), 421, "unknown-host")
        for origin, status in (("https://docs.example", 200), ("https://evil.example", 403)):
            asked = client.post("/v1/search", json={"query": "x"}, headers={"origin": origin})
            assert asked.status_code == status


def at(address: str, app: Any) -> Any:
    """An application that sees its clients at an address."""

    async def moved(scope: Any, receive: Any, send: Any) -> None:
        await app(
            {**scope, "client": (address, 4711)} if "client" in scope else scope, receive, send
        )

    return moved


def test_only_proxies_that_are_trusted_are_believed(collections: Collections) -> None:
    app = create_app(collections, addresses=Addresses.of("", PROXIES))
    with TestClient(at("127.0.0.1", app)) as client:
        all_urls(client, "https://kb.example/qa", SAID)
    for address, base in (
        ("10.1.2.3", "https://kb.example/qa"), ("10.1.2.4", ""), ("testclient", ""), ("::1", ""),
    ):  # fmt: skip
        with TestClient(at(address, app)) as client:
            listed = client.get("/v1/documents", headers=SAID).json()["documents"]
            assert listed[0]["url"].startswith(f"{base}/v1/documents/")
    with TestClient(at("::1", app)) as client:
        made = client.post("/v1/chat/completions", json=completion(), headers=SAID).json()
        assert "(http://testserver.local/v1/" in made["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"forwarded": 'for=1.2.3.4;proto=https;host="kb.example:8443"'}, "https://kb.example:8443"),
        ({"forwarded": "host=first.example, host=last.example"}, "http://last.example"),
        ({"x-forwarded-host": "a.example, b.example", "x-forwarded-proto": "http, https"},
         "https://b.example"),
        ({"x-forwarded-prefix": "/a/b"}, "http://testserver.local/a/b"),
        ({"x-forwarded-proto": "https"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_proxies_say(collections: Collections, headers: dict[str, str], base: str) -> None:
    app = create_app(collections, addresses=Addresses.of("", PROXIES))
    with TestClient(at("127.0.0.1", app)) as client:
        found = client.post("/v1/search", json={"query": KNOWN}, headers=headers).json()
    assert found["passages"][0]["url"].startswith(f"{base}/v1/documents/")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-proto": "javascript"},
        {"x-forwarded-host": "evil.example/x"},
        {"forwarded": "host=a:b:c"},
        {"x-forwarded-prefix": "qa"},
        {"x-forwarded-prefix": "//evil.example"},
        {"x-forwarded-prefix": '/a"b'},
    ],
)
def test_what_cannot_be_an_address_is_refused(
    collections: Collections, headers: dict[str, str]
) -> None:
    app = create_app(collections, addresses=Addresses.of("", PROXIES))
    with TestClient(at("127.0.0.1", app)) as client:
        problem(client.get("/version", headers=headers), 400, "malformed-request")


def test_a_forwarded_host_must_be_accepted_too(collections: Collections) -> None:
    app = create_app(collections, hosts={"kb.example"}, addresses=Addresses.of("", PROXIES))
    with TestClient(at("127.0.0.1", app), base_url="http://127.0.0.1") as client:
        assert client.get("/version", headers=SAID).status_code == 200
        evil = SAID | {"x-forwarded-host": "evil.example"}
        problem(client.get("/version", headers=evil), 421, "unknown-host")


@pytest.mark.parametrize(
    ("public_url", "proxies", "why"),
    [
        ("docs.example", "", "serve.public_url is 'docs.example'; write it like https://"),
        ("ftp://docs.example", "", "serve.public_url"),
        ("https://docs.example/?a=b", "", "serve.public_url"),
        ("https://user@docs.example", "", "serve.public_url"),
        ("https://[docs", "", "serve.public_url"),
        ("", "10.0.0.0/8, proxy", "serve.trusted_proxies: 'proxy' does not appear to be"),
    ],
)
def test_wrong_settings_are_refused(public_url: str, proxies: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why.replace("?", r"\?")):
        Addresses.of(public_url, proxies)


class Proxy(BaseHTTPRequestHandler):
    """A proxy as people set it up: it serves a path, takes it off, and rewrites Host."""

    upstream = ""

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def _pass(self) -> None:
        url = httpx.URL(self.upstream)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        said = {"X-Forwarded-Host": self.headers["host"], "X-Forwarded-Prefix": "/qa"}
        if kind := self.headers.get("content-type"):
            said["content-type"] = kind
        sent = HTTPConnection(url.host, url.port, timeout=60)
        sent.request(self.command, self.path.removeprefix("/qa"), body, said)
        got = sent.getresponse()
        whole = got.read()
        self.send_response(got.status)
        self.send_header("content-type", got.headers["content-type"])
        self.send_header("content-length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)
        sent.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def test_links_open_through_a_real_proxy(collections: Collections) -> None:
    app = create_app(collections, addresses=Addresses.of("", PROXIES))
    with listening(app) as url:
        handler = type("Handler", (Proxy,), {"upstream": url})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            outside = f"http://127.0.0.1:{proxy.server_address[1]}/qa"
            answer = httpx.post(f"{outside}/v1/ask", json={"question": KNOWN}, timeout=60).json()
            assert answer["citations"]
            for cited in answer["citations"]:
                assert cited["url"].startswith(f"{outside}/v1/")
                assert httpx.get(cited["url"], timeout=60).text == cited["quote"]
            proxy.shutdown()


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"x-forwarded-for": "192.0.2.7"}, "192.0.2.7"),
        ({"x-forwarded-for": "6.6.6.6, 192.0.2.7"}, "192.0.2.7"),  # the client made the first up
        ({"x-forwarded-for": "6.6.6.6, 192.0.2.7, 127.0.0.1"}, "192.0.2.7"),
        ({"x-forwarded-for": "127.0.0.1"}, "127.0.0.1"),
        ({"x-forwarded-for": "192.0.2.7:5000"}, "192.0.2.7"),
        ({"x-forwarded-for": "[2001:db8::7]:5000"}, "2001:db8::7"),
        ({"x-forwarded-for": "unknown"}, ""),
        ({"x-forwarded-for": ""}, ""),
        ({"forwarded": 'for="[2001:db8::7]";proto=https'}, "2001:db8::7"),
        ({"forwarded": "for=6.6.6.6, for=192.0.2.7"}, "192.0.2.7"),
        ({}, ""),
    ],
)
def test_the_client_is_the_last_that_no_trusted_proxy_is(
    headers: dict[str, str], client: str
) -> None:
    given = {name.encode(): value for name, value in headers.items()}
    seen = Addresses.of("", "127.0.0.1")
    assert seen.forwarded(("127.0.0.1", 5), given).client == client
    assert seen.forwarded(("192.0.2.9", 5), given).client == ""
