"""What is known of a job, and what became of each of its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job is. A failed one is tried again when the process starts again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileOutcome(StrEnum):
    """What became of a file; `DUPLICATE` has the same text as another one of the same run.

    `REINDEXED` are documents whose chunks were made anew.
    """

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    REINDEXED = "reindexed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of a file, why, and where its text is; `sha256` if that text may be a copy's."""

    outcome: FileOutcome
    reason: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """A file of a job; without a result, it is waiting or was left out."""

    name: str
    result: FileResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is at one moment.

    collection, collection_id: the name and the identity of the collection that it was sent to.
    arguments: what the work was asked for, besides the files.
    files, outcomes, chunks: how many there are, how many have which outcome, and how many chunks
        those have that are stored. Where there are no files, documents are counted.
    reason: why it failed, or what it waits for.
    finished_at: when nothing more would happen; a job that is being cancelled has none yet.
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
        """How many files have an outcome."""
        return sum(self.outcomes.values())
