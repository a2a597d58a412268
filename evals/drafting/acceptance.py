"""Conversion of a reviewed file of drafts to a data set: accepted drafts, checked again."""

from collections.abc import Callable, Mapping
from pathlib import Path

from citespan.evals.drafting.reading import read_drafts
from citespan.evals.drafting.types import (
    Acceptance,
    DraftedDocument,
    DraftFile,
    DraftKind,
    QuestionDraft,
)
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, Question, Region, SourceDocument
from citespan.index.disk import sha256_text


def accept_drafts(
    file: Path, load: Callable[[DraftedDocument], str], *, name: str | None = None
) -> Acceptance:
    """Return the data set of the accepted drafts, with all documents of the file.

    Args:
        file: as the reviewer left it.
        load: returns the current text of a document, from its recorded path.
        name: of the data set; by default the name of the file.

    Raises:
        DatasetError: a document changed since, a span does not hold its text, or nothing was
            accepted; the message names the file, the line, the draft and the reason.
    """
    read = read_drafts(file)
    accepted = [draft for draft in read.drafts if draft.accept]
    rejected = sum(draft.accept is False for draft in read.drafts)
    undecided = len(read.drafts) - len(accepted) - rejected
    if not accepted:
        raise DatasetError(
            f"{file}: none of {len(read.drafts)} drafts is accepted ({rejected} rejected,"
            f" {undecided} undecided); write yes after `accept:` if a question is good"
        )
    documents = _documents(file, read, load)
    for draft in accepted:
        if problem := _problem(draft, documents):
            raise DatasetError(f"{file}, line {read.lines[draft.id]}: draft {draft.id}: {problem}")
    card = Card(
        name=name or file.stem,
        licence="that of the documents",
        source="questions drafted from the documents, each accepted by a person",
        language="en",
    )
    questions = tuple(_question(draft) for draft in accepted)
    return Acceptance(
        dataset=Dataset(card=card, documents=documents, questions=questions),
        rejected=rejected,
        undecided=undecided,
    )


def _documents(
    file: Path, read: DraftFile, load: Callable[[DraftedDocument], str]
) -> dict[str, SourceDocument]:
    documents: dict[str, SourceDocument] = {}
    for recorded in read.documents:
        if recorded.id in documents:
            raise DatasetError(f"{file}: the document id {recorded.id!r} comes twice")
        text = load(recorded)
        if sha256_text(text) != recorded.sha256:
            raise DatasetError(
                f"{file}: the text of {recorded.path} changed since the drafts were made;"
                " restore it, or draft the questions again"
            )
        documents[recorded.id] = SourceDocument(id=recorded.id, title=recorded.title, text=text)
    return documents


def _problem(draft: QuestionDraft, documents: Mapping[str, SourceDocument]) -> str | None:
    """Return why an accepted draft cannot be used; None if it can."""
    document = documents.get(draft.evidence.document_id)
    if document is None:
        return f"the file records no document {draft.evidence.document_id!r}"
    if not draft.question:
        return "the question is empty"
    span, text = draft.evidence.span, document.text
    if not span or span.end > len(text) or span.of(text) != draft.evidence.text:
        return f"the text at {span.start} to {span.end} is not the sentence given"
    if draft.kind is DraftKind.TWIN:
        return "a twin has no answer; take the answer out, or reject it" if draft.answers else None
    if not draft.answers:
        return "the answer is empty"
    sentence = " ".join(draft.evidence.text.split()).casefold()
    if not any(answer.casefold() in sentence for answer in draft.answers):
        return "no answer is in the sentence; add words of the sentence, on a line of their own"
    return None


def _question(draft: QuestionDraft) -> Question:
    evidence = draft.evidence
    twin = draft.kind is DraftKind.TWIN
    return Question(
        id=draft.id,
        text=draft.question,
        answerable=not twin,
        answers=draft.answers,
        spans=() if twin else (evidence,),
        relevant={} if twin else {evidence.document_id: 1},
        topic="on" if twin else None,
        origin=Region(document_id=evidence.document_id, start=evidence.start, end=evidence.end),
    )
