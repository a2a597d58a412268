"""Jobs as they are kept and run: what was accepted is stored once, whatever happens between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import apsw
import pytest
from postgres_server import PostgresServer, postgres_server

from citespan.index import Corpus, Draft, OnnxEmbedder
from citespan.index.catalogue import CatalogueServer
from citespan.index.errors import JobNotFound, StoreCorrupt, StoreMismatch, StoreUnavailable
from citespan.index.jobs.check import JobsReport, check_jobs
from citespan.index.jobs.folder import FolderJobs
from citespan.index.jobs.spool import SpooledFile
from citespan.index.jobs.store import KEPT, JobStore
from citespan.index.jobs.types import FileOutcome, FileResult, Job, JobState
from citespan.index.reading import FileReader, ReadFile
from citespan.index.shared import ServerJobs
from citespan.index.types import Vectors
from citespan.qa.collections import jobs as qa_jobs
from citespan.qa.collections.jobs import INGEST, Jobs
from citespan.qa.collections.tasks import Current, Stopped, Task, ingest_work
from citespan.qa.files import Source, ingest

Work = Callable[[Task], str | None]


def entries(*texts: str) -> list[SpooledFile]:
    return [SpooledFile(name=text[:50], draft=Draft(text=text, uri=text[:50])) for text in texts]


class Kept(Protocol):
    """Where jobs are kept."""

    def open(self) -> JobStore: ...

    def waiting(self) -> list[str]:
        """The jobs whose documents wait to be stored."""
        ...


class InFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> JobStore:
        return FolderJobs(self._folder)

    def waiting(self) -> list[str]:
        return [path.name for path in (self._folder / "jobs").iterdir()]


class OnServer:
    def __init__(self, server: PostgresServer) -> None:
        self._server, self.url = server, server.database()

    def open(self) -> JobStore:
        return ServerJobs(CatalogueServer(url=self.url, name="default"))

    def waiting(self) -> list[str]:
        asked = "SELECT DISTINCT job_id FROM citespan_shared.contents"
        return [row[0] for row in self._server.run(asked, self.url)]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(params=["folder", "server"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "folder":
        return InFolder(tmp_path)
    return OnServer(request.getfixturevalue("postgres"))


def runner(kept: Kept, work: Work) -> Jobs:
    jobs = Jobs(kept.open(), {INGEST: work})
    jobs.start()
    return jobs


def until(jobs: Jobs, job: Job, condition: Callable[[Job], bool]) -> Job:
    found, _ = jobs.job(job.id)
    while not condition(found):
        threading.Event().wait(0.005)
        found, _ = jobs.job(job.id)
    return found


def ended(jobs: Jobs, job: Job) -> Job:
    return until(jobs, job, lambda found: found.finished_at is not None)


@pytest.fixture
def store(kept: Kept) -> Iterator[JobStore]:
    with closing(kept.open()) as opened:
        yield opened


def draft_of(file: SpooledFile) -> Draft:
    assert file.draft
    return file.draft


def storing(corpus: Corpus) -> Any:
    """What a service gives to the work of a job."""
    return SimpleNamespace(corpus=corpus, files=FileReader())


def test_what_was_submitted_is_there_after_a_restart(kept: Kept) -> None:
    sent = [*entries("á🐍", "b\0"), SpooledFile(name="c", reason="broken")]
    with closing(kept.open()) as store:
        job = store.submit(INGEST, "default", sent)
        store.begin(job.id)
        store.record(job.id, 0, FileResult(outcome=FileOutcome.ADDED, document_id="d", chunks=3))
    with closing(kept.open()) as store:
        found = store.job(job.id)
        assert (found.state, found.files, found.files_done, found.chunks) == ("queued", 3, 2, 3)
        assert found.outcomes == {FileOutcome.ADDED: 1, FileOutcome.REJECTED: 1}
        assert found.started_at is not None
        (left,) = store.waiting(job.id)
        assert store.entry(job.id, left) == ReadFile(draft=draft_of(sent[1]))
        files = store.files(job.id)
        assert [file.name for file in files] == ["á🐍", "b\0", "c"]
        assert files[1].result is None
        assert files[2].result == FileResult(outcome=FileOutcome.REJECTED, reason="broken")
        assert store.next() == found


def test_a_job_that_has_ended_works_on_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Current | None] = []

    def work(task: Task) -> None:
        task.progress("a", 1, 2)
        shown.append(jobs.job(task.job.id)[1])

    store = kept.open()
    finish = store.finish

    def seen_at_once(job_id: str, state: JobState, reason: str | None = None) -> None:
        finish(job_id, state, reason)
        shown.append(jobs.job(job_id)[1])

    monkeypatch.setattr(store, "finish", seen_at_once)
    jobs = Jobs(store, {INGEST: work})
    jobs.start()
    with closing(jobs):
        ended(jobs, jobs.submit(entries("a"), "default"))
    assert shown == [Current(name="a", chunks_done=1, chunks=2), None]


def test_what_is_not_needed_any_more_is_removed(kept: Kept, store: JobStore) -> None:
    done, failed, cancelled, queued = (
        store.submit(INGEST, "default", entries(name)).id for name in "abcd"
    )
    store.finish(done, JobState.DONE)
    store.finish(failed, JobState.FAILED, "why")
    store.cancel(cancelled, running=True)  # and then the process is killed
    assert set(kept.waiting()) == {failed, cancelled, queued}
    with closing(kept.open()) as again:
        assert set(kept.waiting()) == {failed, queued}
        assert [job.state for job in again.jobs()] == ["queued", "cancelled", "queued", "done"]
        assert again.job(cancelled).finished_at is not None
        assert again.job(failed).reason is None


def test_only_the_last_ended_jobs_are_remembered(store: JobStore) -> None:
    failed = store.submit(INGEST, "default", entries("f")).id
    store.finish(failed, JobState.FAILED)
    ids = [store.submit(INGEST, "default", entries("x")).id for _ in range(KEPT + 2)]
    for job_id in ids[:-1]:
        store.finish(job_id, JobState.DONE)
    with pytest.raises(JobNotFound):
        store.job(ids[0])
    assert store.files(ids[0]) == []
    assert [job.id for job in store.jobs()] == [*reversed(ids[1:]), failed]


def test_what_half_a_job_left_is_removed(tmp_path: Path) -> None:
    FolderJobs(tmp_path).close()
    (tmp_path / "jobs" / "job_half").write_bytes(b"{")
    FolderJobs(tmp_path).close()
    assert InFolder(tmp_path).waiting() == []


def test_what_is_wrong_with_jobs_is_found_beside_whoever_runs_them(tmp_path: Path) -> None:
    store = FolderJobs(tmp_path)
    assert check_jobs(tmp_path / "none") == JobsReport(states={}, problems=[], leftovers=0)
    failed, queued, done = (store.submit(INGEST, "default", entries(name)).id for name in "abc")
    store.finish(failed, JobState.FAILED, "the reason")
    store.finish(done, JobState.DONE)
    (tmp_path / "jobs" / "job_half").write_bytes(b"{")
    found = check_jobs(tmp_path)
    assert found.states == {"failed": 1, "queued": 1, "done": 1}
    assert (found.problems, found.leftovers) == ([f"job {failed} failed: the reason"], 1)
    (tmp_path / "jobs" / queued).unlink()
    lost = f"the documents of job {queued} are missing"
    assert check_jobs(tmp_path).problems == [f"job {failed} failed: the reason", lost]
    store.close()
    (tmp_path / "jobs.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreCorrupt):
        check_jobs(tmp_path)


def test_an_entry_that_fails_leaves_nothing(kept: Kept, store: JobStore) -> None:
    def broken() -> Iterator[SpooledFile]:
        yield from entries("a")
        raise LookupError

    with pytest.raises(LookupError):
        store.submit(INGEST, "default", broken())
    assert (store.jobs(), kept.waiting()) == ([], [])


def test_jobs_of_a_later_version_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    FolderJobs(tmp_path).close()
    later: Any = apsw.Connection(str(tmp_path / "jobs.db"), vfs="cksmvfs")
    with closing(later):
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreMismatch):
        FolderJobs(tmp_path)
    (tmp_path / "jobs.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreCorrupt):
        FolderJobs(tmp_path)


@pytest.mark.parametrize("version", [1, 3, 99])
def test_jobs_of_another_version_are_refused_and_left_alone(tmp_path: Path, version: int) -> None:
    with closing(FolderJobs(tmp_path)) as store:
        job = store.submit(INGEST, "default", entries("a", "b"))
    for now in (version, 5):
        db: Any = apsw.Connection(str(tmp_path / "jobs.db"))
        db.execute(f"PRAGMA user_version = {now}")
        db.close()
        if now == version:
            with pytest.raises(StoreMismatch, match=f"version {version}, this citespan knows 5"):
                FolderJobs(tmp_path)
    with closing(FolderJobs(tmp_path)) as store:
        assert store.jobs() == [job]
        assert [piece.name for piece in store.waiting(job.id)] == ["a", "b"]


def test_a_damaged_draft_is_not_stored(tmp_path: Path) -> None:
    with closing(FolderJobs(tmp_path)) as store:
        job = store.submit(
            INGEST, "default", [SpooledFile(name="a", draft=Draft(text="Cats meow."))]
        )
        (piece,) = store.waiting(job.id)
        assert store.entry(job.id, piece) == ReadFile(draft=Draft(text="Cats meow."))
        file = tmp_path / "jobs" / job.id
        whole = file.read_bytes()
        for bit in range(8 * len(whole)):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            file.write_bytes(changed)
            with pytest.raises(StoreCorrupt):
                store.entry(job.id, piece)


def test_a_job_goes_on_where_it_was_stopped(
    kept: Kept, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    texts = [f"Document {n}." for n in range(5)]
    copy = SpooledFile(name="copy", draft=Draft(text=texts[0], uri="copy"))
    rounds: list[list[int]] = []

    def work(task: Task) -> None:
        rounds.append([])

        def keep(source: Source, result: FileResult) -> None:
            rounds[-1].append(source.number)
            task.record(source, result)
            if source.number == 2:
                raise Stopped

        ingest(corpus, task.sources(FileReader()), seen=task.stored(), on_result=keep)

    with Corpus.open(tmp_path, embedder) as corpus:
        with closing(runner(kept, work)) as jobs:
            job = jobs.submit([*entries(*texts), copy], "default")
            assert ended(jobs, job).outcomes == {FileOutcome.ADDED: 5, FileOutcome.DUPLICATE: 1}
            results = [file.result for file in jobs.files(job.id)]
        assert [sorted(numbers) for numbers in rounds] == [[0, 1, 2], [3, 4, 5]]
        assert results[5]
        assert results[5].reason == "the same text as Document 0."
        assert [corpus.get(r.document_id or "").text for r in results[:5] if r] == texts
        assert corpus.counts() == (5, 5)


class Halting:
    """An embedder that goes on behind the first batch of a long text only once it is told to."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self._embedder, self._batches = embedder, 0
        self.told = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_documents(self, texts: list[str]) -> Vectors:
        self._batches += len(texts) > 1
        assert self._batches < 2 or self.told.wait(300)
        return self._embedder.embed_documents(texts)


