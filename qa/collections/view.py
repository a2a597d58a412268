"""The collections and jobs as a caller sees them: what is hidden is as if it was not there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from citespan.index.errors import JobNotFound, StoreError
from citespan.index.jobs import SpooledFile
from citespan.index.jobs.types import Job, JobFile
from citespan.qa.collections.feedback import LabelStore, Unanswered
from citespan.qa.collections.figures import Collection, Figures
from citespan.qa.collections.jobs import INGEST, Jobs
from citespan.qa.collections.rebuilds import Rebuilding
from citespan.qa.collections.registry import Collections
from citespan.qa.collections.rights import NOBODY, Rights
from citespan.qa.collections.syncs import Syncs
from citespan.qa.collections.tasks import Current
from citespan.qa.collections.use import using
from citespan.qa.errors import CollectionNotFound, NotPermitted, SourceNotFound
from citespan.qa.service import Service
from citespan.qa.settings.overrides import Overrides
from citespan.qa.settings.sections import DEFAULT
from citespan.qa.sources import SourceState


class CollectionsView(Collections):
    """The collections as a caller sees them. What is not defined here is no part of a view.

    Args:
        whole: all collections; their owner closes them.
        rights: the rights of the caller.
    """

    def __init__(self, whole: Collections, rights: Rights) -> None:  # no part of it is its own
        self._whole = whole
        self._rights = rights

    def service(self, name: str = DEFAULT) -> Service:
        """Return the service of a collection as the caller sees it, as `Collections.service`."""
        return self._whole.service(self._seen(name)).seen_by(self._rights.audience)

    @property
    def jobs(self) -> Jobs:
        """The jobs that the caller sees, as `Collections.jobs`."""
        return JobsView(self._whole.jobs, self._rights)

    @property
    def syncs(self) -> Syncs:
        """The sources that the caller sees, as `Collections.syncs`."""
        return SyncsView(self._whole.syncs, self._rights)

    @property
    def jobs_error(self) -> StoreError | None:
        """Why the jobs cannot be opened, as `Collections.jobs_error`."""
        return self._whole.jobs_error

    def submit(
        self,
        name: str,
        entries: Iterable[SpooledFile],
        arguments: Mapping[str, Any] = NOBODY,
        kind: str = INGEST,
    ) -> Job:
        """Submit a job for the caller, as `Collections.submit`."""
        given = {**arguments, **self._rights.recorded()}
        return self._whole.submit(self._seen(name), entries, given, kind)

    def reindex(self, name: str, given: Overrides) -> Job:
        """Submit a job that reindexes a collection, as `Collections.reindex`."""
        return self._whole.reindex(self._seen(name), given)

    def roll_back(self, name: str) -> Collection:
        """Roll a collection back, as `Collections.roll_back`."""
        self._whole.roll_back(self._seen(name))
        return self.info(name)

    def labels(self, name: str) -> LabelStore:
        """Return what people said of answers, as `Collections.labels`: the caller's own words.

        A caller who sees all documents sees all labels.
        """
        whole = self._whole.labels(self._seen(name))
        return whole.seen_by(self._rights, self.service(name).corpus.get)

    def unanswered(self, name: str) -> Unanswered:
        """Return the questions of a collection, as `Collections.unanswered`.

        Raises:
            NotPermitted: the caller does not see all documents, so questions may be about others.
        """
        seen = self._seen(name)
        if not self._rights.audience.everything:
            raise NotPermitted("questions may be about documents that this key does not see")
        return self._whole.unanswered(seen)

    def rebuilding(self) -> list[Rebuilding]:
        """Return the collections that are being reindexed, as `Collections.rebuilding`."""
        return [one for one in self._whole.rebuilding() if self._rights.has(one.collection)]

    def names(self) -> list[str]:
        """Return the names of the collections that the caller sees."""
        return list(filter(self._rights.has, self._whole.names()))

    def damaged(self) -> Mapping[str, Exception]:
        """Return why collections could not be opened, by name."""
        found = self._whole.damaged()
        return {name: why for name, why in found.items() if self._rights.has(name)}

    def info(self, name: str) -> Collection:
        """Return the facts about a collection, with the documents that the caller sees."""
        found = self._whole.info(self._seen(name))
        return found if self._rights.audience.everything else self._counted(found)

    def figures(self) -> list[Figures]:
        """Return the figures of the collections that the caller sees."""
        return [
            replace(one, collection=self._counted(one.collection))
            if one.restricted and not self._rights.audience.everything
            else one
            for one in self._whole.figures()
            if self._rights.has(one.name)
        ]

    def condition(self) -> tuple[int, int, str | None]:
        """Count what is damaged, as `Collections.condition`, for callers who see everything."""
        found = self._whole.condition()
        return found if self._rights.unlimited else (0, 0, found[2])

    def create(self, name: str, own: Overrides) -> Collection:
        """Create an empty collection, as `Collections.create`.

        Raises:
            NotPermitted: the caller would not see it.
        """
        if not self._rights.has(name):
            raise NotPermitted(f"this key may not have a collection {name!r}")
        return self._whole.create(name, own)

    def delete(self, name: str) -> None:
        """Delete a collection, as `Collections.delete`."""
        self._whole.delete(self._seen(name))

    def _seen(self, name: str) -> str:
        """Return the name of a collection that the caller sees.

        Raises:
            CollectionNotFound: he does not, whether or not there is one.
        """
        if not self._rights.has(name):
            raise CollectionNotFound(name)
        return name

    def _counted(self, found: Collection) -> Collection:
        with using():
            documents, chunks = self.service(found.name).corpus.counts()
        return replace(found, documents=documents, chunks=chunks)


class JobsView(Jobs):
    """The jobs as a caller sees them. What is not defined here is no part of a view."""

    def __init__(self, whole: Jobs, rights: Rights) -> None:  # no part of it is its own
        self._whole = whole
        self._rights = rights

    @property
    def version(self) -> int:
        """A number that grows whenever a job changes."""
        return self._whole.version

    def job(self, job_id: str) -> tuple[Job, Current | None]:
        """Return a job, as `Jobs.job`; one that the caller may not see is not found."""
        found = self._whole.job(job_id)
        if not self._rights.owns(found[0]):
            raise JobNotFound(job_id)
        return found

    def jobs(self) -> list[Job]:
        """Return the caller's jobs, the newest first."""
        return list(filter(self._rights.owns, self._whole.jobs()))

    def files(self, job_id: str) -> list[JobFile]:
        """Return the files of a job, as `Jobs.files`."""
        self.job(job_id)
        return self._whole.files(job_id)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job, as `Jobs.cancel`."""
        self.job(job_id)
        return self._whole.cancel(job_id)


class SyncsView(Syncs):
    """The sources as a caller sees them: those of his collections, if he sees every document there.

    What is not defined here is no part of a view.
    """

    def __init__(self, whole: Syncs, rights: Rights) -> None:  # no part of it is its own
        self._whole = whole
        self._rights = rights

    def states(self) -> list[SourceState]:
        """Return the sources that the caller sees, by name."""
        return list(filter(self._sees, self._whole.states()))

    def state(self, name: str) -> SourceState:
        """Return a source, as `Syncs.state`; one that the caller may not see is not found."""
        found = self._whole.state(name)
        if not self._sees(found):
            raise SourceNotFound(name)
        return found

    def begin(self, name: str, *, force: bool = False) -> Job:
        """Submit a sync, as `Syncs.begin`."""
        self.state(name)
        return self._whole.begin(name, force=force)

    def hooked(self, name: str, body: bytes, signature: str) -> Job:
        """Submit a sync for a web hook, as `Syncs.hooked`; its signature is all that it needs."""
        return self._whole.hooked(name, body, signature)

    def _sees(self, state: SourceState) -> bool:
        return self._rights.audience.everything and self._rights.has(state.definition.collection)
