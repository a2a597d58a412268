"""Collections reindexed while they answer: by a job, and back by one call."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from api_client import Client, problem
from api_jobs import events, finished
from faults import use_words
from litestar.testing import TestClient
from msgspec.structs import replace

from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import Settings, load_settings
from citespan.qa.collections.registry import Collections

HUNT = (
    "They hunt at dusk, when mice and voles leave their holes to look for seeds, for berries and"
    " for each other."
)
TEXTS = {
    "cats": (
        "Cats sleep for most of the day, on warm stones, on cushions and in the laps of the people"
        f" that they own.\n\n{HUNT}"
    ),
    "trade": (
        "Exports of copper grew by a third in the year after the mine near the coast was opened"
        " again.\n\nImports of grain fell, as the harvest was good and the price of wheat had gone"
        " up in spring."
    ),
}
SMALLER = {"chunking": {"max_tokens": 32}}
URL = "/v1/collections/default"


@pytest.fixture
def settings(tmp_path: Path, models_folder: Path) -> Settings:
    return load_settings(
        environ={
            "CITESPAN_DATA__PATH": str(tmp_path / "data"),
            "CITESPAN_DATA__MODELS": str(models_folder),
            "CITESPAN_DATA__SEED": "false",
        }
    )


@pytest.fixture
def collections(settings: Settings) -> Iterator[Collections]:
    with Collections.open(settings) as opened:
        for name, text in TEXTS.items():
            opened.service().corpus.put(Draft(id=name, text=text))
        yield opened


@pytest.fixture
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections)) as opened:
        yield opened


def best(client: Client, query: str = "When do cats hunt?") -> str:
    found = client.post("/v1/search", json={"query": query}).json()
    return client.get(found["passages"][0]["url"]).text


def test_smaller_chunks_and_back(client: Client, settings: Settings) -> None:
    assert best(client) == TEXTS["cats"]
    accepted = client.post(f"{URL}/reindex", json=SMALLER)
    made = accepted.json()
    assert (made["kind"], made["collection"], made["settings"]) == ("reindex", "default", SMALLER)
    job = finished(client, accepted)
    assert (job["state"], job["files"], job["files_done"]) == ("done", 2, 2)
    assert (job["outcomes"], job["chunks"], job["results"]) == ({"reindexed": 2}, 4, [])
    assert best(client).strip() == HUNT
    now = client.get(URL).json()
    assert (now["chunks"], now["chunk_tokens"], now["settings"]) == (4, 32, SMALLER)
    client.put("/v1/documents/new", json={"text": "Volcanoes erupt now and then."})
    back = client.post(f"{URL}/rollback")
    assert back.status_code == 200
    assert (back.json()["chunks"], back.json()["chunk_tokens"]) == (3, 150)
    assert best(client) == TEXTS["cats"]
    assert best(client, "volcanoes") == "Volcanoes erupt now and then."
    assert client.post(f"{URL}/rollback").json()["chunk_tokens"] == 32


def test_it_is_so_after_a_restart(settings: Settings) -> None:
    with Collections.open(settings) as opened, TestClient(create_app(opened)) as client:
        opened.service().corpus.put(Draft(id="cats", text=TEXTS["cats"]))
        finished(client, client.post(f"{URL}/reindex", json=SMALLER))
    with Collections.open(settings) as opened, TestClient(create_app(opened)) as client:
        assert best(client).strip() == HUNT
        assert client.get(URL).json()["settings"] == SMALLER
        assert client.post(f"{URL}/rollback").json()["chunk_tokens"] == 150


def test_an_embedder_without_a_version_in_its_name_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = use_words(monkeypatch) | {"CITESPAN_DATA__PATH": str(tmp_path / "words")}
    with (
        Collections.open(load_settings(environ=environ)) as opened,
        TestClient(create_app(opened)) as client,
    ):
        client.put("/v1/documents/cats", json={"text": TEXTS["cats"]})
        finished(client, client.post(f"{URL}/reindex", json=SMALLER))
        assert client.post(f"{URL}/rollback").json()["chunk_tokens"] == 60


def test_another_collection_keeps_its_other_settings(client: Client) -> None:
    own: dict[str, Any] = {"chunking": {"max_tokens": 60}, "evidence": {"min_confidence": 0.9}}
    client.post("/v1/collections", json={"name": "trade", **own})
    url = "/v1/collections/trade"
    finished(client, client.post(f"{url}/reindex", json=SMALLER))
    assert client.get(url).json()["settings"] == own | SMALLER
    assert client.get(URL).json()["settings"] == {}


def test_progress_cancelling_and_what_is_refused_meanwhile(
    client: Client, collections: Collections
) -> None:
    long = " ".join(f"Sentence {n} tells of salt and of the sea." for n in range(900))
    client.put("/v1/documents/long", json={"text": long})
    accepted = client.post(f"{URL}/reindex", json=SMALLER)
    url = accepted.headers["location"]
    while not (current := client.get(url).json()["current"]) or not current["chunks_done"]:
        time.sleep(0.02)
    assert current["name"] == "long"
    assert current["chunks"] > 200
    (told,) = client.get("/health/ready").json()["rebuilding"]
    assert told == {
        "collection": "default", "what": "chunks", "documents_done": 1, "documents": 3, "job": url,
    }  # fmt: skip
    problem(client.post(f"{URL}/reindex", json=SMALLER), 409, "reindex-running")
    problem(client.post(f"{URL}/rollback"), 409, "reindex-running")
    assert best(client) == TEXTS["cats"]
    assert client.delete(url).json()["state"] == "cancelled"
    kinds = {kind for kind, _ in events(client, url)}
    assert kinds == {"job.done"} or kinds == {"job.progress", "job.done"}
    assert client.get("/health/ready").json()["rebuilding"] == []
    assert client.get(URL).json()["chunk_tokens"] == 150
    assert len(collections.service().corpus.builds.all()) == 1
    problem(client.post(f"{URL}/rollback"), 409, "no-earlier-chunks")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"chunking": {"max_tokens": 5000}}, "chunking.max_tokens"),
        ({"chunking": {"max_tokens": 0}}, None),
        ({"embedding": {"model": "/etc"}}, "embedding.model"),
        ({"embedding": {"runtime": "torch"}}, None),
        ({"retrieval": {"top_k": 3}}, None),
    ],
)
def test_other_settings_are_refused(client: Client, body: object, field: str | None) -> None:
    refused = problem(client.post(f"{URL}/reindex", json=body), 422, "invalid-request")
    if field:
        assert refused["errors"][0]["field"] == field
    assert client.get("/v1/jobs").json()["jobs"] == []


def test_nothing_to_change(client: Client) -> None:
    same = {"chunking": {"max_tokens": 150}, "embedding": {"model": "all-MiniLM-L6-v2"}}
    for body in ({}, same):
        problem(client.post(f"{URL}/reindex", json=body), 409, "chunks-unchanged")
    for action in ("reindex", "rollback"):
        url = f"/v1/collections/none/{action}"
        problem(client.post(url, json={}), 404, "collection-not-found")


_CHILD = """
import sys, time
import msgspec
from citespan.qa import Settings
from citespan.qa.collections.registry import Collections
with Collections.open(msgspec.json.decode(sys.argv[1], type=Settings)) as opened:
    job = opened.reindex("default", {"chunking": {"max_tokens": 32}})
    opened.start_jobs()
    while opened.jobs.job(job.id)[0].finished_at is None:
        time.sleep(0.001)
