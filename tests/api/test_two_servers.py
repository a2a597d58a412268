"""Two servers on one PostgreSQL: what one stores the other cites, and deletes for both."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from api_client import Client, problem
from faults import text_of as text_of_number
from faults import use_words
from litestar.testing import TestClient
from postgres_server import PostgresServer, postgres_server
from structlog.testing import capture_logs

from citespan.api.access import KeyFile, Keyring, Role
from citespan.api.server.app import create_app
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.collections.syncs import SYNC
from citespan.qa.composition import source_files
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.sources import Definition, SourceFiles, SyncReport

_TEXT = "The harbour of Lisbon was opened in 1887. It has two piers. \U0001d518 The town is older."
_ASKED = {"question": "When was the harbour of Lisbon opened?"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="module")
def settings(postgres: PostgresServer) -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        yield use_words(patch) | {
            "CITESPAN_STORE__URL": postgres.database(),
            "CITESPAN_STORE__TIMEOUT_S": "1",
            "CITESPAN_FEEDBACK__UNANSWERED": "true",
        }


@pytest.fixture(scope="module")
def opened(
    settings: dict[str, str], reader: BundledReader, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Collections, Collections]]:
    with ExitStack() as opened:

        def on(name: str) -> Collections:
            folder = tmp_path_factory.mktemp(name)
            environ = settings | {"CITESPAN_DATA__PATH": str(folder)}
            return opened.enter_context(Collections.open(load_settings(environ=environ)))

        yield on("one"), on("two")


@pytest.fixture(scope="module")
def servers(opened: tuple[Collections, Collections]) -> Iterator[tuple[Client, Client]]:
    with ExitStack() as served:
        one, two = (served.enter_context(TestClient(create_app(one))) for one in opened)
        yield one, two


def put(client: Client, name: str, text: str = _TEXT, collection: str = "default") -> Any:
    path = f"/v1/documents/{name}?collection={collection}"
    return client.put(path, json={"text": text, "title": "Harbours"})


def text_of(client: Client, name: str, query: str = "") -> str:
    return client.get(f"/v1/documents/{name}/text{query}").text


def asked(client: Client) -> dict[str, Any]:
    response = client.post("/v1/ask", json=_ASKED)
    assert response.status_code == 200, response.text
    return response.json()


def test_what_one_stores_the_other_cites_until_either_deletes_it(
    servers: tuple[Client, Client],
) -> None:
    for writer, other in (servers, servers[::-1]):
        assert put(writer, "harbour").status_code == 201
        for client in servers:
            answer = asked(client)
            assert answer["status"] == "answered"
            (citation,) = answer["citations"]
            text = text_of(client, "harbour")
            start, end = citation["start"], citation["end"]
            assert text[start:end] == citation["quote"] == _TEXT[:41]
        assert other.delete("/v1/documents/harbour").status_code == 204
        for client in servers:
            assert asked(client)["status"] == "abstained"
            assert client.post("/v1/search", json={"query": "harbour"}).json()["passages"] == []
            problem(client.get("/v1/documents/harbour"), 404)


def test_a_replaced_document_is_cited_as_it_is_now(servers: tuple[Client, Client]) -> None:
    one, two = servers
    put(one, "pier")
    assert "1887" in asked(two)["answer"]
    assert put(two, "pier", _TEXT.replace("1887", "1901")).status_code == 200
    assert "1901" in asked(one)["answer"]
    assert text_of(one, "pier", "?revision=1") == _TEXT
    one.delete("/v1/documents/pier")


def test_chunks_that_one_rebuilds_are_taken_up_by_the_other(
    servers: tuple[Client, Client],
) -> None:
    for size, (maker, other) in enumerate((servers, servers[::-1]), 40):
        put(maker, "harbour")
        assert asked(other)["status"] == "answered"
        sent = maker.post(
            "/v1/collections/default/reindex", json={"chunking": {"max_tokens": size}}
        )
        assert sent.status_code == 202, sent.text
        while maker.get(sent.headers["location"]).json()["state"] != "done":
            assert asked(other)["status"] == "answered"
        assert maker.delete("/v1/documents/harbour").status_code == 204
        assert asked(other)["status"] == "abstained"
        assert other.get("/health/ready").status_code == 200
        seen = other.get("/v1/collections/default").json()
        assert seen["settings"]["chunking"] == {"max_tokens": size}


def test_a_collection_is_deleted_from_the_server(
    servers: tuple[Client, Client], settings: dict[str, str], postgres: PostgresServer
) -> None:
    one, two = servers
    url = settings["CITESPAN_STORE__URL"]
    known = "SELECT name FROM citespan.catalogues ORDER BY name"
    own = {"retrieval": {"top_k": 3}}
    made = one.post("/v1/collections", json={"name": "ports", **own})
    assert made.status_code == 201, made.text
    problem(two.post("/v1/collections", json={"name": "ports"}), 409)
    assert postgres.run(known, url) == [("default",), ("ports",)]
    assert two.get("/v1/collections/ports").json()["settings"] == own
    assert put(one, "a", collection="ports").status_code == 201
    assert text_of(two, "a", "?collection=ports") == _TEXT
    path = "/v1/documents/a?collection=ports"
    assert one.delete("/v1/collections/ports").status_code == 204
    assert postgres.run(known, url) == [("default",)]
    problem(one.get(path), 404)
    with capture_logs():  # which would take seconds to print
        while two.get(path).status_code == 503:  # until it has heard of it
            time.sleep(0.05)
    problem(two.get(path), 404)
    assert [found["name"] for found in two.get("/v1/collections").json()["collections"]] == [
        "default"
    ]
    assert two.post("/v1/collections", json={"name": "ports"}).status_code == 201
    problem(one.get(path), 404)  # it is another one
    assert one.get("/v1/collections/ports").json()["settings"] == {}
    assert one.delete("/v1/collections/ports").status_code == 204


def test_a_job_is_run_by_either_and_seen_by_both(servers: tuple[Client, Client]) -> None:
    one, two = servers
    for sender, other in ((one, two), (two, one)):
        files = [("files", (f"{n}.txt", f"{_TEXT} Number {n}.", "text/plain")) for n in range(3)]
        sent = sender.post("/v1/jobs", files=files)
        assert sent.status_code == 202, sent.text
        url = sent.headers["location"]
        assert "event: job.done" in other.get(url, headers={"accept": "text/event-stream"}).text
        for client in (sender, other):
            job = client.get(url).json()
            assert (job["state"], job["files_done"]) == ("done", 3)
            assert job["id"] in [found["id"] for found in client.get("/v1/jobs").json()["jobs"]]
            for result in job["results"]:
                assert text_of(client, result["document_id"]).startswith(_TEXT)
        for result in job["results"]:
            assert other.delete(f"/v1/documents/{result['document_id']}").status_code == 204


def test_labels_and_unanswered_questions_are_at_both(servers: tuple[Client, Client]) -> None:
    one, two = servers
    put(one, "harbour")
    answer = asked(one)
    (cited,) = answer["citations"]
    pointer = {key: cited[key] for key in ("start", "end", "quote")}
    given = {
        "question": answer["question"],
        "verdict": "right",
        "answer": {key: answer[key] for key in ("status", "mode", "confidence")},
        "cited": [{"document_id": "harbour", "revision": cited["document"]["revision"], **pointer}],
    }
    made = one.post("/v1/labels", json=given)
    assert made.status_code == 201, made.text
    path = f"/v1/labels/{made.json()['id']}"
    (found,) = two.get("/v1/labels").json()["labels"]
    assert found == made.json()
    assert found["cited"][0]["quote"] == cited["quote"]
    assert two.patch(path, json={"state": "accepted"}).status_code == 200
    assert one.get("/v1/labels").json()["counts"] == {"accepted": 1}
    two.delete("/v1/documents/harbour")
    assert one.get("/v1/labels").json()["labels"][0]["cited"][0]["quote"] is None
    assert one.delete(path).status_code == 204
    problem(two.patch(path, json={"state": "rejected"}), 404)
    assert asked(one)["status"] == asked(two)["status"] == "abstained"
    put(one, "harbour", "The lighthouse of Porto is painted green.")
    for client in servers:
        assert client.post("/v1/ask", json={"question": "Who owns it?"}).status_code == 200
    for client in servers:
        kept = client.get("/v1/unanswered").json()["gaps"]
        assert [one["count"] for one in kept] == [2]
    assert two.delete("/v1/unanswered").status_code == 204
    assert one.get("/v1/unanswered").json()["gaps"] == []
    one.delete("/v1/documents/harbour")


def test_a_source_is_synced_by_one_of_them_and_shown_by_both(
    servers: tuple[Client, Client],
    opened: tuple[Collections, Collections],
    settings: dict[str, str],
    tmp_path: Path,
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(3):
        (notes / f"{number}.txt").write_text(text_of_number(number))
    before = SourceFiles(tmp_path / "former")
    for name in ("notes", "other"):
        before.add(Definition(name=name, kind="folder", address=str(notes), every_s=3600))
    before.record("other", SyncReport())
    environ = settings | {"CITESPAN_DATA__PATH": str(tmp_path / "former")}
    source_files(load_settings(environ=environ)).remove("other")  # it has taken both over
    assert before.all() == []
    looking = [
        threading.Thread(target=one.syncs._schedule.look)  # pyright: ignore[reportPrivateUsage]
        for one in opened
        for _ in range(3)
    ]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    (job,) = [one for one in opened[0].jobs.jobs() if one.kind == SYNC]
    path = f"/v1/jobs/{job.id}"
    for client in servers:
        assert "event: job.done" in client.get(path, headers={"accept": "text/event-stream"}).text
    for client in servers:
        (found,) = client.get("/v1/sources").json()["sources"]
        assert (found["name"], found["last"]["outcomes"]) == ("notes", {"added": 3})
        assert opened[0].service().corpus.tracking.sources() == {"notes": 3}
    for begun, other in (servers, servers[::-1]):
        sent = begun.post("/v1/sources/notes/runs")
        stream = other.get(sent.headers["location"], headers={"accept": "text/event-stream"})
        assert "event: job.done" in stream.text
        assert other.get("/v1/sources/notes").json()["last"]["outcomes"] == {"unchanged": 3}
    source_files(load_settings(environ=environ)).remove("notes")
    for client in servers:
        assert client.get("/v1/sources").json()["sources"] == []
        problem(client.post("/v1/sources/notes/runs"), 404)
    for one in opened[0].service().corpus.documents(cursor=None, limit=9).documents:
        servers[0].delete(f"/v1/documents/{one.id}")


def test_a_key_that_is_made_or_ended_at_one_is_so_at_the_other(
    settings: dict[str, str], tmp_path: Path
) -> None:
    server = load_settings(environ=settings).server()
    _, former = KeyFile(tmp_path / "a").create("ops", Role.ADMIN)  # before there was a server
    file = KeyFile(tmp_path / "a", server)
    ring = Keyring(tmp_path / "b", server)
    assert ring.closed
    assert ring.find(former)
    made, key = file.create("asking", Role.ASK)
    while not ring.find(key):
        time.sleep(0.05)
    KeyFile(tmp_path / "c", server).revoke(made.id)
    while ring.find(key):
        time.sleep(0.05)
    ring.note()
    assert {one.id for one in file.read()} == file.used().keys()
    assert [one.name for one in file.read()] == ["ops", "asking"]


def test_without_the_database_they_say_so_and_go_on_once_it_is_back(
    servers: tuple[Client, Client], postgres: PostgresServer
) -> None:
    one, two = servers
    put(one, "harbour")
    postgres.stop()
    with capture_logs():  # which would take seconds to print
        problem(one.post("/v1/ask", json=_ASKED), 503, "storage-unavailable")
        problem(put(two, "other", "Another text."), 503, "storage-unavailable")
        while one.get("/health/ready").status_code == 200:  # until it has found out
            time.sleep(0.05)
        problem(one.get("/health/ready"), 503, "storage-unavailable")
    assert one.get("/health/live").status_code == 200
    postgres.start()
    while one.get("/health/ready").status_code != 200:
        time.sleep(0.05)
    assert put(two, "other", "Another text.").status_code == 201
    for client in servers:
        assert asked(client)["citations"][0]["document"]["id"] == "harbour"
