"""Sources over HTTP and by themselves: syncs as jobs, web hooks, intervals, watched folders."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_client import Client, problem
from api_jobs import finished
from faults import text_of, use_words
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.qa import AuditLog, Settings, load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.collections.schedule import Schedule
from citespan.qa.sources import Definition, LastRun, SourceFiles, SourceState

SECRET = "heliotrope"  # noqa: S105
RUNS, HOOK = "/v1/sources/notes/runs", "/v1/sources/notes/hook"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(text_of(number))
    return folder


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    environ = {"CITESPAN_DATA__PATH": str(tmp_path / "data")} | use_words(monkeypatch)
    return load_settings(environ=environ | {"CITESPAN_SOURCES__HOOK_SECRET": SECRET})


@pytest.fixture
def files(settings: Settings, notes: Path) -> SourceFiles:
    made = SourceFiles(settings.data_path())
    made.add(Definition(name="notes", kind="folder", address=str(notes)))
    return made


@pytest.fixture
def collections(settings: Settings, files: SourceFiles) -> Iterator[Collections]:
    with Collections.open(settings) as opened:
        yield opened


@pytest.fixture
def client(settings: Settings, collections: Collections) -> Iterator[Client]:
    log = AuditLog(path=settings.data_path() / "audit.jsonl")
    with TestClient(create_app(collections, operation=Operation(audit=log))) as opened:
        yield opened


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={made}"}


def test_a_sync_is_a_job_with_an_outcome_for_each_file(client: Client, notes: Path) -> None:
    (found,) = client.get("/v1/sources").json()["sources"]
    assert (found["name"], found["kind"], found["last"]) == ("notes", "folder", None)
    job = finished(client, client.post(RUNS))
    assert (job["kind"], job["state"], job["reason"]) == ("sync", "done", None)
    assert job["settings"] == {"source": "notes", "force": False}
    assert {one["name"]: one["outcome"] for one in job["results"]} == {
        f"{number}.txt": "added" for number in range(3)
    }
    (notes / "0.txt").unlink()
    (notes / "1.txt").rename(notes / "one.txt")
    job = finished(client, client.post(RUNS))
    assert job["outcomes"] == {"unchanged": 1, "moved": 1, "removed": 1}
    assert job["files"] == job["files_done"] == 3
    last = client.get("/v1/sources/notes").json()["last"]
    assert last["outcomes"] == {"unchanged": 1, "moved": 1, "removed": 1}
    assert last["ended_at"] == last["succeeded_at"]
    assert client.get("/v1/documents").json()["documents"][0]["metadata"] == {"source": "notes"}


def test_a_folder_that_is_lost_deletes_nothing_and_says_so(client: Client, notes: Path) -> None:
    finished(client, client.post(RUNS))
    succeeded = client.get("/v1/sources/notes").json()["last"]["succeeded_at"]
    notes.rename(notes.with_name("elsewhere"))
    job = finished(client, client.post(f"{RUNS}?force=true"))
    assert job["state"] == "done"
    assert "cannot be listed" in job["reason"]
    notes.mkdir()
    job = finished(client, client.post(RUNS))
    assert "3 of 3 entries are gone" in job["reason"]
    last = client.get("/v1/sources/notes").json()["last"]
    assert (last["problem"], last["succeeded_at"]) == (job["reason"], succeeded)
    assert len(client.get("/v1/documents").json()["documents"]) == 3
    assert finished(client, client.post(f"{RUNS}?force=true"))["outcomes"] == {"removed": 3}
    assert client.get("/v1/documents").json()["documents"] == []


def test_a_sync_that_waits_is_not_submitted_twice(collections: Collections) -> None:
    first = collections.syncs.begin("notes")
    assert collections.syncs.begin("notes").id == first.id
    assert collections.syncs.begin("notes", force=True).id != first.id


def test_a_sync_of_a_source_or_collection_that_was_removed_is_cancelled(
    client: Client, collections: Collections, files: SourceFiles, notes: Path
) -> None:
    problem(client.post("/v1/sources/none/runs"), 404, "source-not-found")
    collections.create("old", {})
    files.add(Definition(name="old", kind="folder", address=str(notes), collection="old"))
    collections.delete("old")
    problem(client.post("/v1/sources/old/runs"), 404, "collection-not-found")


class TestHooks:
    def test_a_signed_one_begins_a_sync(self, client: Client, collections: Collections) -> None:
        body = b'{"ref": "refs/heads/main"}'
        sent = client.post(HOOK, content=body, headers=signed(body))
        assert (sent.status_code, sent.content) == (202, b"")
        assert [job.kind for job in collections.jobs.jobs()] == ["sync"]
        log = (Path(str(collections._settings.data_path())) / "audit.jsonl").read_text()  # pyright: ignore[reportPrivateUsage]
        assert '"action":"source.sync"' in log

    @pytest.mark.parametrize("path", [HOOK, "/v1/sources/none/hook"])
    def test_others_learn_nothing(
        self, client: Client, collections: Collections, path: str
    ) -> None:
        for headers in (signed(b"x", "other"), signed(b"y"), {"X-Hub-Signature-256": "sha256="}):
            problem(client.post(path, content=b"x", headers=headers), 403, "forbidden")
        assert collections.jobs.jobs() == []

    def test_without_a_secret_there_are_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        environ = {"CITESPAN_DATA__PATH": str(tmp_path / "other")} | use_words(monkeypatch)
        with (
            Collections.open(load_settings(environ=environ)) as opened,
            TestClient(create_app(opened)) as client,
        ):
            said = problem(client.post(HOOK, headers=signed(b"", "")), 403, "forbidden")
        assert "sources.hook_secret" in said["detail"]


def test_the_last_success_is_a_metric(client: Client, files: SourceFiles) -> None:
    name = 'citespan_source_last_success_seconds{source="notes"}'
    assert name not in client.get("/metrics").text
    finished(client, client.post(RUNS))
    last = files.state("notes").last
    assert last
    assert last.succeeded_at
    time = datetime.fromisoformat(last.succeeded_at).timestamp()
    (line,) = [one for one in client.get("/metrics").text.splitlines() if one.startswith(name)]
    assert float(line.split()[-1]) == time


class TestSchedule:
    """What is due is begun once, and again only after its interval."""

    def begun(self, *states: SourceState, looks: int = 2) -> list[str]:
        names: list[str] = []

        def begin(name: str, *, changed: bool) -> None:
            assert not changed
            names.append(name)

        schedule = Schedule(lambda: list(states), begin)
        for _ in range(looks):
            schedule.look()
        schedule.close()
        return names

    def state(self, ago_s: int | None, every_s: int | None = 60) -> SourceState:
        definition = Definition(name="notes", kind="folder", address="/x", every_s=every_s)
        if every_s is None:
            return SourceState(definition=definition, last=None, next_at=None)
        now = datetime.now(UTC)
        if ago_s is None:
            return SourceState(definition=definition, last=None, next_at=now)
        ended = now - timedelta(seconds=ago_s)
        return SourceState(
            definition=definition,
            last=LastRun(ended_at=ended.isoformat()),
            next_at=ended + timedelta(seconds=every_s),
        )

    def test_a_source_without_an_interval_is_read_only_when_asked(self) -> None:
        assert self.begun(self.state(None, None)) == []

    def test_a_new_one_and_one_whose_time_has_come_are_begun_once(self) -> None:
        assert self.begun(self.state(None)) == ["notes"]
        assert self.begun(self.state(100)) == ["notes"]
        assert self.begun(self.state(10)) == []

    def test_damaged_definitions_stop_nothing(self, files: SourceFiles, tmp_path: Path) -> None:
        (tmp_path / "data/sources/bad.json").write_text("{")
        begun: list[str] = []

        def begin(name: str, *, changed: bool) -> None:
            begun.append(name)

        schedule = Schedule(files.states, begin)
        schedule.look()
        assert begun == []
        schedule.close()


def test_intervals_are_kept_by_a_server(
    client: Client, collections: Collections, files: SourceFiles, notes: Path
) -> None:
    """The schedule of the server looks every few seconds; here it is asked to look at once."""
    files.add(Definition(name="often", kind="folder", address=str(notes), every_s=60))
    collections.syncs._schedule.look()  # pyright: ignore[reportPrivateUsage]
    (job,) = [one for one in collections.jobs.jobs() if one.arguments["source"] == "often"]
    while collections.jobs.job(job.id)[0].finished_at is None:
        threading.Event().wait(0.01)
    assert collections.service().corpus.tracking.sources() == {"often": 3}


def test_a_change_of_a_watched_folder_is_stored_as_it_happens(
    client: Client, collections: Collections, files: SourceFiles, notes: Path
) -> None:
    pytest.importorskip("watchfiles")
    files.add(Definition(name="watched", kind="folder", address=str(notes), watch=True))
    collections.syncs._schedule.look()  # pyright: ignore[reportPrivateUsage]
    corpus = collections.service().corpus
    while corpus.tracking.sources().get("watched") != 3:
        threading.Event().wait(0.01)
    number = 0
    while corpus.tracking.sources().get("watched") != 4:
        number += 1
        (notes / "new.txt").write_text(text_of(100 + number))
        threading.Event().wait(0.3)
    (notes / "new.txt").unlink()
    while corpus.tracking.sources().get("watched") != 3:
        threading.Event().wait(0.01)
