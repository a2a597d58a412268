"""Judgements of answers: what people say of an answer, and where the right words are.

A label holds no word of a document, nor a hash of one. It points to characters of a revision, and
says when that revision was stored; what they say is read from the store, as long as it has them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from citespan.index import Document, Span
from citespan.index.disk import ulid
from citespan.index.errors import DocumentNotFound, InvalidSpan
from citespan.qa.collections.feedback.ledger import Ledger
from citespan.qa.collections.feedback.place import FeedbackPlace
from citespan.qa.collections.rights import EVERYTHING, Rights
from citespan.qa.errors import InvalidLabel, LabelNotFound, TooManyLabels
from citespan.qa.question import checked_question

FILE = "labels.jsonl"  # in the folder of a collection
MOST = 10_000  # labels of a collection
MOST_POINTERS = 50  # of a label, of each kind

# Returns a revision of a document, the current one by default, or raises DocumentNotFound.
Reading: TypeAlias = Callable[[str, int | None], Document]


class Verdict(StrEnum):
    """What a person says of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    SHOULD_REFUSE = "should_refuse"
    SHOULD_ANSWER = "should_answer"


class State(StrEnum):
    """Whether a label is part of the evaluation set."""

    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a revision. A revision that a backup brought back has another `stored_at`."""

    document_id: str
    revision: int
    start: int
    end: int
    stored_at: str


class MarkedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Characters that someone points to, with what they say; kept only if the store agrees."""

    document_id: str
    revision: int
    start: int
    end: int
    quote: str


class JudgedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was given: its status and mode, and how confident it was."""

    status: str
    mode: str
    confidence: float


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement of an answer.

    cited: what the answer cited. spans: where the right words are, if a person showed them.
    reviewer: the id of the key of the person who judged, if there are keys.
    """

    id: str
    created_at: str
    question: str
    verdict: Verdict
    judged: JudgedAnswer
    cited: tuple[Pointer, ...] = ()
    spans: tuple[Pointer, ...] = ()
    reviewer: str = ""
    state: State = State.CANDIDATE

    @property
    def answerable(self) -> bool:
        """Whether the documents hold the answer, by this judgement."""
        return self.verdict is not Verdict.SHOULD_REFUSE

    @property
    def gold(self) -> tuple[Pointer, ...]:
        """Where the right words are: what was shown, or what a right answer cited."""
        if not self.answerable:
            return ()
        return self.spans or (self.cited if self.verdict is Verdict.RIGHT else ())


