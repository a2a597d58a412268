"""The task of a job: what it has to store, and where it records what it has done."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from citespan.index.jobs import JobStore, SpooledUpload, SpoolSlice
from citespan.index.jobs.types import FileOutcome, FileResult, Job, JobState
from citespan.index.reading import FileReader, ReadFile
from citespan.index.types import ACCESS
from citespan.qa.collections.rights import audience_of
from citespan.qa.files import Source, StoredTexts, ingest
from citespan.qa.oversight import AuditLog, OpenAuditLog, audit_file, held_open
from citespan.qa.service import Service

_log = logging.getLogger("citespan.jobs")


class Stopped(Exception):
    """The job is cancelled or its process ends, so its work must stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The file or document that a job works on, with its embedded chunks and all its chunks."""

    name: str
    chunks_done: int
    chunks: int


class Task:
    """A running job as its work sees it.

    Args:
        job: the job to run.
        store: stores the job.
        on_progress: called with what the job works on; may raise Stopped.
    """

    def __init__(
        self, job: Job, store: JobStore, on_progress: Callable[[Current | None], None]
    ) -> None:
        self.job = job
        self._store = store
        self._on_progress = on_progress

    def stored(self) -> StoredTexts:
        """Return the texts that the job stored before it was interrupted."""
        seen = StoredTexts()
        for file in self._store.files(self.job.id):
            if file.result and file.result.sha256 and file.result.document_id:
                seen.add(file.result.sha256, file.result.document_id, file.name)
        return seen

    def sources(self, files: FileReader) -> Iterator[Source]:
        """Yield the files that have no outcome yet; `files` reads those that are not read yet."""
        for piece in self._store.waiting(self.job.id):
            read = partial(self._read, files, piece)
            yield Source(number=piece.number, name=piece.name, read=read)

    def _read(self, files: FileReader, piece: SpoolSlice) -> ReadFile:
        found = self._store.entry(self.job.id, piece)
        if isinstance(found, SpooledUpload):
            found = files.read_sent(found.data, found.request)
        groups = self.job.arguments.get(ACCESS, ())
        return replace(found, draft=found.draft.for_groups(groups))

    def record(self, source: Source, result: FileResult) -> None:
        """Record the outcome of a file, then maybe raise Stopped."""
        self._store.record(self.job.id, source.number, result)
        self._on_progress(None)

    def count(self, outcome: FileOutcome, done: int, of: int, chunks: int = 0) -> None:
        """Record how many documents are done, for a job without files, then maybe raise Stopped."""
        self._store.count(self.job.id, outcome, done, of, chunks)
        self._on_progress(None)

    def reported(self) -> int:
        """Return how many files the job reported before it was interrupted."""
        return len(self._store.files(self.job.id))

    def report(self, name: str, result: FileResult) -> None:
        """Record the outcome of a file that the job found, then maybe raise Stopped."""
        self._store.report(self.job.id, name, result)
        self._on_progress(None)

    def progress(self, name: str, done: int, total: int) -> None:
        """Report how many chunks of a file or document are embedded; may raise Stopped.

        A total of 0, which is not known yet, is not shown.
        """
        self._on_progress(Current(name=name, chunks_done=done, chunks=total))

    def audit(self, log: OpenAuditLog | None, name: str, result: FileResult) -> None:
        """Write the outcome of a file to the audit log; if that fails, the job continues."""
        job = self.job
        try:
            audit_file(log, name, result, collection=job.collection, who=f"job:{job.id}")
        except OSError as error:
            _log.error("the audit log cannot be written: %s", error.strerror)

    def is_cancelled(self) -> bool:
        """Return whether the job is cancelled, so that the next process will not continue it."""
        return self._store.job(self.job.id).state is JobState.CANCELLED


Work: TypeAlias = Callable[[Task], str | None]  # what to say of a job that is done


def ingest_work(service_of: Callable[[Job], Service], log: AuditLog | None = None) -> Work:
    """Return the work that reads a job's files, and stores them in its collection.

    Args:
        service_of: returns the service of the job's collection.
        log: the log of changes, or None.
    """

    def work(task: Task) -> None:
        service, audience = service_of(task.job), audience_of(task.job)
        if audience is not None:
            service = service.seen_by(audience)

        with held_open(log) as opened:

            def record(source: Source, result: FileResult) -> None:
                task.audit(opened, source.name, result)
                task.record(source, result)

            ingest(
                service.corpus,
                task.sources(service.files),
                files=service.files,
                seen=task.stored(),
                on_result=record,
                on_chunks=lambda source, done, total: task.progress(source.name, done, total),
            )

    return work
