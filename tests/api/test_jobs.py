from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import Client, problem, seeded_collections
from api_jobs import EVENTS, events, finished
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.api.wire.batches import MAX_DOCUMENTS
from citespan.qa.collections.registry import Collections

LINES = {"content-type": "application/x-ndjson"}
Named = list[tuple[str, tuple[str, bytes, str]]]


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    with seeded_collections(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections, max_body_bytes=2_000_000)) as opened:
        yield opened


def text_files(**texts: str) -> Named:
    return [("files", (f"{name}.txt", text.encode(), "text/plain")) for name, text in texts.items()]


def outcomes(job: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(file["name"], file["outcome"], file["reason"]) for file in job["results"]]


def test_uploads_become_documents_and_each_has_its_outcome(client: Client) -> None:
    files: Named = [
        *text_files(moon="The Moon orbits Earth in 27 days.", sun="The Sun is a star."),
        ("files", ("latin.txt", b"Caf\xe9", "text/plain")),
        ("files", ("nul.txt", b"a\0b", "text/plain")),
        ("files", ("empty.txt", b" \n", "text/plain")),
        ("files", ("picture.png", b"\x89PNG", "image/png")),
        ("files", ("copy.md", b"The Sun is a star.", "text/markdown")),
        ("files", ("../sun.txt", b"The Sun is another star.", "text/plain")),
        ("files", ("n" * 300, b"Named at length.", "text/plain")),
    ]
    accepted = client.post("/v1/jobs", files=files)
    made = accepted.json()
    assert (made["kind"], made["collection"], made["files"]) == ("ingest", "default", 9)
    assert accepted.headers["location"] == made["url"] == f"/v1/jobs/{made['id']}"
    job = finished(client, accepted)
    assert outcomes(job) == [
        ("moon.txt", "added", None),
        ("sun.txt", "added", None),
        (
            "latin.txt", "rejected",
            "not valid utf-8 at byte 3; convert it to UTF-8 or name its encoding",
        ),
        ("nul.txt", "rejected", "a NUL at character 1: binary data, not text"),
        ("empty.txt", "rejected", "the document holds no text"),
        (
            "picture.png", "rejected",
            "not valid utf-8 at byte 0; convert it to UTF-8 or name its encoding",
        ),
        ("copy.md", "duplicate", "the same text as sun.txt"),
        (
            "sun.txt", "rejected",
            "another file of the same name was stored earlier; rename one of them",
        ),
        ("n" * 255, "rejected", "file: has a name of more than 255 characters"),
    ]  # fmt: skip
    assert job["outcomes"] == {"added": 2, "rejected": 6, "duplicate": 1}
    assert (job["state"], job["files_done"], job["chunks"]) == ("done", 9, 2)
    moon, sun, *_, copy, _, _ = (file["document_id"] for file in job["results"])
    assert copy == sun
    assert client.get(f"/v1/documents/{moon}").json()["title"] == "moon.txt"
    assert client.get(f"/v1/documents/{sun}/text").text == "The Sun is a star."
    found = client.post("/v1/search", json={"query": "orbit of the Moon"}).json()
    assert found["passages"][0]["document_id"] == moon


def test_a_job_meets_the_documents_of_single_uploads(client: Client) -> None:
    alone = client.post("/v1/documents", files={"file": ("one.txt", b"First.", "text/plain")})
    job = finished(client, client.post("/v1/jobs", files=text_files(one="First.", two="Second.")))
    assert [outcome for _, outcome, _ in outcomes(job)] == ["unchanged", "added"]
    assert job["results"][0]["document_id"] == alone.json()["id"]
    again = finished(client, client.post("/v1/jobs", files=text_files(one="New.", two="Second.")))
    assert [outcome for _, outcome, _ in outcomes(again)] == ["replaced", "unchanged"]
    listed = client.get("/v1/jobs").json()["jobs"]
    assert [job["id"] for job in listed[:2]] == [again["id"], job["id"]]


def test_a_file_that_became_another_ones_copy_is_not_left_as_it_was(client: Client) -> None:
    finished(client, client.post("/v1/jobs", files=text_files(a="A.", b="B.")))
    job = finished(client, client.post("/v1/jobs", files=text_files(a="A.", b="A.")))
    assert [outcome for _, outcome, _ in outcomes(job)] == ["unchanged", "replaced"]
    document_id = job["results"][1]["document_id"]
    assert client.get(f"/v1/documents/{document_id}/text").text == "A."