class LabelStore:
    """The labels of a collection. Safe for many threads and processes.

    Args:
        place: where they are.
        reading: reads documents, as the caller sees them.
        rights: those of the caller, who sees the labels of others only if he sees everything.
    """

    def __init__(self, place: FeedbackPlace, reading: Reading, rights: Rights = EVERYTHING) -> None:
        self._place = place
        self._ledger = Ledger(place.lines(FILE), Label)
        self._reading = reading
        self._rights = rights

    def seen_by(self, rights: Rights, reading: Reading) -> "LabelStore":
        """Return the labels as a caller sees them."""
        return LabelStore(self._place, reading, rights)

    def add(
        self,
        question: str,
        verdict: Verdict,
        judged: JudgedAnswer,
        cited: Iterable[MarkedSpan] = (),
        spans: Iterable[MarkedSpan] = (),
    ) -> Label:
        """Keep a judgement once the store says what it points to; it is then on the disk.

        Raises:
            InvalidQuestion: as for `Service.ask`.
            InvalidLabel: the store does not say what a claim says.
            TooManyLabels: there are `MOST` labels.
        """
        label = Label(
            id=f"label_{ulid()}",
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            question=checked_question(question),
            verdict=verdict,
            judged=judged,
            cited=self._verified("cited", cited),
            spans=self._verified("spans", spans),
            reviewer=self._rights.caller,
        )
        _check(label)
        if len(self._ledger.rows()) >= MOST:
            raise TooManyLabels(MOST)
        self._ledger.append(label)
        return label

    def all(self) -> list[Label]:
        """Return the labels that the caller sees, the newest first."""
        return [label for label in reversed(self._ledger.rows()) if self._sees(label)]

    def get(self, label_id: str) -> Label:
        """Return a label.

        Raises:
            LabelNotFound: the caller sees none with this id.
        """
        found = next((one for one in self.all() if one.id == label_id), None)
        if found is None:
            raise LabelNotFound(label_id)
        return found

    def change(
        self,
        label_id: str,
        *,
        state: State | None = None,
        verdict: Verdict | None = None,
        question: str | None = None,
        spans: Iterable[MarkedSpan] | None = None,
    ) -> Label:
        """Change a label; what is not given stays.

        Raises:
            LabelNotFound: as for `get`.
            InvalidQuestion, InvalidLabel: as for `add`; an accepted label must say where the right
                words are, or that there are none.
        """
        self.get(label_id)
        given = {
            "state": state,
            "verdict": verdict,
            "question": None if question is None else checked_question(question),
            "spans": None if spans is None else self._verified("spans", spans),
        }
        changes = {name: value for name, value in given.items() if value is not None}
        made: list[Label] = []

        def alter(rows: list[Label]) -> Iterable[Label]:
            for row in rows:
                if row.id == label_id:
                    changed = msgspec.structs.replace(row, **changes)
                    _check(changed)
                    made.append(changed)
                    yield changed
                else:
                    yield row

        self._ledger.rewrite(alter)
        if not made:
            raise LabelNotFound(label_id)  # removed meanwhile
        return made[0]

    def remove(self, label_id: str) -> None:
        """Remove a label.

        Raises:
            LabelNotFound: as for `get`.
        """
        self.get(label_id)
        self._ledger.rewrite(lambda rows: (None if row.id == label_id else row for row in rows))

    def quotes(self, labels: Iterable[Label]) -> dict[Pointer, str | None]:
        """Return what labels point to, as `quote`; each document is read once."""
        of: dict[tuple[str, int], set[Pointer]] = {}
        for pointer in (one for label in labels for one in (*label.cited, *label.spans)):
            of.setdefault((pointer.document_id, pointer.revision), set()).add(pointer)
        found: dict[Pointer, str | None] = {}
        for key, pointers in of.items():
            document = self._stored(*key)
            found |= {one: _words(document, one) for one in pointers}
        return found

    def quote(self, pointer: Pointer) -> str | None:
        """Return what a pointer points to; None if it is no longer stored, or not seen."""
        return _words(self._stored(pointer.document_id, pointer.revision), pointer)

    def _stored(self, document_id: str, revision: int) -> Document | None:
        try:
            return self._reading(document_id, revision)
        except DocumentNotFound:
            return None

    def _sees(self, label: Label) -> bool:
        rights = self._rights
        return rights.audience.everything or bool(rights.caller and label.reviewer == rights.caller)

    def _verified(self, place: str, claims: Iterable[MarkedSpan]) -> tuple[Pointer, ...]:
        return tuple(self._pointer(f"{place}[{n}]", claim) for n, claim in enumerate(claims))

    def _pointer(self, place: str, claim: MarkedSpan) -> Pointer:
        try:
            document = self._reading(claim.document_id, claim.revision)
        except DocumentNotFound as error:
            raise InvalidLabel(place, str(error)) from error
        try:
            found = Span(claim.start, claim.end).of(document.text)
        except InvalidSpan as error:
            raise InvalidLabel(place, f"is not inside the document: {error}") from error
        if found != claim.quote or not found.strip():
            raise InvalidLabel(place, "is not what the document says there; mark it again")
        return Pointer(
            document_id=document.id, revision=document.revision, start=claim.start, end=claim.end,
            stored_at=document.created_at,
        )  # fmt: skip


def counted(place: FeedbackPlace) -> dict[str, int]:
    """Count the labels of a collection by state.

    Raises:
        StoreCorrupt, StoreUnavailable: as for `Ledger.rows`.
    """
    return dict(Counter(str(one.state) for one in Ledger(place.lines(FILE), Label).rows()))


def _words(document: Document | None, pointer: Pointer) -> str | None:
    # If a backup was restored, the revision of this number may be another one.
    if document is None or document.created_at != pointer.stored_at:
        return None
    return Span(pointer.start, pointer.end).of(document.text)


def _check(label: Label) -> None:
    """Check that a label can be what it says.

    Raises:
        InvalidLabel: it cannot.
    """
    if len(label.cited) > MOST_POINTERS or len(label.spans) > MOST_POINTERS:
        raise InvalidLabel("spans", f"are more than {MOST_POINTERS}")
    if label.state is State.ACCEPTED and label.answerable and not label.gold:
        raise InvalidLabel("spans", "are missing: show where the right words are, then accept it")
