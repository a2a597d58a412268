"""Routes for long work: its progress and its results."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from threading import Event
from typing import Any, cast

import anyio
import msgspec
from anyio import to_thread
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from citespan.api.access import RULE, WRITE
from citespan.api.errors import problem_of
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import STORING
from citespan.api.middleware.quotas import QuotaUnit
from citespan.api.middleware.watch import take
from citespan.api.routes.collections import InCollection
from citespan.api.wire.batches import read_entries
from citespan.api.wire.bodies import Access, AnyRequest, groups
from citespan.api.wire.events import EVENT_STREAM, PING_S
from citespan.api.wire.urls import job_url
from citespan.index.jobs import SpooledFile
from citespan.index.jobs.types import Job, JobFile
from citespan.index.types import ACCESS
from citespan.qa.collections import REINDEX, SYNC, Collections, Current, Jobs
from citespan.qa.errors import NotReady
from citespan.qa.settings import DEFAULT

_LOOK_S = 0.2  # between two checks for changes of a job


class CurrentBody(msgspec.Struct, frozen=True, kw_only=True):
    """The file or document that a job works on; `chunks_done` counts its embedded chunks."""

    name: str
    chunks_done: int
    chunks: int


class FileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file's outcome, null before the end.

    It is added, replaced, unchanged, duplicate, partial (stored, but not all of it) or rejected.
    `code` is the reason in one word, if the file or a part of it was not read.
    """

    name: str
    outcome: str | None = None
    reason: str | None = None
    code: str | None = None
    document_id: str | None = None
    chunks: int = 0


class JobBody(msgspec.Struct, frozen=True, kw_only=True):
    """A job: queued, running, done, failed or cancelled. It has ended once `finished_at` is set.

    `outcomes` counts the files by outcome. `chunks` counts the chunks of the stored files. A job
    of the kind `reindex` counts documents as files, and its `settings` are those that it changes;
    those of the kind `sync` are the source, and whether deletions are forced.
    """

    id: str
    kind: str
    collection: str
    settings: Mapping[str, Any]
    state: str
    reason: str | None
    files: int
    files_done: int
    outcomes: Mapping[str, int]
    chunks: int
    current: CurrentBody | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    url: str


class JobResultsBody(JobBody, frozen=True, kw_only=True):
    """A job with the results of its files, in the order in which the client sent them."""

    results: tuple[FileBody, ...]


class JobListBody(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, the newest first; of ended jobs, only the last ones are kept."""

    jobs: tuple[JobBody, ...]


class JobRoutes(Controller):
    """The routes of `/v1/jobs`: batches of documents, and reindexing of collections."""

    path = "/v1/jobs"

    @get(opt={RULE: WRITE}, sync_to_thread=True)
    def page(self, collections: NamedDependency[Collections]) -> JobListBody:
        """List jobs, the newest first."""
        return JobListBody(jobs=tuple(job_body(job) for job in collections.jobs.jobs()))

    @post(opt={"line": STORING, RULE: WRITE}, sync_to_thread=True, status_code=202)
    def add(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        body: RawBody,
        collection: InCollection = DEFAULT,
        access: Access = "",
    ) -> Response[JobBody]:
        """Accept many documents, and store them in the background; accepted ones are not lost."""
        files = collections.service(collection).files
        entries = read_entries(request, body, files)
        job = collections.submit(collection, _counted(entries), {ACCESS: groups(access)})
        tell(request.scope, target=job.id, detail=f"{job.files} files")
        return Response(job_body(job), status_code=202, headers={"location": job_url(job.id)})

    # No line: it streams as long as the job runs.
    @get("/{job_id:str}", opt={"line": None, "counted": True, RULE: WRITE}, sync_to_thread=True)
    def info(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        job_id: FromPath[str],
    ) -> Response[JobResultsBody]:
        """Return a job with its results, or stream its events until the job ends."""
        results = _results(collections.jobs, job_id)
        if EVENT_STREAM not in request.headers.get("accept", ""):
            return Response(results)
        state = request.scope["state"]
        events = _events(collections.jobs, job_id, state["stopping"], state["request_id"])
        return cast("Any", ServerSentEvent(events))

    @delete("/{job_id:str}", opt={RULE: WRITE}, sync_to_thread=True, status_code=200)
    def cancel(self, collections: NamedDependency[Collections], job_id: FromPath[str]) -> JobBody:
        """Cancel a job; documents that it has already stored stay stored."""
        return job_body(collections.jobs.cancel(job_id))


async def _events(
    jobs: Jobs, job_id: str, stopping: Event, request_id: str
) -> AsyncGenerator[ServerSentEventMessage]:
    """Yield a job whenever it has changed, and the job with its results once it has ended.

    If the client disconnects, the stream ends: it blocks no thread. If the process stops, it ends
    with an error; the next process continues the job.
    """
    version, sent, sent_at = -1, b"", anyio.current_time()
    while not stopping.is_set():
        if jobs.version != version:
            version = jobs.version
            body = await to_thread.run_sync(_latest, jobs, job_id)
            if body.finished_at is not None:
                break
            encoded = msgspec.json.encode(body)
            if encoded != sent:
                sent, sent_at = encoded, anyio.current_time()
                yield ServerSentEventMessage(event="job.progress", data=sent)
        if anyio.current_time() - sent_at > PING_S:
            sent_at = anyio.current_time()
            yield ServerSentEventMessage(comment="ping", data=None)
        await anyio.sleep(_LOOK_S)
    if stopping.is_set():
        problem = problem_of(NotReady("the service is stopping; ask again"), request_id)
        yield ServerSentEventMessage(event="error", data=msgspec.json.encode(problem))
    else:
        results = await to_thread.run_sync(_results, jobs, job_id)
        yield ServerSentEventMessage(event="job.done", data=msgspec.json.encode(results))


def _counted(entries: Iterator[SpooledFile]) -> Iterator[SpooledFile]:
    for entry in entries:
        take(QuotaUnit.DOCUMENTS)
        yield entry


def _latest(jobs: Jobs, job_id: str) -> JobBody:
    return job_body(*jobs.job(job_id))


def _results(jobs: Jobs, job_id: str) -> JobResultsBody:
    body = _latest(jobs, job_id)
    return JobResultsBody(
        **msgspec.structs.asdict(body), results=tuple(map(_file, jobs.files(job_id)))
    )


def job_body(job: Job, current: Current | None = None) -> JobBody:
    """Return a job on the wire."""
    return JobBody(
        id=job.id,
        kind=job.kind,
        collection=job.collection,
        settings=job.arguments if job.kind in {REINDEX, SYNC} else {},
        state=job.state,
        reason=job.reason,
        files=job.files,
        files_done=job.files_done,
        outcomes={str(outcome): files for outcome, files in job.outcomes.items()},
        chunks=job.chunks,
        current=current
        and CurrentBody(name=current.name, chunks_done=current.chunks_done, chunks=current.chunks),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        url=job_url(job.id),
    )


def _file(file: JobFile) -> FileBody:
    result = file.result
    if result is None:
        return FileBody(name=file.name)
    return FileBody(
        name=file.name,
        outcome=result.outcome,
        reason=result.reason,
        code=result.code,
        document_id=result.document_id,
        chunks=result.chunks,
    )
