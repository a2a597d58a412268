"""How a sync treats what it finds, and what it reports."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from citespan.index.jobs.types import FileOutcome

MOST_GONE = 0.3  # of the stored entries: if more are gone, the source itself may be


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRules:
    """How a sync treats what it finds.

    on_delete: what becomes of a document whose entry is gone.
    readers: the groups that may see the documents; those of an entry itself come first.
    force: whether to delete even if so much is gone that the source may be lost.
    """

    on_delete: Literal["delete", "keep"] = "delete"
    readers: tuple[str, ...] = ()
    force: bool = False


@dataclass(slots=True, kw_only=True)
class SyncReport:
    """What a sync did.

    outcomes: how many entries by outcome.
    problem: why the listing is incomplete, or why nothing was deleted; None if all is well.
    failed: how many entries could not be read now; the next sync tries again.
    """

    outcomes: Counter[FileOutcome] = field(default_factory=Counter[FileOutcome])
    problem: str | None = None
    failed: int = 0

    @property
    def in_step(self) -> bool:
        """Whether the documents are now what the source has, as far as it can be read."""
        return self.problem is None and not self.failed


def is_too_much(gone: int, stored: int) -> bool:
    """Return whether so many entries are gone that the source itself may be: a mount, a token.

    One entry is never too much, unless it was the last.
    """
    return bool(gone) and (gone == stored or (gone > 1 and gone > MOST_GONE * stored))
