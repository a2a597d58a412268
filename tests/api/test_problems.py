import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from api_client import JSON, KNOWN, Client, problem, seeded, seeded_collections
from litestar.testing import TestClient
from workloads import FailingWrites

from citespan.api.errors.problem import TABLE, problem_of, row_of
from citespan.api.errors.types import ApiError
from citespan.api.server.app import create_app
from citespan.index.errors import StoreError, StoreMismatch
from citespan.qa import Service
from citespan.qa.collections.registry import Collections
from citespan.qa.errors import QAError, UngroundedCitation

TEXT = {"content-type": "text/plain"}


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    with seeded_collections(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(collections: Collections) -> Service:
    return collections.service()


@pytest.fixture(scope="module")
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections, max_body_bytes=200_000, hosts=NAMES)) as opened:
        yield opened


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


@pytest.mark.parametrize("root", [StoreError, QAError, ApiError])
def test_every_error_has_its_own_row(root: type[Exception]) -> None:
    missing = [
        kind.__name__
        for kind in below(root)
        if kind.__module__
        in {"citespan.index.errors", "citespan.qa.errors", "citespan.api.errors.types"}
        and kind not in TABLE
    ]
    assert missing == []


BAD_JSON = {"content": "{", "headers": JSON}
NAMES = {"testserver.local", "docs.example"}
FROM_ELSEWHERE = {"content": "hi", "headers": TEXT | {"origin": "https://evil.example"}}
CAUSED_BY_CLIENTS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "not-found": (404, "GET", "/nope", {}),
    "method-not-allowed": (405, "GET", "/v1/ask", {}),
    "unsupported-media-type": (415, "POST", "/v1/ask", {"data": {"a": "b"}}),
    "body-too-large": (413, "PUT", "/v1/documents/a", {"content": b"a" * 200_001}),
    "cross-origin": (403, "POST", "/v1/documents", FROM_ELSEWHERE),
    "unknown-host": (421, "GET", "/v1/documents/seed/text", {"headers": {"host": "evil.example"}}),
    "malformed-request": (400, "POST", "/v1/ask", BAD_JSON),
    "invalid-request": (422, "POST", "/v1/ask", {"json": {"question": 1}}),
    "invalid-question": (422, "POST", "/v1/ask", {"json": {"question": " "}}),
    "mode-unavailable": (
        422,
        "POST",
        "/v1/ask",
        {"json": {"question": "Who?", "mode": "generated"}},
    ),
    "document-rejected": (422, "POST", "/v1/documents", {"json": {"text": ""}}),
    "file-unreadable": (
        422,
        "POST",
        "/v1/documents",
        {"content": b"%!PS-Adobe", "headers": {"content-type": "application/octet-stream"}},
    ),
    "original-not-found": (404, "GET", "/v1/documents/seed/original", {}),
    "document-not-found": (404, "GET", "/v1/documents/none", {}),
    "job-not-found": (404, "GET", "/v1/jobs/none", {}),
    "source-not-found": (404, "GET", "/v1/sources/none", {}),
    "duplicate-document": (409, "POST", "/v1/documents", {"json": {"id": "seed", "text": "x"}}),
    "collection-not-found": (404, "GET", "/v1/collections/none", {}),
    "collection-exists": (409, "POST", "/v1/collections", {"json": {"name": "default"}}),
    "chunks-unchanged": (409, "POST", "/v1/collections/default/reindex", {"json": {}}),
    "no-earlier-chunks": (409, "POST", "/v1/collections/default/rollback", {}),
    "current-revision": (409, "DELETE", "/v1/documents/seed/revisions/1", {}),
    "label-not-found": (404, "DELETE", "/v1/labels/none", {}),
    "run-not-found": (404, "GET", "/v1/runs/a/b", {}),
    "span-out-of-range": (422, "GET", "/v1/documents/seed/text?start=4&end=3", {}),
}
CAUSED_BY_US = {
    "internal",
    "not-ready",
    "storage-unavailable",
    "storage-full",
    "storage-locked",
    "storage-corrupt",
    "model-unavailable",
    "out-of-memory",
}