def test_nothing_of_a_long_file_is_stored_when_it_is_cancelled_within(
    kept: Kept, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    long = " ".join(f"Sentence {n} tells of salt and of the sea." for n in range(400))
    halting: Any = Halting(embedder)
    with Corpus.open(tmp_path, halting, chunk_tokens=32) as corpus:
        with closing(runner(kept, ingest_work(lambda _: storing(corpus)))) as jobs:
            job = jobs.submit(entries("Short.", long, "Last."), "default")
            while not (current := jobs.job(job.id)[1]) or not current.chunks_done:
                threading.Event().wait(0.005)
            assert jobs.cancel(job.id).state == "cancelled"
            halting.told.set()
            assert ended(jobs, job).outcomes == {FileOutcome.ADDED: 1}
        assert corpus.counts() == (1, 1)
        assert kept.waiting() == []


def test_a_job_that_fails_is_kept_and_tried_again(
    kept: Kept, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    def broken(_: Task) -> None:
        raise ZeroDivisionError("/secret")

    with Corpus.open(tmp_path, embedder) as corpus:
        with closing(runner(kept, broken)) as jobs:
            job = jobs.submit(entries("Text."), "default")
            found = ended(jobs, job)
            assert found.state == "failed"
            assert "secret" not in (found.reason or "")
            assert kept.waiting() == [job.id]
        with closing(runner(kept, ingest_work(lambda _: storing(corpus)))) as jobs:
            done = until(jobs, job, lambda found: found.state == "done")
            assert (done.reason, done.outcomes) == (None, {FileOutcome.ADDED: 1})


def test_a_failed_job_can_be_given_up(kept: Kept) -> None:
    def broken(_: Task) -> None:
        raise ZeroDivisionError

    with closing(runner(kept, broken)) as jobs:
        job = jobs.submit(entries("Text."), "default")
        ended(jobs, job)
        assert jobs.cancel(job.id).state == "cancelled"
        assert kept.waiting() == []


def test_a_job_waits_until_storage_is_there(
    kept: Kept, tmp_path: Path, embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa_jobs, "_FIRST_PAUSE_S", 0.01)
    failures = iter(range(3))
    with Corpus.open(tmp_path, embedder) as corpus:

        def at_first_full(task: Task) -> None:
            if next(failures, None) is not None:
                raise StoreUnavailable("/secret: no space left on device")
            ingest_work(lambda _: storing(corpus))(task)

        with closing(runner(kept, at_first_full)) as jobs:
            job = jobs.submit(entries("Text."), "default")
            done = ended(jobs, job)
        assert (done.state, done.reason) == ("done", None)
        assert corpus.counts() == (1, 1)


def test_jobs_run_one_after_another(kept: Kept) -> None:
    order: list[str] = []
    running = threading.Lock()

    def work(task: Task) -> None:
        assert running.acquire(blocking=False)
        order.append(task.job.id)
        running.release()

    with closing(runner(kept, work)) as jobs:
        sent = [jobs.submit(entries(str(n)), "default") for n in range(20)]
        for job in sent:
            assert ended(jobs, job).state == "done"
    assert order == [job.id for job in sent]


class TestSeveralServers:
    """Servers that share their jobs."""

    @pytest.fixture
    def kept(self, postgres: PostgresServer) -> OnServer:
        return OnServer(postgres)

    def test_a_collection_s_jobs_run_at_one_server_at_a_time(self, kept: OnServer) -> None:
        order: list[str] = []
        running = {"a": threading.Lock(), "b": threading.Lock()}
        both = threading.Barrier(2)

        def work(task: Task) -> None:
            lock = running[task.job.collection_id]
            assert lock.acquire(blocking=False)
            if task.job.id in first:
                both.wait(60)  # two collections are worked on at once
            order.append(task.job.id)
            lock.release()

        with closing(kept.open()) as store:
            sent = [store.submit(INGEST, "x", [], collection_id="ab"[n % 2]) for n in range(12)]
            first = {job.id for job in sent[:2]}
            servers = [runner(kept, work) for _ in range(3)]
            for at, job in enumerate(sent):
                while ended(servers[at % 3], job).state != "done":
                    pass
            for one in servers:
                one.close()
        for name in "ab":
            ids = [job.id for job in sent if job.collection_id == name]
            assert [one for one in order if one in ids] == ids

    def test_a_job_of_a_server_that_is_gone_is_taken_over(
        self, kept: OnServer, postgres: PostgresServer
    ) -> None:
        with closing(kept.open()) as dying, closing(kept.open()) as other:
            job = dying.submit(INGEST, "default", entries("a", "b"))
            assert dying.next() == job
            assert dying.begin(job.id)
            assert other.next() is None
            asked = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN"
                " (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
                " AND datname = current_database()"
            )
            assert postgres.run(asked, kept.url) == [(True,)]
            taken = other.next()
            assert taken
            assert taken.id == job.id
            with pytest.raises(StoreUnavailable):  # it learns that it has lost the job
                dying.runs(job.id, now=True)
            result = FileResult(outcome=FileOutcome.ADDED, document_id="d", chunks=3)
            other.record(job.id, 0, result)
            dying.record(job.id, 0, result)  # too late, and not counted
            assert other.job(job.id).outcomes == {FileOutcome.ADDED: 1}

    def test_a_job_is_seen_and_cancelled_at_every_server(self, kept: OnServer) -> None:
        begun = threading.Event()

        def work(task: Task) -> None:
            begun.set()
            while True:
                task.progress("x", 1, 2)
                threading.Event().wait(0.01)

        with closing(runner(kept, work)) as one, closing(Jobs(kept.open(), {})) as two:
            job, queued = (two.submit(entries(text), "default") for text in ("a", "b"))
            one.look()
            assert begun.wait(60)
            assert [found.id for found in two.jobs()] == [queued.id, job.id]
            cancelled = two.cancel(queued.id)
            assert (cancelled.state, cancelled.finished_at is None) == ("cancelled", False)
            assert two.cancel(job.id).state == "cancelled"
            assert ended(two, job).state == "cancelled"
            assert kept.waiting() == []
