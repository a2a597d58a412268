"""Servers on one PostgreSQL, killed at any moment while others are asked: nothing is lost."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from faults import CYCLES, WORDS_BEFORE, WORDS_SETTINGS, Known, by_night, text_of
from postgres_server import postgres_server
from serving import ready, start

from citespan.index.jobs.store import KEPT

_SERVERS = 3
_KILLS = max(1, CYCLES // 5)
_SEARCHED_S = 60.0
_CLIENTS = 4
_JOBS_EACH = KEPT // _CLIENTS
_numbers = count(1)  # of texts: no two are the same


class Servers:
    """Servers with a folder each; a client asks any of them, and another one if that is killed."""

    def __init__(self, folder: Path, url: str, engine: str) -> None:
        self._folder = folder
        self._settings = {
            **WORDS_SETTINGS,
            "CITESPAN_STORE__URL": url,
            "CITESPAN_SEARCH__ENGINE": engine,
        }
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.urls: dict[int, str] = {}
        self.unavailable = 0

    def start(self, number: int) -> None:
        data = self._folder / str(number) / "data"
        data.parent.mkdir(exist_ok=True)
        process = start(data, self._folder / "models", before=WORDS_BEFORE, **self._settings)
        self._processes[number] = process
        self.urls[number] = ready(process, data)

    def kill(self, number: int, signalled: int = signal.SIGKILL) -> int:
        self.urls.pop(number, None)
        process = self._processes.pop(number)
        process.send_signal(signalled)
        return process.wait(60)

    def ask(self, chance: random.Random, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask any server until one answers."""
        while True:
            urls = list(self.urls.values())
            with suppress(httpx.TransportError):
                url = f"{chance.choice(urls)}{path}"
                return httpx.request(method, url, timeout=_SEARCHED_S, **given)

    def end(self) -> list[int]:
        return [self.kill(number, signal.SIGTERM) for number in list(self._processes)]


@dataclass
class Client:
    """Stores, replaces and deletes documents of its own, and sends jobs; knows what was done."""

    name: str
    servers: Servers
    chance: random.Random
    known: Known = field(default_factory=Known)
    jobs: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    done: int = 0
    sent: int = 0

    def run(self, over: threading.Event) -> None:
        while not over.is_set():
            names = sorted(self.known.revisions)
            drawn = self.chance.random()
            if drawn < 0.1:
                self._send_job()
            elif names and drawn < 0.35:
                self._delete(self.chance.choice(names))
            else:
                self._put(f"{self.name}{self.chance.randrange(6)}")
            self.done += 1

    def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self.servers.ask(self.chance, method, path, **given)

    def _put(self, name: str) -> None:
        text = text_of(next(_numbers))
        sent = self._ask("PUT", f"/v1/documents/{name}", json={"text": text})
        assert sent.is_success, sent.text
        self.known.put(name, text)
        assert self._found(text) == [name]  # at another server, too

    def _delete(self, name: str) -> None:
        sent = self._ask("DELETE", f"/v1/documents/{name}")
        assert sent.status_code in {204, 404}, sent.text  # 404: done by a server killed after it
        text = self.known.current()[name]
        self.known.delete(name)
        assert self._found(text) == []

    def _found(self, text: str) -> list[str]:
        """The documents that a word finds which only this text has."""
        word = text.split()[4]
        sent = self._ask("POST", "/v1/search", json={"query": word, "top_k": 5})
        assert sent.status_code == 200, sent.text
        found = sent.json()["passages"]
        return sorted({one["document_id"] for one in found if word in one["text"].split()})

    def _send_job(self) -> None:
        """Send files once: whether a job was accepted by a server that was killed is unknown.

        Only `KEPT` jobs that have ended are kept, so that no more can be checked.
        """
        if self.sent >= _JOBS_EACH:
            return
        self.sent += 1
        texts = {f"{self.name}-{next(_numbers)}.txt": text_of(next(_numbers)) for _ in range(3)}
        files = [("files", (name, text, "text/plain")) for name, text in texts.items()]
        with suppress(httpx.TransportError, IndexError):
            url = self.chance.choice(list(self.servers.urls.values()))
            sent = httpx.post(f"{url}/v1/jobs", files=files, timeout=_SEARCHED_S)
            assert sent.status_code == 202, sent.text
            self.jobs[sent.headers["location"]] = texts

    def check(self) -> None:
        """What is stored is what was acknowledged."""
        for number in self.servers.urls:
            assert self._stored(number) == self.known.revisions
        for text in self.known.old:
            assert text in self.known.current().values() or self._found(text) == []
        for url, texts in self.jobs.items():
            sent = self._ask("GET", url, headers={"accept": "text/event-stream"})
            assert "event: job.done" in sent.text
            job = self._ask("GET", url).json()
            assert (job["state"], job["files_done"]) == ("done", len(texts)), job
            for result in job["results"]:
                where = f"/v1/documents/{result['document_id']}"
                kept = self._ask("GET", f"{where}/revisions").json()["revisions"]
                assert [one["revision"] for one in kept] == [1]
                assert self._ask("GET", f"{where}/text").text == texts[result["name"]]
                assert self._found(texts[result["name"]]) == [result["document_id"]]

    def _stored(self, number: int) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        with httpx.Client(base_url=self.servers.urls[number], timeout=_SEARCHED_S) as client:
            listed = client.get("/v1/documents", params={"limit": "1000"}).json()["documents"]
            for one in listed:
                if one["id"] in self.known.last:
                    kept = client.get(f"/v1/documents/{one['id']}/revisions").json()["revisions"]
                    found[one["id"]] = {
                        info["revision"]: client.get(info["url"]).text for info in kept
                    }
        return found


