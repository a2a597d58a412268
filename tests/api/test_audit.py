"""The audit log: who changed what, and how that ended, without any text."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from api_client import seeded_collections
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from citespan.api.middleware.changes import CHANGES
from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.index import OnnxEmbedder
from citespan.qa.oversight.audit_log import AuditLog, Entry, audit

HIDDEN = "The vault code is kestrel."


def entries(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> AuditLog:
    return AuditLog(path=tmp_path_factory.mktemp("audited") / "audit.jsonl")


@pytest.fixture(scope="module")
def client(models_folder: Path, embedder: OnnxEmbedder, log: AuditLog) -> Iterator[Any]:
    with (
        seeded_collections(log.path.parent, models_folder) as collections,
        TestClient(create_app(collections, operation=Operation(audit=log))) as client,
    ):
        yield client


def test_every_route_that_changes_something_is_audited(client: Any) -> None:
    """Questions change nothing, though they are sent."""
    asked = {"/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses", "/mcp"}
    described = client.get("/schema").json()["paths"]
    changing = {
        (method.upper(), path)
        for path, operations in described.items()
        for method in operations
        if method != "get" and path not in asked
    }
    assert changing == set(CHANGES)


def test_each_change_is_an_entry(client: Any, log: AuditLog) -> None:
    sent: list[Any] = [
        client.post("/v1/collections", json={"name": "hr"}),
        client.post("/v1/collections", json={"name": "hr"}),
        client.put("/v1/documents/a?collection=hr", json={"text": HIDDEN}),
        client.put("/v1/documents/a?collection=hr", json={"text": HIDDEN + " New."}),
        client.post("/v1/documents", json={"text": HIDDEN, "id": "b", "title": "kestrel"}),
        client.delete("/v1/documents/a/revisions/1?collection=hr"),
        client.delete("/v1/documents/a?collection=hr"),
        client.delete("/v1/documents/a?collection=hr"),
        client.post("/v1/search", json={"query": "kestrel"}),
        client.post("/v1/documents", content=b"\xff", headers={"content-type": "text/plain"}),
        client.delete("/v1/collections/hr"),
    ]
    found = entries(log.path)
    told = [(one["action"], one["outcome"], one.get("document"), one["detail"]) for one in found]
    assert told == [
        ("collection.create", "done", None, "201"),
        ("collection.create", "refused", None, "409"),
        ("document.store", "done", "a", "added"),
        ("document.store", "done", "a", "replaced"),
        ("document.store", "done", "b", "added"),
        ("revision.delete", "done", "a", "204"),
        ("document.delete", "done", "a", "204"),
        ("document.delete", "refused", "a", "404"),
        ("document.store", "refused", None, "422"),
        ("collection.delete", "done", None, "204"),
    ]
    changes = [one for one in sent if "/v1/search" not in str(one.url)]
    assert [one["request_id"] for one in found] == [one.headers["x-request-id"] for one in changes]
    assert [one["collection"] for one in found] == [
        *["hr"] * 4, "default", *["hr"] * 3, "default", "hr"
    ]  # fmt: skip
    assert {one["who"] for one in found} == {"testclient"}
    assert "kestrel" not in log.path.read_text("utf-8")
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_documents_of_jobs_are_entries(client: Any, log: AuditLog) -> None:
    before = len(entries(log.path))
    files = [("files", (f"{n}.txt", f"File {n} tells of {n} fish.", "text/plain")) for n in (1, 2)]
    job = client.post("/v1/jobs", files=files).json()
    while client.get(f"/v1/jobs/{job['id']}").json()["finished_at"] is None:
        time.sleep(0.02)
    created, *stored = entries(log.path)[before:]
    if created["action"] != "job.create":  # the job began before its response was sent
        stored.append(created)
        created = next(one for one in stored if one["action"] == "job.create")
        stored.remove(created)
    assert (created["target"], created["detail"]) == (job["id"], "2 files")
    assert {one["who"] for one in stored} == {f"job:{job['id']}"}
    told = sorted((one["action"], one["target"], one["detail"]) for one in stored)
    assert told == [("document.store", f"{n}.txt", "added") for n in (1, 2)]


def test_the_caller_is_named_by_its_key(tmp_path: Path) -> None:
    own = AuditLog(path=tmp_path / "audit.jsonl")
    guard = create_app(lambda: pytest.fail("opened"), operation=Operation(audit=own))

    def known(app: ASGIApp) -> ASGIApp:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope["state"] = {"caller": SimpleNamespace(id="key-7", role="write")}
            await app(scope, receive, send)

        return call

    TestClient(known(guard)).delete("/v1/documents/a")
    (entry,) = entries(own.path)
    assert (entry["who"], entry["outcome"], entry["detail"]) == ("key-7", "failed", "503")


def test_a_log_that_cannot_be_written_is_reported_and_changes_go_on(tmp_path: Path) -> None:
    broken = AuditLog(path=tmp_path / "nowhere" / "audit.jsonl")
    other = TestClient(create_app(lambda: pytest.fail("opened"), operation=Operation(audit=broken)))
    assert other.delete("/v1/documents/a").status_code == 503
    assert "citespan_audit_failures_total 1.0" in other.get("/metrics").text


def entry(number: int) -> Entry:
    return Entry(time="", who="a", action=f"test.{number}", outcome="done")


def test_files_are_rotated_and_the_oldest_is_deleted(tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl", most_bytes=100)
    for number in range(60):
        log.write(entry(number), durable=number % 10 == 0)
    names = ["audit.jsonl", *(f"audit.jsonl.{n}" for n in range(1, 10))]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    actions = [one["action"] for name in reversed(names) for one in entries(tmp_path / name)]
    assert actions == [f"test.{number}" for number in range(60 - len(actions), 60)]
    assert all((tmp_path / name).stat().st_size < 200 for name in names)


def test_processes_append_to_one_log_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    code = (
        "import sys; from pathlib import Path; from citespan.qa.oversight.audit_log import *\n"
        "log = AuditLog(path=Path(sys.argv[1]), most_bytes=2000)\n"
        "for n in range(40): audit(log, f'test.{n}', who=sys.argv[2])"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), who]) for who in ("a", "b")]
    assert [one.wait(60) for one in running] == [0, 0]
    found = [one for file in tmp_path.iterdir() for one in entries(file)]
    assert sorted((one["who"], one["action"]) for one in found) == sorted(
        (who, f"test.{n}") for who in ("a", "b") for n in range(40)
    )


def test_without_a_log_nothing_is_written(tmp_path: Path) -> None:
    audit(None, "test")
    log = AuditLog(path=tmp_path / "audit.jsonl")
    audit(log, "test", target="x" * 1000)
    (written,) = entries(log.path)
    assert len(written["target"]) == 200
    assert written["who"].startswith("local:")
    assert os.listdir(tmp_path) == ["audit.jsonl"]  # noqa: PTH208


def test_deletions_are_on_the_disk_before_they_are_acknowledged(
    client: Any, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(file: int) -> None:
        if Path(f"/proc/self/fd/{file}").resolve() == log.path:
            synced.append(entries(log.path)[-1]["action"])
        real(file)

    monkeypatch.setattr("citespan.qa.oversight.audit_log.os.fsync", fsync)
    assert client.put("/v1/documents/gone", json={"text": "Gone soon."}).status_code == 201
    assert synced == []
    assert client.delete("/v1/documents/gone").status_code == 204
    assert synced == ["document.delete"]
    assert client.delete("/v1/documents/gone").status_code == 404
    assert synced == ["document.delete"]


@pytest.mark.parametrize("named", ["%6Cegal", "default&collection=legal"])
def test_no_way_to_name_a_collection_hides_it(client: Any, log: AuditLog, named: str) -> None:
    client.post("/v1/collections", json={"name": "legal"})
    sent = client.put(f"/v1/documents/odd?collection={named}", json={"text": "Odd."})
    assert sent.status_code in {200, 201}
    assert client.get("/v1/documents/odd?collection=legal").status_code == 200
    assert entries(log.path)[-1]["collection"] == "legal"
    assert client.delete("/v1/collections/legal").status_code == 204
