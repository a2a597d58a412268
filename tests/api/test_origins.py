"""Pages of other origins: those that are listed may read and ask, all others may not."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import Client, problem, seeded
from litestar.testing import TestClient

from citespan.api.middleware.origins import Origins
from citespan.api.server.app import create_app
from citespan.qa.errors import ConfigError

SITE, EVIL = "https://www.example.org", "https://evil.example"
CORS = "access-control-"


@pytest.fixture(scope="module")
def client(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    origins = Origins.of(f"{SITE}/, http://localhost:5173")
    with (
        seeded(tmp_path_factory.mktemp("data"), models_folder) as service,
        TestClient(create_app(service, origins=origins)) as opened,
    ):
        yield opened


def told(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith(CORS)}


def preflight(client: Client, origin: str, path: str, method: str) -> httpx.Response:
    asked = {f"{CORS}request-method": method, f"{CORS}request-headers": "content-type"}
    return client.options(path, headers={"origin": origin, **asked})


@pytest.mark.parametrize("origin", [SITE, "http://localhost:5173"])
def test_a_listed_origin_may_ask(client: Client, origin: str) -> None:
    allowed = preflight(client, origin, "/v1/search", "POST")
    assert allowed.status_code == 204
    assert allowed.headers[f"{CORS}allow-origin"] == origin
    assert "POST" in allowed.headers[f"{CORS}allow-methods"].split(", ")
    assert "content-type" in allowed.headers[f"{CORS}allow-headers"].split(", ")
    sent = {"origin": origin, "sec-fetch-site": "cross-site"}
    found = client.post("/v1/search", json={"query": "CELAC", "top_k": 1}, headers=sent)
    assert found.json()["passages"]
    assert found.headers[f"{CORS}allow-origin"] == origin
    assert "x-request-id" in found.headers[f"{CORS}expose-headers"]
    assert found.headers["vary"] == allowed.headers["vary"] == "Origin"
    assert f"{CORS}allow-credentials" not in found.headers
    refused = client.post("/v1/ask", json={"question": " "}, headers=sent)
    problem(refused, 422, "invalid-question")
    assert refused.headers[f"{CORS}allow-origin"] == origin


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/documents/a"), ("POST", "/v1/documents"), ("DELETE", "/v1/documents/seed"),
     ("POST", "/v1/jobs"), ("POST", "/v1/collections"), ("POST", "/mcp")],
)  # fmt: skip
def test_a_listed_origin_may_change_nothing(client: Client, method: str, path: str) -> None:
    assert f"{CORS}allow-methods" not in preflight(client, SITE, path, method).headers
    sent = {"origin": SITE, "sec-fetch-site": "cross-site"}
    problem(client.request(method, path, json={"text": "x"}, headers=sent), 403, "cross-origin")


@pytest.mark.parametrize(
    "origin", [EVIL, "null", f"{SITE}.evil.example", "http://www.example.org", f"{SITE}:8443"]
)
def test_all_others_are_refused(client: Client, origin: str) -> None:
    assert told(preflight(client, origin, "/v1/search", "POST")) == {}
    sent = client.post("/v1/search", json={"query": "x"}, headers={"origin": origin})
    problem(sent, 403, "cross-origin")
    assert told(sent) == {}
    assert sent.headers["vary"] == "Origin"
    assert told(client.get("/v1/documents", headers={"origin": origin})) == {}


def test_without_a_list_nothing_changes() -> None:
    client = TestClient(create_app(lambda: pytest.fail("opened")))
    response = client.get("/version", headers={"origin": SITE})
    assert told(response) == told(preflight(client, SITE, "/v1/ask", "POST")) == {}
    assert "vary" not in response.headers


@pytest.mark.parametrize("listed", ["*", "www.example.org", f"{SITE}/path", "null", "file://"])
def test_what_is_no_origin_is_refused(listed: str) -> None:
    with pytest.raises(ConfigError, match="write each origin like"):
        Origins.of(f"{SITE}, {listed}")
