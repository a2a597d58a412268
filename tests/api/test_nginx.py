"""A server with TLS behind a real nginx, which adds a path and TLS of its own."""

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from api_client import KNOWN
from proxying import NAME, PREFIX, certificate, needs_nginx, nginx
from scripted_endpoint import scripted
from serving import Served, started

from citespan.index import OnnxEmbedder

BASE = f"https://{NAME}{PREFIX}"
HSTS = "strict-transport-security"

pytestmark = needs_nginx


class Place(NamedTuple):
    """The server, a client of it, and a client of nginx."""

    served: Served
    direct: httpx.Client
    client: httpx.Client
    audit: Path


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, models_folder: Path, embedder: OnnxEmbedder
) -> Iterator[Place]:
    folder = Path(tmp_path_factory.mktemp("nginx"))
    trusted = certificate(folder)
    context = ssl.create_default_context(cafile=trusted)
    with (
        pytest.MonkeyPatch.context() as patched,
        scripted("hang_before_headers") as model,
    ):
        patched.setenv("SSL_CERT_FILE", str(trusted))
        with (
            started(
                folder / "data",
                models_folder,
                CITESPAN_SERVE__TLS_CERTIFICATE=str(trusted),
                CITESPAN_SERVE__TLS_KEY=str(folder / "tls.key"),
                CITESPAN_SERVE__TRUSTED_PROXIES="127.0.0.1",
                CITESPAN_SERVE__HOSTS=NAME,
                CITESPAN_LIMITS__QUESTIONS="1000/hour",
                CITESPAN_LLM__BASE_URL=model.base_url,
                CITESPAN_LLM__MODEL="tiny",
                CITESPAN_LLM__TIMEOUT_S="60",
            ) as served,
            nginx(folder, served.url),
            httpx.Client(base_url=served.url, verify=context, timeout=60) as direct,
            httpx.Client(
                base_url=BASE,
                transport=httpx.HTTPTransport(uds=str(folder / "nginx.sock"), verify=context),
                timeout=60,
            ) as client,
        ):
            yield Place(served, direct, client, folder / "data" / "audit.jsonl")


def test_tls_without_a_proxy(place: Place) -> None:
    assert place.served.url.startswith("https://127.0.0.1:")
    answer = place.direct.get("/version")
    assert answer.json()["name"] == "citespan"
    assert answer.headers[HSTS] == "max-age=31536000"
    plain = place.served.url.replace("https", "http")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{plain}/version", timeout=60)


def test_links_begin_with_the_address_of_the_proxy(place: Place) -> None:
    answer = place.client.post("/v1/ask", json={"question": KNOWN})
    url = answer.json()["citations"][0]["url"]
    assert url.startswith(f"{BASE}/v1/documents/seed/text?")
    cited = place.client.get(url)
    assert cited.text == answer.json()["citations"][0]["quote"]
    stored = place.client.put("/v1/documents/a", json={"text": "A room."})
    assert stored.headers["location"] == f"{BASE}/v1/documents/a"
    assert place.client.get(stored.headers["location"]).status_code == 200
    body = {"model": "citespan/default", "messages": [{"role": "user", "content": KNOWN}]}
    said = place.client.post("/v1/chat/completions", json=body).json()
    assert f"]({BASE}/v1/documents/" in said["choices"][0]["message"]["content"]
    for answered in (answer, cited, stored, place.client.get("/nope")):
        assert answered.headers[HSTS]
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["x-frame-options"] == "DENY"


def test_the_page_loads_below_the_path(place: Place) -> None:
    for path in ("/", "/library", "/documents/seed"):
        page = place.client.get(path, headers={"accept": "text/html"})
        assert page.status_code == 200
        names = re.findall(r'(?:href|src)="([^"]+\.(?:js|css|svg))"', page.text)
        assert names
        for name in names:
            loaded = page.url.join(name)
            assert str(loaded).startswith(f"{BASE}/web/")
            assert place.client.get(loaded).status_code == 200


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/v1/responses"])
def test_events_pass_the_proxy_as_they_come(place: Place, path: str) -> None:
    """The language model hangs: what comes before it must not wait in nginx."""
    bodies = {
        "/v1/ask": {"question": KNOWN, "mode": "generated"},
        "/v1/responses": {"model": "citespan/default:generated", "input": KNOWN},
    }
    messages = [{"role": "user", "content": KNOWN}]
    body = bodies.get(path, {"model": "citespan/default:generated", "messages": messages})
    with place.client.stream("POST", path, json=body | {"stream": True}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache"
        assert any(line.startswith("data: ") for line in response.iter_lines())


def test_the_client_is_the_one_that_the_proxy_names(place: Place) -> None:
    place.client.delete("/v1/documents/a")
    place.direct.delete("/v1/documents/a")
    told = [json.loads(line)["who"] for line in place.audit.read_text("utf-8").splitlines()]
    assert told[-2:] == ["192.0.2.7", "127.0.0.1"]
    left = place.client.post("/v1/search", json={"query": "rooms"}).headers["ratelimit"]
    other = place.direct.post("/v1/search", json={"query": "rooms"}).headers["ratelimit"]
    assert '"questions/hour";r=999;' in other
    assert '"questions/hour";r=999;' not in left


def test_head_has_the_headers_of_get(place: Place) -> None:
    for path in ("/health/live", "/v1/models", "/v1/documents/seed"):
        head, got = place.client.head(path), place.client.get(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]