# In test_api_rebuilds, test_api_load and test_api_slow.
CAUSED_IN_TIME = {
    "reindex-running",
    "busy",
    "took-too-long",
    "body-too-slow",
    "quota-exceeded",  # in test_quotas
}
# In test_qa_separation.
CAUSED_BY_NUMBERS = {"jobs-damaged", "jobs-full", "collections-busy", "too-many-collections"}
CAUSED_BY_LABELS = {"invalid-label", "too-many-labels"}  # in test_labels, test_feedback
CAUSED_BY_KEYS = {"invalid-api-key", "forbidden", "too-often"}  # in test_keys
IN_ANOTHER_SHAPE = {"model-not-found", "page-not-found"}  # in test_completions, test_files


@pytest.mark.parametrize("slug", CAUSED_BY_CLIENTS)
def test_what_clients_cause(client: Client, slug: str) -> None:
    status, method, url, content = CAUSED_BY_CLIENTS[slug]
    problem(client.request(method, url, **content), status, slug)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("docs.example", 200),
        ("DOCS.example:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("localhost", 421),  # `run_server` adds it
        ("docs.example.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("docs.example@evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_which_names_a_server_goes_by(client: Client, host: str, status: int) -> None:
    assert client.get("/health/live", headers={"host": host}).status_code == status


def test_every_row_is_caused_somewhere_here() -> None:
    here = set(CAUSED_BY_CLIENTS) | CAUSED_BY_US | CAUSED_IN_TIME | IN_ANOTHER_SHAPE
    here |= CAUSED_BY_LABELS
    assert here | CAUSED_BY_NUMBERS | CAUSED_BY_KEYS == {row.slug for row in TABLE.values()}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ([], "body"),
        ({"question": "a", "top_k": 0}, "top_k"),
        ({"question": "a", "top_k": 101}, "top_k"),
        ({"question": "a", "top_k": "3"}, "top_k"),
        ({"question": "a", "top_k": True}, "top_k"),
        ({"question": None}, "question"),
        ({"question": "a", "mode": "poetic"}, "mode"),
        ({"question": "a", "include": ["secrets"]}, "include[0]"),
        ({"question": "a", "stream": "yes"}, "stream"),
        ({"question": "a", "qeustion": "b"}, "body"),
    ],
)
def test_an_invalid_request_names_its_field(client: Client, body: object, field: str) -> None:
    found = problem(client.post("/v1/ask", json=body), 422, "invalid-request")
    assert [error["field"] for error in found["errors"]] == [field]


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/v1/documents?limit=0", "limit"),
        ("/v1/documents?limit=x", "limit"),
        (f"/v1/documents?limit={'9' * 5000}", "limit"),
        ("/v1/documents/seed/text?revision=0", "revision"),
        ("/v1/documents/seed/text?revision=18446744073709551616", "revision"),
        ("/v1/documents/seed/text?start=-1", "start"),
        ("/v1/documents/seed/text?end=x", "end"),
        (f"/v1/documents?cursor={'x' * 300}", "cursor"),
    ],
)
def test_an_invalid_query_names_its_field(client: Client, url: str, field: str) -> None:
    found = problem(client.get(url), 422, "invalid-request")
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_span_beyond_the_text_is_told_its_length(client: Client, service: Service) -> None:
    length = service.corpus.info("seed").length
    found = problem(client.get(f"/v1/documents/seed/text?start=0&end={length + 1}"), 422)
    assert str(length) in found["detail"]
    assert client.get(f"/v1/documents/seed/text?start={length}&end={length}").text == ""