"""


def killed(settings: Settings, commit: int) -> bool:
    """Whether a child that reindexes was killed after so many commits, or was done before."""
    environ = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "CITESPAN_CRASH_AT": f"catalogue.after-commit:{commit}",
    }
    told = msgspec.json.encode(settings).decode()
    child = subprocess.run([sys.executable, "-c", _CHILD, told], env=environ, check=False)
    assert child.returncode in {0, -signal.SIGKILL}
    return child.returncode != 0


def test_killed_after_any_of_its_commits_it_answers_and_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    with Collections.open(settings) as opened:
        opened.service().corpus.put(Draft(id="cats", text=TEXTS["cats"]))
    known = {"150": TEXTS["cats"], "32": HUNT}
    seen: list[tuple[str, int]] = []
    for commit in count(1):
        folder = tmp_path / str(commit)
        shutil.copytree(settings.data_path(), folder)
        here = replace(settings, data=replace(settings.data, path=str(folder)))
        if not killed(here, commit):
            break
        with Collections.open(here) as opened:
            corpus, jobs = opened.service().corpus, opened.jobs.jobs()
            size = corpus.build().settings["chunk_tokens"]
            assert opened.service().search("When do cats hunt?")[0].text.strip() == known[size]
            seen.append((size, len(jobs)))
            with TestClient(create_app(opened)) as client:
                for job in jobs:
                    kind, told = events(client, f"/v1/jobs/{job.id}")[-1]
                    assert (kind, told["state"], told["files_done"]) == ("job.done", "done", 1)
                    assert best(client).strip() == known["32"]
                    assert client.post(f"{URL}/rollback").json()["chunk_tokens"] == 150
            assert corpus.health.check() == []
    assert list(dict.fromkeys(seen)) == [("150", 0), ("150", 1), ("32", 1)]
