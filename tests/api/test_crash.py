"""A server killed at any moment keeps what it acknowledged over HTTP: whole, and nothing more."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

import httpx
from faults import CYCLES, NIGHTLY, Known, text_of
from serving import environment, ready, start

from citespan.index.jobs.store import KEPT
from citespan.qa import load_settings
from citespan.qa.doctor import examine

_KILLS = CYCLES if NIGHTLY else 2
_EVENTS = {"accept": "text/event-stream"}
_SEEDLESS = {"CITESPAN_DATA__SEED": "false"}
_numbers = count(1)  # of texts: no two are the same


class Worker(Protocol):
    """Changes something over HTTP, and can say whether what is there is what it was told."""

    def change(self, client: httpx.Client, chance: random.Random) -> None: ...

    def check(self, client: httpx.Client) -> None: ...


@dataclass
class Writer:
    """Changes documents of a collection one at a time, and knows what was acknowledged.

    `pending` is what was sent last and had no answer: it is done wholly, or not at all.
    """

    collection: str
    known: Known = field(default_factory=Known)
    pending: list[str] | None = None

    def change(self, client: httpx.Client, chance: random.Random) -> None:
        names = [f"{self.collection}{number}" for number in range(5)]
        if self.known.revisions and chance.random() < 0.3:
            self._send(client, ["delete", chance.choice(sorted(self.known.revisions))])
        else:
            self._send(client, ["put", chance.choice(names), text_of(next(_numbers))])

    def _send(self, client: httpx.Client, operation: list[str]) -> None:
        self.pending = operation
        _, name, *text = operation
        url = f"/v1/documents/{name}?collection={self.collection}"
        sent = client.put(url, json={"text": text[0]}) if text else client.delete(url)
        assert sent.is_success, sent.text
        self.known.apply(operation)
        self.pending = None

    def check(self, client: httpx.Client) -> None:
        """What is stored is what was acknowledged, with or without what was pending."""
        after = self.known.copy()
        if self.pending:
            after.apply(self.pending)
        found = _stored(client, self.collection)
        found = {name: revisions for name, revisions in found.items() if name in after.last}
        assert found in (self.known.revisions, after.revisions)
        self.known, self.pending = (self.known if found == self.known.revisions else after), None
        for name, text in self.known.current().items():
            assert (name, text) in _searched(client, self.collection, text)
        for text in self.known.old[-5:]:
            assert text not in [one for _, one in _searched(client, self.collection, text)]


@dataclass
class Sender:
    """Sends jobs of files; what was accepted is done in the end, what was not may be."""

    accepted: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    pending: dict[str, str] = field(default_factory=dict[str, str])

    def change(self, client: httpx.Client, chance: random.Random) -> None:
        number = next(_numbers)
        self.pending |= {f"{number}-{at}.txt": text_of(next(_numbers)) for at in range(3)}
        files = [("files", (name, self.pending[name], "text/plain")) for name in self.pending]
        sent = client.post("/v1/jobs", files=files[-3:])
        assert sent.status_code == 202, sent.text
        texts = {name: self.pending.pop(name) for name, _ in [file[1][:2] for file in files[-3:]]}
        self.accepted[sent.headers["location"]] = texts

    def check(self, client: httpx.Client) -> None:
        for url, texts in [*self.accepted.items()][-KEPT // 2 :]:  # the others may be forgotten
            assert "event: job.done" in client.get(url, headers=_EVENTS, timeout=60).text
            job = client.get(url).json()
            assert (job["state"], job["files_done"]) == ("done", len(texts))
        listed = _listed(client, "default")
        titles = [one["title"] for one in listed if one["title"].endswith(".txt")]
        assert len(set(titles)) == len(titles)
        expected = {name: text for texts in self.accepted.values() for name, text in texts.items()}
        assert set(expected) <= set(titles) <= {*expected, *self.pending}
        for one in listed:
            if one["title"] in titles:
                assert client.get(one["url"]).text == (expected | self.pending)[one["title"]]


@dataclass
class Maker:
    """Makes and removes collections, each with a document; "" where that was not stored."""

    known: dict[str, str] = field(default_factory=dict[str, str])
    pending: str | None = None

    def change(self, client: httpx.Client, chance: random.Random) -> None:
        if self.known and chance.random() < 0.5:
            self.pending = chance.choice(sorted(self.known))
            assert client.delete(f"/v1/collections/{self.pending}").status_code == 204
            del self.known[self.pending]
        else:
            self.pending = f"made{next(_numbers)}"
            made = client.post("/v1/collections", json={"name": self.pending})
            assert made.status_code == 201, made.text
            self.known[self.pending] = ""
            text = text_of(next(_numbers))
            put = client.put(f"/v1/documents/d?collection={self.pending}", json={"text": text})
            assert put.status_code == 201, put.text
            self.known[self.pending] = text
        self.pending = None

    def check(self, client: httpx.Client) -> None:
        listed = client.get("/v1/collections").json()["collections"]
        names = {one["name"] for one in listed} - {"default", "other"}
        assert names ^ set(self.known) <= {self.pending}
        for name in names:
            stored = _stored(client, name).get("d", {})
            if name != self.pending:
                assert stored == ({1: self.known[name]} if self.known[name] else {})
            self.known[name] = stored.get(1, "")
        self.known = {name: text for name, text in self.known.items() if name in names}
        self.pending = None


def _listed(client: httpx.Client, collection: str) -> list[dict[str, Any]]:
    query = {"collection": collection, "limit": "1000"}
    page = client.get("/v1/documents", params=query).json()
    found: list[dict[str, Any]] = page["documents"]
    while page["next_cursor"]:
        cursor = {"cursor": page["next_cursor"]}
        page = client.get("/v1/documents", params=query | cursor).json()
        found += page["documents"]
    return found


def _stored(client: httpx.Client, collection: str) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    where = f"collection={collection}"
    for one in _listed(client, collection):
        url = f"/v1/documents/{one['id']}/revisions?{where}"
        kept: list[Any] = client.get(url).json()["revisions"]
        found[one["id"]] = {info["revision"]: client.get(info["url"]).text for info in kept}
    return found


def _searched(client: httpx.Client, collection: str, text: str) -> list[tuple[str, str]]:
    """The documents that the word which only this text has finds, with their whole texts."""
    query = {"query": text.split()[4], "collection": collection, "top_k": 5}
    passages = client.post("/v1/search", json=query).json()["passages"]
    return [(one["document_id"], one["text"]) for one in passages]


def _killed_meanwhile(
    process: subprocess.Popen[bytes], url: str, workers: Sequence[Worker], chance: random.Random
) -> int:
    """How many changes were acknowledged until the server was killed, at some moment after one."""
    done: list[Worker] = []

    def change(worker: Worker, seed: int) -> None:
        own = random.Random(seed)  # noqa: S311
        with httpx.Client(base_url=url, timeout=60) as client, suppress(httpx.TransportError):
            while True:
                worker.change(client, own)
                done.append(worker)

    threads = [Thread(target=change, args=(one, chance.getrandbits(32))) for one in workers]
    for thread in threads:
        thread.start()
    enough = chance.randint(1, 3 * len(workers))
    while len(done) < enough and any(thread.is_alive() for thread in threads):
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.3))
    process.kill()
    for thread in threads:
        thread.join()
    return len(done)


def _cycles(data: Path, models: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Servers on one folder, one after the other, the last one ended in order."""
    code = -1
    for cycle in range(_KILLS + 1):
        process = start(data, models, **_SEEDLESS)
        try:
            with httpx.Client(base_url=ready(process, data), timeout=60) as client:
                yield process, client
        finally:
            process.send_signal(signal.SIGKILL if cycle < _KILLS else signal.SIGTERM)
            code = process.wait(timeout=60)
    assert code == 0


def test_a_server_killed_at_any_time(models_folder: Path, tmp_path: Path) -> None:
    data, chance, acknowledged = tmp_path / "data", random.Random(14), 0  # noqa: S311
    workers: list[Worker] = [Writer("default"), Writer("other"), Sender(), Maker()]
    for cycle, (process, client) in enumerate(_cycles(data, models_folder)):
        if not cycle:
            assert client.post("/v1/collections", json={"name": "other"}).status_code == 201
        for worker in workers:
            worker.check(client)
        if cycle == _KILLS:
            break
        acknowledged += _killed_meanwhile(process, str(client.base_url), workers, chance)
    assert acknowledged >= _KILLS
    print(f"{_KILLS} kills, {acknowledged} acknowledged changes")  # noqa: T201  (with `pytest -s`)
    for name in ("default", "other"):
        environ = environment(data, models_folder, CITESPAN_DATA__COLLECTION=name, **_SEEDLESS)
        assert examine(load_settings(environ=environ)).problems == []