def _asked(servers: Servers, over: threading.Event) -> list[float]:
    """Ask for what nobody changes until it is over; how long each answer took, in seconds."""
    chance, took = random.Random(5), list[float]()  # noqa: S311
    while not over.is_set():
        began_s = time.monotonic()
        sent = servers.ask(
            chance, "POST", "/v1/ask", json={"question": "When was the harbour opened?"}
        )
        took.append(time.monotonic() - began_s)
        assert sent.status_code == 200, sent.text
        assert sent.json()["citations"][0]["document"]["id"] == "harbour"
        over.wait(0.1)
    return took


@pytest.fixture(params=["local", "postgres"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    with postgres_server() as postgres:
        listed = "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"
        if request.param == "postgres" and not postgres.run(listed):
            pytest.skip("the server has no pgvector")
        made = Servers(tmp_path, postgres.database(), request.param)
        try:
            with ThreadPoolExecutor(_SERVERS) as pool:
                list(pool.map(made.start, range(_SERVERS)))
            yield made
        finally:
            made.end()


@by_night
def test_servers_are_killed_while_others_are_asked(servers: Servers) -> None:
    chance, over = random.Random(21), threading.Event()  # noqa: S311
    text = "The harbour was opened in 1887."
    sent = servers.ask(chance, "PUT", "/v1/documents/harbour", json={"text": text})
    assert sent.status_code == 201
    clients = [Client(f"c{n}x", servers, random.Random(n)) for n in range(_CLIENTS)]  # noqa: S311
    with ThreadPoolExecutor(len(clients) + 1) as pool:
        running = [pool.submit(one.run, over) for one in clients]
        asking = pool.submit(_asked, servers, over)
        try:
            for kill in range(_KILLS):
                before = sum(one.done for one in clients)
                enough = before + chance.randint(4, 40)
                _until(lambda enough=enough: sum(one.done for one in clients) >= enough, running)
                number = chance.choice(list(servers.urls))
                assert servers.kill(number) == -signal.SIGKILL
                time.sleep(chance.uniform(0, 0.5))
                if kill == _KILLS - 1:
                    over.set()
                servers.start(number)
        finally:
            over.set()
        for one in running:
            one.result()
        took = sorted(asking.result())
    for one in clients:
        one.check()
    done, jobs = sum(one.done for one in clients), sum(len(one.jobs) for one in clients)
    print(  # noqa: T201  (with `pytest -s`)
        f"{_KILLS} kills, {done} acknowledged changes, {jobs} jobs, {len(took)} answers,"
        f" p50 {took[len(took) // 2]:.2f} s, p99 {took[len(took) * 99 // 100]:.2f} s"
    )
    assert servers.end() == [0] * _SERVERS


def _until(reached: Callable[[], bool], running: list[Any]) -> None:
    while not reached():
        for one in running:
            if one.done():
                one.result()
        time.sleep(0.01)
