"""Collections and jobs keep apart: by identity, beside deletion, damaged, and in numbers."""

import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import Client, problem
from click.testing import CliRunner
from faults import CYCLES, use_words
from litestar.testing import TestClient

from citespan.api.middleware import figures
from citespan.api.server.app import create_app
from citespan.commands import cli
from citespan.index import Draft
from citespan.index.errors import JobsFull, StoreLocked
from citespan.index.jobs.spool import SpooledFile
from citespan.qa import Settings, load_settings
from citespan.qa.collections import registry as qa_collections
from citespan.qa.collections.registry import Collections
from citespan.qa.collections.use import using
from citespan.qa.errors import (
    CollectionNotFound,
    CollectionsBusy,
    TooManyCollections,
)

SALARY = "Berta earns 5,000 euros a month."


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return use_words(monkeypatch) | {"CITESPAN_DATA__PATH": str(tmp_path / "data")}


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ=environ)


def ended(collections: Collections, job_id: str) -> tuple[str, str | None]:
    """The state and the reason of a job, once it has ended."""
    while (job := collections.jobs.job(job_id)[0]).finished_at is None:
        threading.Event().wait(0.01)
    return str(job.state), job.reason


def entry(text: str = SALARY) -> SpooledFile:
    return SpooledFile(name="salary.txt", draft=Draft(text=text))


class TestJobs:
    def test_one_never_stores_into_another_collection_of_the_name(self, settings: Settings) -> None:
        with Collections.open(settings) as collections:
            collections.create("hr", {})
            job = collections.submit("hr", [entry()])
            other = collections.submit("default", [entry("Public.")])
            collections.delete("hr")
            collections.create("hr", {})
            collections.start_jobs()
            state, reason = ended(collections, job.id)
            assert (state, "deleted or replaced" in (reason or "")) == ("cancelled", True)
            assert ended(collections, other.id) == ("done", None)
            assert collections.info("hr").documents == 0
            assert not (settings.data_path() / "jobs" / job.id).exists()

    @pytest.mark.parametrize("way", ["delete", "restore", "replace"])
    def test_nor_after_a_restart(
        self, environ: dict[str, str], settings: Settings, tmp_path: Path, way: str
    ) -> None:
        backup = str(tmp_path / "hr.zip")
        with Collections.open(settings) as collections:
            collections.create("hr", {})
        run(environ, "--collection", "hr", "backup", backup)
        with Collections.open(settings) as collections:
            job = collections.submit("hr", [entry()])
        if way != "replace":
            run(environ, "collections", "delete", "hr")
        if way == "delete":
            run(environ, "collections", "create", "hr")
        else:
            words = ["restore", backup, "--trust-settings"]  # the embedder of these tests
            words += ["--replace"] if way == "replace" else []
            assert run(environ, "--collection", "hr", *words).exit_code == 0
        with Collections.open(settings) as collections:
            collections.start_jobs()
            assert ended(collections, job.id)[0] == "cancelled"
            assert collections.info("hr").documents == 0

    def test_a_restart_alone_changes_nothing(self, settings: Settings) -> None:
        with Collections.open(settings) as collections:
            collections.create("hr", {})
            job = collections.submit("hr", [entry()])
        with Collections.open(settings) as collections:
            collections.start_jobs()
            assert ended(collections, job.id) == ("done", None)
            assert collections.info("hr").documents == 1

    def test_a_reindexing_never_goes_on_in_another_collection(self, settings: Settings) -> None:
        with Collections.open(settings) as collections:
            collections.create("hr", {})
            job = collections.reindex("hr", {"chunking": {"max_tokens": 40}})
            collections.delete("hr")
            collections.create("hr", {})
            again = collections.reindex("hr", {"chunking": {"max_tokens": 50}})
            collections.start_jobs()
            assert ended(collections, job.id)[0] == "cancelled"
            assert ended(collections, again.id) == ("done", None)
            assert collections.info("hr").chunk_tokens == 50

    def test_too_many_that_wait_are_refused(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("citespan.index.jobs.store.MOST", 2)
        with Collections.open(settings) as collections:
            for _ in range(2):
                collections.submit("default", [entry()])
            with pytest.raises(JobsFull, match="2 jobs have not ended"):
                collections.submit("default", [entry()])


def uses(client: Client) -> list[Callable[[], Any]]:
    """Requests to each route that looks a collection up."""
    where = {"collection": "hr"}
    asked = {"question": "What does Berta earn?", **where}
    model = {"model": "citespan/hr", "messages": [{"role": "user", "content": "Berta's pay?"}]}
    tool = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "Berta", **where}},
    }  # fmt: skip
    accept = {"accept": "application/json, text/event-stream"}
    lines = {"content-type": "application/x-ndjson"}
    return [
        lambda: client.post("/v1/ask", json=asked),
        lambda: client.post("/v1/ask", json=asked | {"stream": True}),
        lambda: client.post("/v1/search", json={"query": "Berta", **where}),
        lambda: client.post("/v1/documents", params=where, json={"text": SALARY}),
        lambda: client.put("/v1/documents/a", params=where, json={"text": SALARY}),
        lambda: client.get("/v1/documents", params=where),
        lambda: client.get("/v1/documents/a", params=where),
        lambda: client.get("/v1/documents/a/text", params=where),
        lambda: client.get("/v1/documents/a/revisions", params=where),
        lambda: client.delete("/v1/documents/a", params=where),
        lambda: client.post("/v1/jobs", params=where, content=b'{"text": "x"}\n', headers=lines),
        lambda: client.post("/v1/chat/completions", json=model),
        lambda: client.post("/mcp", json=tool, headers=accept),
        lambda: client.post("/v1/collections/hr/reindex", json={"chunking": {"max_tokens": 40}}),
        lambda: client.post("/v1/collections/hr/rollback"),
    ]


