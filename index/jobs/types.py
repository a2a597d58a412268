"""Jobs, and the results of their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """The state of a job. A failed job is tried again when the process restarts."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileOutcome(StrEnum):
    """The outcome of a file; a `DUPLICATE` has the text of another file of the same run.

    A `PARTIAL` file is stored, but parts of it could not be read, or files inside of it stored.
    `REINDEXED` counts documents whose chunks were rebuilt. `MOVED`, `REMOVED` and `KEPT` are
    outcomes of entries of a source: they have another key, or are gone there.
    """

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    REINDEXED = "reindexed"
    MOVED = "moved"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The outcome of a file, its reason and document; `sha256` if the text may be a copy's.

    `code` is the reason in one word, such as "encrypted", if the file or a part was not read.
    """

    outcome: FileOutcome
    reason: str | None = None
    code: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """A file of a job; a file without a result is waiting or was cancelled."""

    name: str
    result: FileResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job in its state at one moment.

    collection, collection_id: the name and the identity of the collection that it was sent to.
    arguments: the arguments of the work, besides the files.
    files, outcomes, chunks: the number of files, of files by outcome, and of chunks of stored
        files. If a job has no files, documents are counted.
    reason: why the job failed, or what it waits for.
    finished_at: the time of the job's end; a job that is being cancelled has none yet.
    """

    id: str
    kind: str
    collection: str
    collection_id: str
    arguments: Mapping[str, Any]
    state: JobState
    reason: str | None
    files: int
    outcomes: Mapping[FileOutcome, int]
    chunks: int
    created_at: str
    started_at: str | None
    finished_at: str | None

    @property
    def files_done(self) -> int:
        """The number of files that have an outcome."""
        return sum(self.outcomes.values())
