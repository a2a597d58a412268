"""A draft question, the document it was made from, and the outcome of a file of drafts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from citespan.evals.types import Dataset, GoldSpan


class DraftKind(StrEnum):
    """The origin of a draft: a blank in its sentence, or a twin of another draft."""

    CLOZE = "cloze"
    TWIN = "twin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """The swap of a twin: the subject of its original, and its own."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDraft:
    """A question that a person has yet to accept (`accept` is None) or has decided on.

    answers: accepted short answers; a twin, which has no answer in the documents, has none.
    evidence: the whole sentence; for a twin the sentence of its original.
    """

    id: str
    kind: DraftKind
    question: str
    answers: tuple[str, ...]
    evidence: GoldSpan
    twin_of: str | None = None
    swap: Swap | None = None
    accept: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedDocument:
    """A document that drafts were made from; `sha256` is of the text that the offsets count."""

    id: str
    title: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """The content of a file of drafts; `lines` says where each draft begins, for messages."""

    documents: tuple[DraftedDocument, ...]
    drafts: tuple[QuestionDraft, ...]
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The accepted questions with their documents, and how many drafts were left out."""

    dataset: Dataset
    rejected: int
    undecided: int
