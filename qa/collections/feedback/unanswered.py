"""The questions that a collection could not answer, if its operator wants them kept."""

import logging
from datetime import UTC, datetime, timedelta

import msgspec

from citespan.index.errors import StoreError
from citespan.qa.collections.feedback.ledger import Ledger
from citespan.qa.collections.feedback.place import FeedbackPlace
from citespan.qa.types import Answer, Mode, Reason, Status

FILE = "unanswered.jsonl"  # in the folder of a collection
MOST = 5_000  # questions of a collection
_ROOM = 500  # questions that may be too many, or too old, until they are removed
_OF_THEMSELVES = {Reason.EMPTY_INDEX, Reason.FILTERED_OUT}  # say nothing about the documents

_log = logging.getLogger("citespan.feedback")


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A question without an answer; nothing says who asked. `at` is in UTC, to the minute."""

    at: str
    question: str
    reason: str
    confidence: float


class Unanswered:
    """The questions that got no answer. Safe for many threads and processes.

    Args:
        place: where they are.
        days: how long a question is kept.
        kept: whether questions are kept at all; those from before can be read in any case.
    """

    def __init__(self, place: FeedbackPlace, days: int, *, kept: bool = True) -> None:
        self.kept = kept
        self._ledger = Ledger(place.lines(FILE, durable=False), Missed)
        self._days = days
        self._since_pruned = _ROOM

    def note(self, answer: Answer) -> None:
        """Keep the question of an abstention; if that fails, only the log says so."""
        reason = answer.abstention and answer.abstention.reason
        if answer.status is not Status.ABSTAINED or answer.mode is Mode.CHAT or not reason:
            return
        if reason in _OF_THEMSELVES:
            return
        missed = Missed(
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            question=answer.question,
            reason=reason,
            confidence=round(answer.confidence, 3),
        )
        try:
            self._ledger.append(missed)
            self._prune()
        except StoreError as error:
            _log.warning("a question without an answer is not kept: %s", error)

    def all(self) -> list[Missed]:
        """Return the questions that are kept, the oldest first.

        Raises:
            StoreCorrupt, StoreUnavailable: as for `Ledger.rows`.
        """
        return self._kept(self._ledger.rows())

    def clear(self) -> int:
        """Forget all questions; return how many there were.

        Raises:
            StoreCorrupt, StoreUnavailable: as for `Ledger.rewrite`.
        """
        there = len(self._ledger.rows())
        self._ledger.rewrite(lambda rows: [None] * len(rows))
        return there

    def _prune(self) -> None:
        self._since_pruned += 1
        if self._since_pruned > _ROOM:
            self._ledger.rewrite(self._pruned)
            self._since_pruned = 0

    def _pruned(self, rows: list[Missed]) -> list[Missed | None]:
        kept = {id(row) for row in self._kept(rows)}
        return [row if id(row) in kept else None for row in rows]

    def _kept(self, rows: list[Missed]) -> list[Missed]:
        oldest = (datetime.now(UTC) - timedelta(days=self._days)).strftime("%Y-%m-%dT%H:%MZ")
        return [row for row in rows if row.at >= oldest][-MOST:]
