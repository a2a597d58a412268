"""A full disk behind the HTTP routes: 507, and deleting makes room."""

import errno
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from api_client import Client, problem
from faults import NIGHTLY, by_night, scratch_folder, use_words
from litestar.testing import TestClient
from workloads import FailingWrites

from citespan.api.server.app import create_app
from citespan.index.disk.reserve import MOST, RESERVE, Reserve
from citespan.index.errors import StoreFull, StoreUnavailable
from citespan.index.jobs.spool import SpooledFile
from citespan.index.types import Draft
from citespan.qa import Settings, load_settings
from citespan.qa.collections.registry import Collections

LINES = {"content-type": "application/x-ndjson"}


def text_of(number: int, facts: int = 20) -> str:
    return f"Tale {number}. " + " ".join(f"Fact {number * 100 + at} is so." for at in range(facts))


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 6 MiB."""
    with scratch_folder() as room:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(room)],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:
            pytest.skip("no file system may be mounted here")
        yield room
        subprocess.run(["umount", "--lazy", str(room)], check=True)  # a watcher may outlive it


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return use_words(monkeypatch)


@pytest.fixture
def settings(small_disk: Path, environ: dict[str, str]) -> Settings:
    return settings_in(small_disk / "data", environ)


def settings_in(folder: Path, environ: dict[str, str]) -> Settings:
    return load_settings(environ=environ | {"CITESPAN_DATA__PATH": str(folder)})


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with suppress(OSError), (folder / "balloon").open("ab", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    assert shutil.disk_usage(folder).free == 0


def put(client: Client, name: str, text: str, collection: str = "default") -> int:
    where = {"collection": collection}
    return client.put(f"/v1/documents/{name}", params=where, json={"text": text}).status_code


def test_everything_is_507_and_deleting_makes_room(settings: Settings, small_disk: Path) -> None:
    with Collections.open(settings) as collections, TestClient(create_app(collections)) as client:
        assert client.post("/v1/collections", json={"name": "other"}).status_code == 201
        for number in range(8):
            assert put(client, f"d{number}", text_of(number)) == 201
        assert put(client, "o", text_of(100), "other") == 201
        fill(small_disk)
        new = client.post("/v1/documents", json={"text": text_of(50, 6_000)})
        problem(new, 507, "storage-full")
        big = b'{"text": "' + b"x y " * 200_000 + b'"}\n'
        problem(client.post("/v1/jobs", content=big, headers=LINES), 507, "storage-full")
        fill(small_disk)
        problem(client.post("/v1/collections", json={"name": "new"}), 507, "storage-full")
        found = client.post("/v1/search", json={"query": "Tale 3"}).json()["passages"]
        assert {one["document_id"] for one in found} >= {"d0", "d3"}
        for number in range(4):
            assert client.delete(f"/v1/documents/d{number}").status_code == 204
        assert client.delete("/v1/documents/o?collection=other").status_code == 204
        assert put(client, "again", text_of(60)) == 201  # into the room that became free
        assert client.get("/v1/documents/again/text").text == text_of(60)
        assert client.get("/metrics").status_code == 200
        assert client.delete("/v1/collections/other").status_code == 204
    with Collections.open(settings) as collections, TestClient(create_app(collections)) as client:
        listed = client.get("/v1/documents").json()["documents"]
        assert [one["id"] for one in listed] == ["again", *(f"d{n}" for n in range(4, 8))]
        (small_disk / "balloon").unlink()
        assert put(client, "more", text_of(70)) == 201


@by_night
def test_filled_by_what_is_stored_it_can_be_emptied(settings: Settings, small_disk: Path) -> None:
    with Collections.open(settings) as collections, TestClient(create_app(collections)) as client:
        stored: list[int] = []
        for number in count():
            status = put(client, f"d{number}", text_of(number, 3_000))
            if status == 507:
                break
            assert status == 201
            stored.append(number)
        assert len(stored) > 10
        for number in stored[: len(stored) // 2]:
            assert client.delete(f"/v1/documents/d{number}").status_code == 204
        for number in stored[: len(stored) // 4]:
            assert put(client, f"n{number}", text_of(1000 + number, 3_000)) == 201
        fill(small_disk)
        for number in stored[len(stored) // 2 :]:
            assert client.delete(f"/v1/documents/d{number}").status_code == 204
        assert len(client.get("/v1/documents").json()["documents"]) == len(stored) // 4


def test_a_job_on_a_full_disk_goes_on_once_there_is_room(
    settings: Settings, small_disk: Path
) -> None:
    # more than fits where the log of the jobs was, which is emptied on a full disk
    entries = [SpooledFile(name=f"{n}", draft=Draft(text=text_of(n, 300))) for n in range(40)]
    with Collections.open(settings) as collections:
        job = collections.submit("default", entries)
        other = collections.submit("default", entries[:1])
        fill(small_disk)
        collections.start_jobs()
        while (state := collections.jobs.job(job.id)[0]).reason is None:
            assert state.finished_at is None
            time.sleep(0.02)
        assert "the disk is full" in state.reason
        assert collections.jobs.cancel(other.id).state == "cancelled"
        (small_disk / "balloon").unlink()
        while (state := collections.jobs.job(job.id)[0]).finished_at is None:
            time.sleep(0.02)
        assert (state.state, state.outcomes) == ("done", {"added": 40})


@pytest.mark.parametrize("times", ["once", "always"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("what", ["job", "collection", "reindex"])
def test_each_write_fails(
    tmp_path: Path, environ: dict[str, str], what: str, error: str, times: str
) -> None:
    """It is done, or refused as such, and nothing of it is there."""
    expected = StoreFull if error == "ENOSPC" else StoreUnavailable
    for nth in count(1, 1 if NIGHTLY else 9):
        folder = tmp_path / str(nth)
        with Collections.open(settings_in(folder, environ)) as collections:
            collections.jobs.jobs()
            fault = FailingWrites(nth, getattr(errno, error), for_good=times == "always")
            done = True
            try:
                with fault():
                    act(collections, what)
            except expected:
                done = False
            assert len(collections.jobs.jobs()) == (done and what != "collection")
            assert ("new" in collections.names()) == (done and what == "collection")
        if not fault.fired:
            assert done
            break


def act(collections: Collections, what: str) -> None:
    if what == "job":
        collections.submit("default", [SpooledFile(name="a", draft=Draft(text="Text."))])
    elif what == "collection":
        collections.create("new", {})
    else:
        collections.reindex("default", {"chunking": {"max_tokens": 40}})


def test_the_reserve_is_an_eighth_of_a_small_disk(small_disk: Path) -> None:
    reserve = Reserve(small_disk)
    file = small_disk / RESERVE
    assert file.stat().st_size == (6 << 20) // 8 < MOST
    with reserve.lent() as loan:
        assert loan is None  # there is room
    fill(small_disk)
    with reserve.lent() as loan:
        assert loan is not None
        assert (loan.allows(0, removing=False), loan.allows(8192, removing=False)) == (True, False)
        assert loan.allows(8192, removing=True)
        assert file.stat().st_size == 256 << 10
        loan.give_last()
        assert file.stat().st_size == 0
    assert file.stat().st_size == (6 << 20) // 8