def test_lines_of_json_become_documents(client: Client) -> None:
    lines = [
        b'{"text": "One.", "id": "one", "metadata": {"year": 2020}}',
        b"",
        b'{"text": "One.", "id": "same-text", "title": "T", "uri": "u:1"}',
        b'{"text": "Two.", "metadata": {"year": 1}}',
        b'{"text": "Two.", "metadata": {"year": 2}}',
        b'{"text": "Two.", "metadata": {"year": 2}}',
        b"{",
        b'{"text": 1}',
        b'{"text": "a", "path": "/etc/passwd"}',
        b'{"text": "a", "id": "a/b"}',
        b'{"text": "\xff"}',
        b'{"text": "Once more.", "id": "one"}',
    ]
    job = finished(client, client.post("/v1/jobs", content=b"\n".join(lines), headers=LINES))
    found = outcomes(job)
    assert [(name, outcome) for name, outcome, _ in found] == [
        ("line 1", "added"), ("line 3", "added"), ("line 4", "added"), ("line 5", "replaced"),
        ("line 6", "unchanged"), ("line 7", "rejected"), ("line 8", "rejected"),
        ("line 9", "rejected"), ("line 10", "rejected"), ("line 11", "rejected"),
        ("line 12", "replaced"),
    ]  # fmt: skip
    assert all(reason for _, outcome, reason in found if outcome == "rejected")
    assert client.get("/v1/documents/one").json()["revision"] == 2
    stored = client.get("/v1/documents/same-text").json()
    assert (stored["title"], stored["uri"]) == ("T", "u:1")


def test_progress_is_told_by_file_and_chunk(client: Client) -> None:
    long = " ".join(f"Sentence number {n} says something about snow." for n in range(1500))
    accepted = client.post("/v1/jobs", files=text_files(short="Short.", long=long))
    told = events(client, accepted.headers["location"])
    assert [kind for kind, _ in told[:-1]] == ["job.progress"] * (len(told) - 1)
    running = [job for _, job in told if job["current"]]
    assert all("results" not in job for job in running)
    current = [job["current"] for job in running if job["current"]["name"] == "long.txt"]
    assert len({part["chunks"] for part in current}) == 1
    done = [part["chunks_done"] for part in current]
    assert done == sorted(done)
    assert len(done) > 1
    assert current[0]["chunks"] + 1 == told[-1][1]["chunks"]


def test_a_cancelled_job_keeps_what_it_stored_and_nothing_half(client: Client) -> None:
    long = " ".join(f"Sentence number {n} says something about rain." for n in range(4_000))
    accepted = client.post("/v1/jobs", files=text_files(brief="Brief.", slow=long, last="Last."))
    url = accepted.headers["location"]
    while client.get(url).json()["current"] is None or not client.get(url).json()["files_done"]:
        assert client.get(url).json()["finished_at"] is None
    waiting = client.post("/v1/jobs", files=text_files(other="Other."))
    cancelled = client.delete(waiting.headers["location"]).json()
    assert (cancelled["state"], cancelled["files_done"]) == ("cancelled", 0)
    assert cancelled["finished_at"] is not None
    assert client.delete(url).json()["state"] == "cancelled"
    job = finished(client, accepted)
    assert job["state"] == "cancelled"
    assert [outcome for _, outcome, _ in outcomes(job)] == ["added", None, None]
    titles = {one["title"] for one in client.get("/v1/documents").json()["documents"]}
    assert titles & {"brief.txt", "slow.txt", "last.txt", "other.txt"} == {"brief.txt"}
    assert client.delete(url).json() == {k: v for k, v in job.items() if k != "results"}


def part(headers: str) -> bytes:
    return (f"--x\r\nContent-Disposition: form-data; {headers}\r\n\r\nhello\r\n--x--\r\n").encode()


UPLOAD = {"content-type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("headers", "body", "status", "slug"),
    [
        (LINES, b"", 422, "invalid-request"),
        (LINES, b"\n \n", 422, "invalid-request"),
        (LINES, b'{"text": "a"}\n' * (MAX_DOCUMENTS + 1), 422, "invalid-request"),
        (LINES, b"a" * 2_000_001, 413, "body-too-large"),
        (UPLOAD, part("name=file"), 422, "invalid-request"),
        (UPLOAD, b"--x--\r\n", 422, "invalid-request"),
        (UPLOAD, b"garbage", 400, "malformed-request"),
        ({"content-type": "application/json"}, b'{"path": "/etc"}', 415, "unsupported-media-type"),
        ({}, b"text", 415, "unsupported-media-type"),
        (LINES | {"origin": "https://evil.example"}, b'{"text": "a"}', 403, "cross-origin"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_become_a_job(
    client: Client, headers: dict[str, str], body: bytes, status: int, slug: str
) -> None:
    before = client.get("/v1/jobs").json()
    problem(client.post("/v1/jobs", content=body, headers=headers), status, slug)
    assert client.get("/v1/jobs").json() == before


@pytest.mark.parametrize("name", ["none", "%00", "x" * 5000, "%F0%9F%92%A9"])
def test_an_unknown_job(client: Client, name: str) -> None:
    for method in ("GET", "DELETE"):
        problem(client.request(method, f"/v1/jobs/{name}"), 404, "job-not-found")
    problem(client.get(f"/v1/jobs/{name}", headers=EVENTS), 404, "job-not-found")


def test_a_service_alone_has_no_jobs(collections: Collections) -> None:
    with TestClient(create_app(collections.service())) as client:
        problem(client.post("/v1/jobs", files=text_files(a="A.")), 503, "storage-unavailable")
