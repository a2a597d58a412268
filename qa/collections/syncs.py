"""Syncs of sources as jobs: begun by a caller, a schedule, a change of a folder or a web hook."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from citespan.index.catalogue import Tables
from citespan.index.jobs import SpooledFile
from citespan.index.jobs.types import FileOutcome, FileResult, Job, JobState
from citespan.qa.collections.jobs import Jobs
from citespan.qa.collections.schedule import Schedule
from citespan.qa.collections.tasks import Task
from citespan.qa.composition import build_outgoing
from citespan.qa.errors import ConfigError, NotPermitted, SourceNotFound
from citespan.qa.oversight import AuditLog, OpenAuditLog, held_open
from citespan.qa.service import Service
from citespan.qa.settings.sections import Settings
from citespan.qa.sources import (
    Definition,
    SourceFiles,
    SourceState,
    SyncPlan,
    SyncReport,
    open_source,
    rules_of,
    sync,
)
from citespan.qa.sources.errors import SourceError

SYNC = "sync"
_SOURCE, _FORCE = "source", "force"  # in the arguments of a job


class Submitting(Protocol):
    """What syncs need of the collections: the jobs."""

    @property
    def jobs(self) -> Jobs: ...

    def submit(
        self, name: str, entries: Iterable[SpooledFile], arguments: Mapping[str, Any], kind: str
    ) -> Job: ...


class Syncs:
    """The sources of a data folder or of a database. Safe for many threads.

    Args:
        folder: the data folder; without one, there are no sources.
        settings: what sources may do.
        work: runs the jobs.
        service_of: returns the service of a job's collection.
        log: the log of changes, or None.
        db: what the servers of a database share; it holds the sources in place of the folder.
    """

    def __init__(
        self,
        folder: Path | None,
        settings: Settings,
        work: Submitting,
        service_of: Callable[[Job], Service],
        log: AuditLog | None = None,
        db: Tables | None = None,
    ) -> None:
        self._files = None if folder is None else SourceFiles(folder, db)
        self._settings, self._work, self._service_of = settings, work, service_of
        self._log = log
        self._schedule = Schedule(self.states, self._begin_due)

    def states(self) -> list[SourceState]:
        """Return all sources, by name."""
        return [] if self._files is None else self._files.states()

    def state(self, name: str) -> SourceState:
        """Return a source.

        Raises:
            SourceNotFound: there is none with this name.
        """
        return self._held(name).state(name)

    def begin(self, name: str, *, force: bool = False) -> Job:
        """Submit a sync of a source, unless one waits to be run; return its job.

        Args:
            name: the source.
            force: whether to delete even if so much is gone that the source may be lost.

        Raises:
            SourceNotFound: there is no such source.
            CollectionNotFound: its collection was deleted.
        """
        files = self._held(name)
        with files.changing():
            definition = files.get(name)
            for job in self._jobs_of(name):
                if job.state is JobState.QUEUED and job.arguments[_FORCE] == force:
                    return job
            given = {_SOURCE: name, _FORCE: force}
            return self._work.submit(definition.collection, (), given, SYNC)

    def hooked(self, name: str, body: bytes, signature: str) -> Job:
        """Submit a sync for a web hook, whose body is signed with the secret of the settings.

        Args:
            name: the source.
            body: what was sent; only its signature counts.
            signature: `sha256=` and the HMAC-SHA256 of the body, in hexadecimal digits.

        Raises:
            NotPermitted: there is no secret, or the signature is not made with it.
            SourceNotFound: there is no such source.
        """
        secret = self._settings.sources.hook_secret
        if not secret:
            raise NotPermitted("web hooks are off; set sources.hook_secret to let them in")
        made = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(made.encode(), signature.strip().lower().encode()):
            raise NotPermitted("the signature does not fit the body and sources.hook_secret")
        return self.begin(name)

    def work(self, task: Task) -> str | None:
        """Run a sync; if it is restarted, it continues where it stopped.

        Return why the documents are not those of the source; None if they are.
        """
        name = task.job.arguments[_SOURCE]
        files = self._held(name)
        report = self._synced(task, files, force=bool(task.job.arguments[_FORCE]))
        files.record(name, report)
        return report.problem

    def start(self) -> None:
        """Begin syncs when they are due, and when a watched folder changes."""
        if self._files is not None:
            self._files.tidy()
            self._schedule.start()

    def close(self) -> None:
        """Begin no more syncs."""
        self._schedule.close()

    def _held(self, name: str) -> SourceFiles:
        if self._files is None:
            raise SourceNotFound(name)
        return self._files

    def _synced(self, task: Task, files: SourceFiles, *, force: bool) -> SyncReport:
        definition = files.get(task.job.arguments[_SOURCE])
        service = self._service_of(task.job)
        before = task.reported()

        def planned(plan: SyncPlan) -> None:
            to_do = len(plan.to_read()) + len(plan.removed) + len(plan.same)
            task.count(FileOutcome.UNCHANGED, len(plan.same), to_do)

        try:
            outgoing = build_outgoing(self._settings)
            cache = files.cache(definition.name)
            with open_source(definition, outgoing, cache) as source, held_open(self._log) as log:
                report = sync(
                    service.corpus, definition.name, source, rules_of(definition, force=force),
                    files=service.files, on_plan=planned, on_result=partial(_done, task, log),
                    on_chunks=task.progress,
                )  # fmt: skip
        except (SourceError, ConfigError) as error:
            return SyncReport(problem=str(error))
        unchanged = max(0, report.outcomes[FileOutcome.UNCHANGED] - before)
        task.count(FileOutcome.UNCHANGED, unchanged, before + sum(report.outcomes.values()))
        return report

    def _begin_due(self, name: str, *, changed: bool) -> None:
        """Submit a sync; for one that is due and not for a change, another server's will do."""
        files = self._held(name)
        with files.changing():
            if changed or not self._is_begun(files.get(name)):
                self.begin(name)

    def _is_begun(self, definition: Definition) -> bool:
        """Return whether a sync waits, is run, or was begun within the interval of its source."""
        since = datetime.now(UTC) - timedelta(seconds=definition.interval_s or 0)
        return any(
            job.finished_at is None or datetime.fromisoformat(job.created_at) > since
            for job in self._jobs_of(definition.name)
        )

    def _jobs_of(self, name: str) -> list[Job]:
        jobs = self._work.jobs.jobs()
        return [job for job in jobs if job.kind == SYNC and job.arguments[_SOURCE] == name]


def _done(task: Task, log: OpenAuditLog | None, key: str, result: FileResult) -> None:
    task.audit(log, key, result)
    task.report(key, result)
