"""A server that is killed at any moment of a job: nothing that it accepted is lost or doubled."""

import random
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import start

FILES = 20
KILLS = 3
EVENTS = {"accept": "text/event-stream"}


@contextmanager
def serving(folder: Path, models: Path) -> Generator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = start(folder, models)
    assert process.stdout
    url = process.stdout.readline().strip()
    with process, httpx.Client(base_url=url, timeout=20) as client:
        try:
            while client.get("/health/ready").status_code != 200:
                time.sleep(0.02)
            yield process, client
        finally:
            process.kill()
            process.communicate()


def send(client: httpx.Client, name: str) -> str:
    files = [
        ("files", (f"{name}-{n}.txt", f"File {n} of {name} tells of {n * 7} birds.", "text/plain"))
        for n in range(FILES)
    ]
    accepted = client.post("/v1/jobs", files=files)
    assert accepted.status_code == 202
    return accepted.headers["location"]


def finished(client: httpx.Client, url: str) -> dict[str, Any]:
    """The job once it has ended, which its stream of events awaits."""
    assert "event: job.done" in client.get(url, headers=EVENTS, timeout=60).text
    return client.get(url).json()


@pytest.mark.parametrize("seed", [1])
def test_a_killed_server_goes_on_with_its_jobs(
    models_folder: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    urls: list[str] = []
    for cycle in range(KILLS):
        with serving(tmp_path, models_folder) as (process, client):
            urls.append(send(client, f"cycle{cycle}"))
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
    with serving(tmp_path, models_folder) as (process, client):
        jobs = [finished(client, url) for url in urls]
        documents = client.get("/v1/documents?limit=1000").json()["documents"]
        stored = {one["id"]: one for one in documents}
        for cycle, job in enumerate(jobs):
            assert (job["state"], job["files_done"]) == ("done", FILES)
            for n, file in enumerate(job["results"]):
                assert file["outcome"] in {"added", "unchanged"}, file
                document = stored.pop(file["document_id"])
                assert document["revision"] == 1
                assert document["title"] == file["name"] == f"cycle{cycle}-{n}.txt"
                text = client.get(document["url"]).text
                assert text == f"File {n} of cycle{cycle} tells of {n * 7} birds."
            again = sum(file["outcome"] == "unchanged" for file in job["results"])
            assert again <= KILLS  # at most one for each kill: what was just being recorded
        assert set(stored) == {"seed"}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_stream_of_events_does_not_keep_a_server_from_stopping(
    models_folder: Path, tmp_path: Path
) -> None:
    long = " ".join(f"Sentence {n} tells of salt and of the sea." for n in range(800))
    with serving(tmp_path, models_folder) as (process, client):
        accepted = client.post("/v1/jobs", files={"files": ("long.txt", long, "text/plain")})
        url = accepted.headers["location"]
        with client.stream("GET", url, headers=EVENTS) as response:
            lines = response.iter_lines()
            assert next(lines) == "event: job.progress"
            process.send_signal(signal.SIGTERM)
            assert not any(line == "event: job.done" for line in lines)
        _, written = process.communicate(timeout=15)
        assert process.returncode == 0, written
        assert "Traceback" not in written
    with serving(tmp_path, models_folder) as (_, client):
        job = finished(client, url)
        assert [file["outcome"] for file in job["results"]] == ["added"]
