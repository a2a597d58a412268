"""Quotas of callers: what is counted, when it is refused, and what the headers say."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from api_client import KNOWN, problem
from generating import filled, writing
from litestar.testing import TestClient
from scripted_endpoint import scripted

from citespan.api.errors.types import QuotaExceeded
from citespan.api.middleware.callers import caller_of
from citespan.api.middleware.quotas import Quotas, QuotaUnit
from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.index import Corpus, OnnxEmbedder
from citespan.qa.errors import ConfigError
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy

MCP_HEADERS = {"accept": "application/json, text/event-stream"}


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def quotas(clock: Clock, **settings: str) -> Quotas:
    return Quotas(Quotas.of(settings).policies, clock)


def test_a_window_ends_and_another_caller_has_its_own() -> None:
    clock = Clock()
    counted = quotas(clock, requests="2/minute")
    first, other = counted.account("a"), counted.account("b")
    first.take(QuotaUnit.REQUESTS)
    first.take(QuotaUnit.REQUESTS)
    with pytest.raises(QuotaExceeded, match="2 requests per minute") as refused:
        first.take(QuotaUnit.REQUESTS)
    assert refused.value.wait_s == 60
    other.take(QuotaUnit.REQUESTS)
    clock.now_s += 59.5
    assert first.headers()["ratelimit"] == '"requests/minute";r=0;t=1'
    clock.now_s += 1
    first.take(QuotaUnit.REQUESTS)
    assert first.headers() == {
        "ratelimit-policy": '"requests/minute";q=2;qu="requests";w=60',
        "ratelimit": '"requests/minute";r=1;t=60',
    }
    assert counted.refused[QuotaUnit.REQUESTS] == 1


def test_what_was_used_already_counts_beyond_the_quota() -> None:
    counted = quotas(Clock(), tokens="100/hour, 150/day")
    account = counted.account("a")
    account.check(QuotaUnit.TOKENS)
    account.spend(QuotaUnit.TOKENS, 130)
    with pytest.raises(QuotaExceeded, match="100 tokens per hour"):
        account.check(QuotaUnit.TOKENS)
    told = '"tokens/hour";r=0;t=3600, "tokens/day";r=20;t=86400'
    assert account.headers()["ratelimit"] == told


def test_of_two_windows_that_have_no_room_nothing_is_used() -> None:
    counted = quotas(Clock(), documents="5/minute, 6/day")
    account = counted.account("a")
    account.take(QuotaUnit.DOCUMENTS, 5)
    with pytest.raises(QuotaExceeded):
        account.take(QuotaUnit.DOCUMENTS, 2)
    assert '"documents/day";r=1' in account.headers()["ratelimit"]


def test_the_memory_of_callers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citespan.api.middleware.quotas._MOST_CALLERS", 3)
    counted = quotas(Clock(), requests="9/minute")
    for number in range(10):
        counted.account(str(number)).take(QuotaUnit.REQUESTS)
    assert counted.callers == 3


@pytest.mark.parametrize("written", ["5", "5/week", "-1/minute", "0/minute", "1/minute/day", "x"])
def test_wrong_quotas_are_refused(written: str) -> None:
    with pytest.raises(ConfigError, match=r"limits\.questions .*100/minute"):
        Quotas.of({"questions": written})


def test_of_two_quotas_for_one_window_neither_is_guessed() -> None:
    with pytest.raises(ConfigError, match=r"limits\.questions .* two quotas per minute"):
        Quotas.of({"questions": "5/minute, 10/minute"})


def scope(client: Any, caller: Any = None) -> Any:
    return {"client": client, "state": {"caller": caller}}


@pytest.mark.parametrize(
    ("client", "caller", "named"),
    [
        (("192.0.2.7", 5), None, "192.0.2.7"),
        (("192.0.2.7", 5), SimpleNamespace(id="key-1"), "key-1"),
        (("2001:db8::1:2:3:4", 5), None, "2001:db8::/64"),
        (("::ffff:192.0.2.7", 5), None, "192.0.2.7"),
        (("testclient", 5), None, "testclient"),
        (None, None, ""),
    ],
)
def test_who_a_caller_is(client: Any, caller: Any, named: str) -> None:
    assert caller_of(scope(client, caller)) == named


@pytest.fixture(scope="module")
def limited(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reader: BundledReader
) -> Iterator[Any]:
    """Return what makes a client of an application with quotas; its model answers at once."""
    with (
        Corpus.open(tmp_path_factory.mktemp("limited"), embedder) as corpus,
        scripted("right") as model,
        writing(filled(corpus), reader, model, policy=Policy.STRICT) as service,
    ):

        def client(**settings: str) -> TestClient[Any]:
            return TestClient(create_app(service, operation=Operation(quotas=Quotas.of(settings))))

        yield client


def test_requests_over_http(limited: Any) -> None:
    with limited(requests="3/hour") as client:
        for left in (2, 1, 0):
            answer = client.get("/v1/documents")
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith(f'"requests/hour";r={left};t=')
        refused = client.get("/v1/models")
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
        told = problem(client.post("/v1/search", json={"query": "birds"}), 429, "quota-exceeded")
        assert "3 requests per hour" in told["detail"]
        assert 3590 <= int(refused.headers["retry-after"]) <= 3600
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert client.post("/mcp", json=call, headers=MCP_HEADERS).status_code == 429
        health = client.get("/health/ready")
        assert health.status_code == 200
        assert "ratelimit" not in health.headers
        figures = client.get("/metrics").text
        assert 'citespan_quota_refusals_total{unit="requests"} 3.0' in figures


def test_questions_and_tokens(limited: Any) -> None:
    asked = {"question": KNOWN}
    with limited(questions="2/day", tokens="5/day") as client:
        assert client.post("/v1/search", json={"query": "birds"}).status_code == 200
        assert client.get("/v1/documents").status_code == 200
        # Below, the model uses more tokens than there are: that answer is complete.
        generated = client.post("/v1/ask", json=asked | {"mode": "generated"})
        assert generated.json()["usage"]["prompt_tokens"] > 5
        told = problem(client.post("/v1/ask", json=asked), 429, "quota-exceeded")
        assert "5 tokens per day" in told["detail"]
    with limited(questions="1/day") as client:
        assert client.post("/v1/ask", json=asked | {"stream": True}).status_code == 200
        params = {"name": "search", "arguments": {"query": "birds"}}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        told = client.post("/mcp", json=call, headers=MCP_HEADERS).json()["result"]
        assert told["isError"]
        assert "1 questions per day" in told["content"][0]["text"]


def test_documents_and_bytes(limited: Any) -> None:
    with limited(documents="2/day", bytes="1000/day") as client:
        assert client.put("/v1/documents/one", json={"text": "One bird."}).status_code == 201
        big = client.put("/v1/documents/big", json={"text": "A bird. " * 200})
        assert "1000 bytes per day" in problem(big, 429, "quota-exceeded")["detail"]
        assert client.delete("/v1/documents/one").status_code == 204
        assert client.put("/v1/documents/two", json={"text": "Two."}).status_code == 201
        more = client.put("/v1/documents/three", json={"text": "Three."})
        assert "2 documents per day" in problem(more, 429, "quota-exceeded")["detail"]
        assert client.get("/v1/documents/three").status_code == 404
        assert client.delete("/v1/documents/two").status_code == 204
