"""The jobs of a data folder, separate from its documents, so that damage to jobs stays there."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from citespan.index.catalogue import CatalogueServer
from citespan.index.errors import StoreError, StoreUnavailable
from citespan.index.jobs import FolderJobs, JobStore
from citespan.qa.collections.jobs import Jobs
from citespan.qa.collections.tasks import Work

_log = logging.getLogger("citespan.jobs")


class KeptJobs:
    """The jobs, opened at first use; if opening fails, the next use tries again. Thread-safe.

    Args:
        folder: the data folder; without one, there are no jobs.
        works: as for `Jobs`.
        server: what holds the jobs in place of the folder.
    """

    def __init__(
        self,
        folder: Path | None,
        works: Mapping[str, Work],
        server: CatalogueServer | None = None,
    ) -> None:
        self._folder, self._server = folder, server
        self._works = works
        self._opening = threading.Lock()
        self._jobs: Jobs | None = None
        self._error: StoreError | None = None
        self._started = self._closed = False

    def get(self) -> Jobs:
        """Return the jobs.

        Raises:
            StoreUnavailable: there is no data folder for jobs, or the jobs cannot be opened.
            JobsDamaged: the file of the jobs is damaged.
        """
        with self._opening:
            if self._jobs is None:
                self._jobs = self._opened()
                if self._started:
                    self._jobs.start()
            return self._jobs

    @property
    def error(self) -> StoreError | None:
        """Why the jobs cannot be opened, or the damage that was found in them."""
        return self._jobs.damage if self._jobs else self._error

    def start(self) -> None:
        """Continue interrupted jobs, and run new ones as they come.

        Raises:
            As `get`; the jobs run once they can be opened.
        """
        with self._opening:
            self._started = True
        if self._folder is not None:
            self.get().start()

    def look(self) -> None:
        """Look for what other processes have changed in the jobs."""
        if self._jobs is not None:
            self._jobs.look()

    def cancel_all(self, collection_id: str, reason: str) -> None:
        """Cancel what the jobs of a deleted collection have not stored, and record the reason."""
        if self._jobs is None:
            return
        try:
            self._jobs.cancel_all(collection_id, reason)
        except StoreError as error:
            _log.warning("jobs of a deleted collection are cancelled when they run: %s", error)

    def close(self) -> None:
        """Stop; the next process continues the jobs."""
        with self._opening:
            self._closed = True
        if self._jobs is not None:
            self._jobs.close()

    def _opened(self) -> Jobs:
        if self._folder is None:
            raise StoreUnavailable("jobs need a data folder, and there is none")
        if self._closed:
            raise StoreUnavailable("the jobs are closed")
        try:
            store = self._store_in(self._folder)
        except StoreError as error:
            self._error = error
            raise
        self._error = None
        return Jobs(store, self._works)

    def _store_in(self, folder: Path) -> JobStore:
        if self._server is None:
            return FolderJobs(folder)
        from citespan.index.shared import ServerJobs  # its driver is an extra

        return ServerJobs(self._server)
