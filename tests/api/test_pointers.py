"""Answers of a real server while documents are replaced and deleted: no pointer is untrue."""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from faults import NIGHTLY
from processes import children, words_of
from serving import environment, ready, start
from tracing import NAMING, WRITING, Disk, calls, listed, traced

from citespan.index.parse.decode import canonical
from citespan.qa.composition.seed import seeds_folder

_ANSWERS = 2_000 if NIGHTLY else 20
_THREADS = 4
_PLACES = ("Lund", "Bergen", "Åbo", "Cork")
# Sentences that break careless offsets; each has a number, so that no two documents are the same.
_SHAPES = (
    "👩‍👩‍👧 The 🎉 keeper of {place} has {n} keys. Its 𝒹𝑜𝑜𝓇 is blue 🇳🇴.",
    "The café of {place} sold {n} cups. Cafe\u0301 and naïve re\u0301sume\u0301s followed.",
    "{place} 的图书馆有{n}本书。图书馆的馆长是王小明。",
    "מנהל הספרייה של {place} קנה {n} ספרים. الكتاب هنا.",
    "The keeper of {place} sold {n} lamps.\r\nThe next line\r\nends here.\r\rThe end of {n}.",
    "ห้องสมุดของ {place} มีหนังสือ {n} เล่ม และปิดวันจันทร์",
    "| place | books |\n| --- | --- |\n| {place} | {n} |\n\nThe keeper of {place} has {n} books.",
)
_QUESTIONS = (
    "How many keys has the keeper of {place}?", "What did the café of {place} sell?",
    "{place} 的图书馆有多少本书？", "כמה ספרים קנה מנהל הספרייה של {place}?",
    "How many lamps did the keeper of {place} sell?", "ห้องสมุดของ {place} มีหนังสือกี่เล่ม",
    "How many books has the keeper of {place}?",
)  # fmt: skip


@dataclass
class Texts:
    """Every text that a document ever had, by id and revision."""

    held: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    deleted: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])


def text(number: int, chance: random.Random) -> str:
    """A text of several shapes about one place."""
    shapes = chance.sample(_SHAPES, 3)
    place = _PLACES[number % len(_PLACES)]
    return "\n\n".join(shape.format(place=place, n=number) for shape in shapes)


def put(client: httpx.Client, texts: Texts, name: str, given: str) -> None:
    stored = client.put(f"/v1/documents/{name}", json={"text": given})
    assert stored.is_success, stored.text
    texts.held[name, stored.json()["revision"]] = canonical(given)


def check(client: httpx.Client, texts: Texts, citation: dict[str, Any]) -> bool:
    """Whether a citation resolves; if it does, to its quote, by each way to say where it is."""
    key = citation["document"]["id"], citation["document"]["revision"]
    start, end = citation["start"], citation["end"]
    got = client.get(citation["url"])
    if got.status_code == 404:
        assert key in texts.deleted, citation
        return False
    assert got.text == citation["quote"]
    assert start < end
    held = texts.held[key]
    assert held[start:end] == citation["quote"]
    units = held.encode("utf-16-le")[2 * citation["utf16_start"] : 2 * citation["utf16_end"]]
    assert units.decode("utf-16-le") == citation["quote"]
    cut = {"revision": key[1], "start": start, "end": end}
    again = client.get(f"/v1/documents/{key[0]}/text", params=cut)
    if again.status_code == 404:  # deleted since the first request
        assert key in texts.deleted, citation
        return False
    assert again.text == citation["quote"]
    return True


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    data: Path