OVERALL = ("/metrics", "/v1/collections", "/v1/models", "/v1/jobs", "/health/ready")


class TestDeletion:
    def test_whatever_is_going_on_is_told_that_it_is_gone(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each route finds its collection, which is deleted before anything else is done."""
        with Collections.open(settings) as collections:
            collections.jobs  # noqa: B018  (opened)
            found = collections._shelf.service  # pyright: ignore[reportPrivateUsage]

            def then_gone(slot: Any) -> Any:
                service = found(slot)
                if slot.name == "hr":
                    collections.delete("hr")
                return service

            with TestClient(create_app(collections), raise_server_exceptions=False) as client:
                for use in uses(client):
                    collections.create("hr", {})
                    with monkeypatch.context() as patched:
                        patched.setattr(collections._shelf, "service", then_gone)  # pyright: ignore[reportPrivateUsage]
                        response = use()
                    told = response.text
                    if response.status_code == 200:  # of a stream, or of a tool
                        assert "was deleted or replaced" in told, told
                    elif response.status_code != 202:  # a job that will be cancelled
                        assert response.status_code == 404, (response.url, told)
                    with pytest.raises(CollectionNotFound):
                        collections.service("hr")

    def test_beside_clients_nothing_fails(self, settings: Settings) -> None:
        seed, rounds = 14, max(2, CYCLES // 10)
        with (
            Collections.open(settings) as collections,
            TestClient(create_app(collections), raise_server_exceptions=False) as client,
        ):
            statuses = churn(client, random.Random(seed), rounds)  # noqa: S311
        assert statuses[404] or statuses[200]
        assert not [status for status in statuses if status >= 500], statuses


def churn(client: Client, chance: random.Random, rounds: int) -> dict[int, int]:
    """How often each status came while a collection is made and deleted again and again."""
    statuses: dict[int, int] = {200: 0, 404: 0}
    stop = threading.Event()
    lock = threading.Lock()

    def ask(order: random.Random) -> None:
        calls = [*uses(client), lambda: client.get("/v1/collections/hr")]
        while not stop.is_set():
            overall = order.choice(OVERALL)
            for response in (order.choice(calls)(), client.get(overall)):
                with lock:
                    statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
                assert response.status_code < 500, (str(response.url), response.text)
            assert response.status_code == 200, (overall, response.text)

    failures: list[BaseException] = []

    def asking(order: random.Random) -> None:
        try:
            ask(order)
        except BaseException as error:  # noqa: BLE001  (raised below)
            failures.append(error)

    orders = [random.Random(chance.random()) for _ in range(3)]  # noqa: S311
    threads = [threading.Thread(target=asking, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for _ in range(rounds):
        assert client.post("/v1/collections", json={"name": "hr"}).status_code == 201
        stop.wait(chance.uniform(0, 0.5))
        assert client.delete("/v1/collections/hr").status_code == 204
    stop.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return statuses


def damage(file: Path, how: str) -> None:
    if how == "bytes":
        data = bytearray(file.read_bytes())
        data[50:150] = b"\xa5" * 100
        file.write_bytes(data)
    elif how == "cut":
        os.truncate(file, file.stat().st_size // 2 - 100)
    elif how == "empty":
        os.truncate(file, 0)
    elif how == "gone":
        file.unlink()
    else:
        file.write_bytes(bytes(file.stat().st_size))


class TestDamage:
    @pytest.mark.parametrize("how", ["bytes", "cut", "zeros", "empty", "gone"])
    def test_a_damaged_jobs_file_keeps_nothing_but_jobs(
        self, environ: dict[str, str], settings: Settings, how: str
    ) -> None:
        with Collections.open(settings) as collections:
            collections.create("hr", {})
            collections.service("hr").corpus.put(Draft(id="a", text=SALARY))
            job = collections.submit("hr", [entry()])
        damage(settings.data_path() / "jobs.db", how)
        said: list[str] = []
        with (
            Collections.open(settings, said.append) as collections,
            TestClient(create_app(collections)) as client,
        ):
            found = client.post("/v1/search", json={"query": "Berta", "collection": "hr"})
            assert found.json()["passages"][0]["document_id"] == "a"
            for response in (
                client.get("/v1/jobs"),
                client.get(f"/v1/jobs/{job.id}"),
                client.delete(f"/v1/jobs/{job.id}"),
                client.post("/v1/collections/hr/reindex", json={}),
            ):
                body = problem(response, 503, "jobs-damaged")
                assert "citespan doctor" in body["detail"]
            assert client.get("/health/ready").json()["jobs"] == "damaged"
        assert "backup" not in said[0]
        examined = run(environ, "doctor")
        assert f"{job.id} were not stored: send them again" in examined.output
        assert run(environ, "doctor").exit_code == 0
        with Collections.open(settings) as collections:
            collections.start_jobs()
            assert ended(collections, collections.submit("hr", [entry("New.")]).id)[0] == "done"

    @pytest.mark.parametrize("suffix", ["-wal", "-shm"])
    @pytest.mark.parametrize("name", ["jobs.db", "catalog.db"])
    def test_a_damaged_log_keeps_nothing_from_starting(
        self, settings: Settings, name: str, suffix: str
    ) -> None:
        with Collections.open(settings) as collections:
            collections.service().corpus.put(Draft(id="a", text=SALARY))
            job = collections.submit("default", [entry("New.")])
        (settings.data_path() / f"{name}{suffix}").write_bytes(os.urandom(40_000))
        with Collections.open(settings) as collections:
            assert collections.service().corpus.get("a").text == SALARY
            assert collections.jobs.job(job.id)[0].files == 1

    def test_a_damaged_default_one_keeps_the_others_served(self, settings: Settings) -> None:
        with Collections.open(settings) as collections:
            collections.create("hr", {})
            collections.service("hr").corpus.put(Draft(id="a", text=SALARY))
        damage(settings.data_path() / "catalog.db", "zeros")
        with Collections.open(settings) as collections:
            with TestClient(create_app(collections)) as client:
                found = client.post("/v1/search", json={"query": "Berta", "collection": "hr"})
                assert found.json()["passages"][0]["document_id"] == "a"
                problem(client.post("/v1/search", json={"query": "x"}), 500, "storage-corrupt")
                ready = client.get("/health/ready").json()
                assert (ready["damaged"], ready["collections"]) == (["default"], ["hr"])
                assert client.get("/metrics").status_code == 200
            with pytest.raises(StoreLocked):
                Collections.open(settings)


class TestMany:
    def test_idle_ones_take_no_descriptors(self, settings: Settings) -> None:
        with Collections.open(settings, open_most=3) as collections:
            counts: list[tuple[int, int]] = []
            for number in range(12):
                with using():
                    collections.create(f"c{number}", {})
                    corpus = collections.service(f"c{number}").corpus
                    corpus.put(Draft(id="a", text=f"Fact {number}."))
                counts.append((len([*Path("/proc/self/fd").iterdir()]), threading.active_count()))
            assert counts[-1][0] - counts[3][0] <= 2
            assert counts[-1][1] <= counts[3][1] + 1
            for number in range(12):
                with using():
                    corpus = collections.service(f"c{number}").corpus
                    assert corpus.get("a").text == f"Fact {number}."
            assert [one.collection.documents for one in collections.figures()] == [0] + [1] * 12
            assert collections.condition() == (0, 0, None)

    def test_what_is_in_use_stays_open_and_more_is_refused(self, settings: Settings) -> None:
        with Collections.open(settings, open_most=3) as collections:
            for name in "abc":
                with using():
                    collections.create(name, {})
            with using():
                first, second = collections.service("a"), collections.service("b")
                with pytest.raises(CollectionsBusy):
                    collections.service("c")
                assert first.corpus.counts() == second.corpus.counts() == (0, 0)
            with using():
                assert collections.service("c").corpus.counts() == (0, 0)

    def test_there_is_a_most(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(qa_collections, "MOST", 2)
        with Collections.open(settings) as collections:
            collections.create("a", {})
            with pytest.raises(TooManyCollections):
                collections.create("b", {})

    def test_labels_are_bounded(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(figures, "MOST_LABELS", 2)
        with Collections.open(settings) as collections:
            for name in "abc":
                collections.create(name, {})
                collections.service(name).corpus.put(Draft(id="a", text=SALARY))
            with TestClient(create_app(collections)) as client:
                lines = client.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith("citespan_documents{")]
        assert found == [
            'citespan_documents{collection="default"} 0.0',
            'citespan_documents{collection="a"} 1.0',
            'citespan_documents{collection="(others)"} 2.0',
        ]


HOSTS = [
    "localhost:99999", "localhost:x", "127.0.0.1:-1", "localhost:", "[::1]:8000", "[::1", "::1",
    "user@localhost", "user:pw@localhost:80", "loc\xe4lhost", "a/b", "a?b", "a b", "[::1]:x", "-",
    "localhost:65536", "localhost:080", "a" * 300, "a:1:2", "[fe80::1%25eth0]", "localhost\t",
]  # fmt: skip


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with Collections.open(settings) as collections:
        collections.service().corpus.put(Draft(id="a", text=SALARY))
        with TestClient(create_app(collections), raise_server_exceptions=False) as opened:
            yield opened


def test_no_host_is_a_fault_of_ours(client: Client) -> None:
    model = {"model": "citespan/default", "messages": [{"role": "user", "content": "Berta's pay?"}]}
    answered: list[str] = []
    for host in HOSTS:
        headers = {"host": host.encode("latin-1")}
        response = client.post("/v1/chat/completions", json=model, headers=headers)  # pyright: ignore[reportArgumentType]
        assert response.status_code in {200, 400}, (host, response.text)
        answered += [host] if response.status_code == 200 else []
    assert answered == ["localhost:", "[::1]:8000", "-", "localhost:080"]


@pytest.mark.parametrize(
    "own",
    [
        {"retrieval": {"candidates": 1001}},
        {"retrieval": {"top_k": 101}},
        {"evidence": {"depth": 101}},
        {"evidence": {"risk": 1.5}},
        {"evidence": {"device": "cuda"}},
        {"embedding": {"model": "x"}},
        {"name": "a" * 64},
    ],
)
def test_what_a_client_may_set_is_bounded(client: Client, own: dict[str, Any]) -> None:
    problem(client.post("/v1/collections", json={"name": "x", **own}), 422, "invalid-request")


def run(environ: dict[str, str], *words: str) -> Any:
    return CliRunner().invoke(cli, words, env=environ)