def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    assert "POST" in client.delete("/v1/ask").headers["allow"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a-B_3.x", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)],
)
def test_request_ids_are_taken_or_made(client: Client, given: str, *, kept: bool) -> None:
    for url in ("/health/live", "/nope"):
        got = client.get(url, headers={"x-request-id": given}).headers["x-request-id"]
        assert (got == given) == kept
        assert got


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://else.example"}, 200),
        ({"origin": "null"}, 403),
        ({"origin": "http://[bad"}, 403),
        ({"origin": "http://testserver.local"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_may_not_send(
    client: Client, headers: dict[str, str], status: int
) -> None:
    sent = client.post("/v1/search", json={"query": "x"}, headers=headers)
    assert sent.status_code == status
    assert client.get("/version", headers=headers).status_code == 200


def test_a_fault_of_ours_says_nothing_but_the_request_id(service: Service) -> None:
    broken = Service(service.corpus, cast("Any", None))
    with TestClient(create_app(broken)) as client, structlog.testing.capture_logs() as logs:
        found = problem(client.post("/v1/ask", json={"question": KNOWN}), 500, "internal")
    assert "NoneType" not in str(found)
    assert logs[0]["log_level"] == "error"
    assert isinstance(logs[0]["exc_info"], AttributeError)
    assert found["instance"].endswith(logs[0]["request_id"])


def test_closed_storage_is_unavailable_and_no_path_is_shown(
    models_folder: Path, tmp_path: Path
) -> None:
    service = seeded(tmp_path, models_folder)
    with TestClient(create_app(service)) as client:
        service.close()
        found = client.get("/v1/documents/seed")
    problem(found, 503, "storage-unavailable")
    assert found.headers["retry-after"]


def test_a_full_disk_refuses_writes_and_nothing_else(client: Client) -> None:
    with FailingWrites(1, errno.ENOSPC, for_good=True):
        problem(client.put("/v1/documents/full", json={"text": "Full."}), 507, "storage-full")
        assert client.get("/v1/documents/seed").status_code == 200
        assert client.post("/v1/search", json={"query": KNOWN}).json()["passages"]
    assert client.get("/v1/documents/full").status_code == 404
    assert client.put("/v1/documents/full", json={"text": "Full."}).status_code == 201
    assert client.delete("/v1/documents/full").status_code == 204


def test_damaged_text_is_never_given_out(models_folder: Path, tmp_path: Path) -> None:
    with seeded(tmp_path, models_folder) as service, TestClient(create_app(service)) as client:
        database = sqlite3.connect(tmp_path / "catalog.db")
        database.execute("UPDATE revisions SET text = replace(text, 'China', 'Chile')")
        database.commit()
        database.close()
        told = problem(client.get("/v1/documents/seed/text"), 500, "storage-corrupt")
        assert "document 'seed' is damaged" in told["detail"]
        assert client.get("/health/ready").json()["damaged_documents"] == 1
        problem(client.post("/v1/ask", json={"question": KNOWN}), 500, "storage-corrupt")


@pytest.mark.parametrize(
    "error", [StoreMismatch("/secret/path"), UngroundedCitation("c"), OSError()]
)
def test_other_faults_are_internal(error: Exception) -> None:
    assert row_of(error).slug == "internal"
    assert "/secret" not in str(problem_of(error, "r"))


def test_logs_hold_the_route_and_nothing_that_was_asked_or_stored(client: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        client.post("/v1/ask", json={"question": KNOWN}, headers={"x-request-id": "r1"})
        client.get("/v1/documents/secretid/text?start=7654321")
        client.post("/v1/documents", content=b"\xffsecret", headers=TEXT)
        client.get("/secretpath")
    assert [(log["method"], log["route"], log["status"], log.get("error")) for log in logs] == [
        ("POST", "/v1/ask", 200, None),
        ("GET", "/v1/documents/{document_id}/text", 404, "DocumentNotFound"),
        ("POST", "/v1/documents", 422, "DocumentRejected"),
        ("GET", "(unknown)", 404, "NotFoundException"),
    ]
    assert logs[0]["request_id"] == "r1"
    assert all(log["duration_ms"] > 0 for log in logs)
    written = str(logs)
    assert not any(word in written for word in ("CELAC", "secret", "China", "7654321"))