@pytest.fixture(scope="module")
def server(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("pointers") / "data"
    with start(data, models_folder) as process:
        try:
            yield Server(process, ready(process, data), data)
        finally:
            process.kill()


def churn(client: httpx.Client, texts: Texts, over: threading.Event) -> None:
    """Replace and delete documents until it is over."""
    chance, number = random.Random(1), 100  # noqa: S311
    while not over.wait(0.01):
        number, name = number + 1, f"d{chance.randrange(12)}"
        mine = {key for key in texts.held if key[0] == name} - texts.deleted
        if mine and chance.random() < 0.2:
            texts.deleted |= mine  # before: an answer may come in between
            assert client.delete(f"/v1/documents/{name}").status_code in {204, 404}
        else:
            put(client, texts, name, text(number, chance))


def test_no_pointer_is_untrue_while_documents_change(server: Server) -> None:
    texts, chance, over = Texts(), random.Random(2), threading.Event()  # noqa: S311
    texts.held["seed", 1] = canonical((seeds_folder() / "china-celac.txt").read_text("utf-8"))
    with httpx.Client(base_url=server.url, timeout=600) as client:
        for number in range(12):
            put(client, texts, f"d{number}", text(number, chance))
        asked = [
            "What does CELAC stand for?" if not at % 10 else
            _QUESTIONS[at % len(_QUESTIONS)].format(place=_PLACES[at // 7 % len(_PLACES)])
            for at in range(_ANSWERS)
        ]  # fmt: skip
        changing = threading.Thread(target=churn, args=(client, texts, over))
        changing.start()

        def ask(question: str) -> list[bool]:
            answer = client.post("/v1/ask", json={"question": question})
            assert answer.status_code == 200, answer.text
            return [check(client, texts, one) for one in answer.json()["citations"]]

        try:
            with ThreadPoolExecutor(_THREADS) as pool:
                resolved = [one for found in pool.map(ask, asked) for one in found]
        finally:
            over.set()
            changing.join()
    assert sum(resolved) > _ANSWERS / 4
    print(f"{_ANSWERS} answers, {len(resolved)} citations, {resolved.count(False)} gone since,")  # noqa: T201
    print(f"{len(texts.held)} revisions, {len(texts.deleted)} of them deleted: 0 untrue")  # noqa: T201


def test_many_threads_get_the_same_answer(server: Server) -> None:
    """As one alone gets it, but for its id and the time it took."""
    question = {"question": "What does CELAC stand for?", "include": ["passages"]}
    with httpx.Client(base_url=server.url, timeout=600) as client:

        def ask(_: int) -> str:
            answer = client.post("/v1/ask", json=question).json()
            return json.dumps({k: v for k, v in answer.items() if k not in {"id", "timings_ms"}})

        alone = ask(0)
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(ask, range(8)))
    assert json.loads(alone)["citations"]
    assert set(together) == {alone}


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_another_process_makes_its_chunks(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=600) as client:
        put(client, Texts(), "aside", "The pier is new. " * 400)
    started = [words_of(one) for one in children(server.process.pid)]
    assert any("citespan.index.background.process" in words for words in started)


def test_a_second_server_leaves_and_names_the_first(server: Server, models_folder: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-P", "-m", "citespan", "serve", "--port", "0"],
        env=environment(server.data, models_folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert second.returncode == 2, second.stderr
    said = second.stderr.splitlines()[-1]
    assert said.startswith(
        f"citespan: process {server.process.pid} is writing to {server.data}; stop it"
    )
    assert httpx.get(f"{server.url}/health/ready", timeout=60).status_code == 200


def test_what_is_acknowledged_is_on_the_disk(server: Server, tmp_path: Path) -> None:
    """At each answer's first byte nothing that it promises would be lost in a power cut."""
    trace, disk = tmp_path / "trace", Disk(server.data, listed(server.data))
    traced_calls = f"trace={NAMING},{WRITING}"
    with (
        httpx.Client(base_url=server.url, timeout=600) as client,
        traced(server.process, trace, "-y", "-s", "32", "-e", traced_calls),
    ):
        sent = [
            client.put("/v1/documents/kept", json={"text": text(1, random.Random(3))}),  # noqa: S311
            client.put("/v1/documents/kept", json={"text": text(2, random.Random(3))}),  # noqa: S311
            client.post("/v1/collections", json={"name": "hr"}),
            client.put("/v1/documents/a?collection=hr", json={"text": "The salary is five."}),
            client.delete("/v1/documents/kept"),
            client.delete("/v1/collections/hr"),
        ]
    assert [one.status_code for one in sent] == [201, 200, 201, 201, 204, 204]
    told = 0
    for call in calls(trace.read_text().splitlines()):
        disk.apply(call)
        if '"HTTP/1.1 2' in call[1]:
            told += 1
            is_put = sent[told - 1].request.method == "PUT"  # which the audit log does not wait for
            audited = str(server.data / "audit.jsonl")
            assert set(disk.at_risk()) <= ({audited} if is_put else set[str]()), told
    assert told == len(sent)
    assert disk.broken == []
