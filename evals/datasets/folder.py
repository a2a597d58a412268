"""Data sets on disk: the folder layout of BEIR (Thakur et al. 2021), with spans and answers added.

corpus.jsonl   {"_id", "title"?, "text"}
queries.jsonl  {"_id", "text", "metadata"?: {"topic"?, "origin"?: {document_id, start, end}}}
qrels/*.tsv    query-id, corpus-id, score, with that header; integer grades
spans.jsonl    {"query_id", "document_id", "start", "end", "text"}
answers.jsonl  {"query_id", "answerable", "answers"?, "facts"?, "references"?}
card.yaml      name, licence, source, language, description?, counts?

Any file but the card may be gzipped. Either qrels or spans.jsonl must exist.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from citespan.evals.datasets.cards import check_counts, read_card
from citespan.evals.datasets.checks import document_problem, question_problem, span_problem
from citespan.evals.datasets.lines import found, read_rows, read_scores, refused
from citespan.evals.datasets.rows import (
    AnswerRow,
    DocumentRow,
    QueryMetadata,
    QueryRow,
    SpanRow,
)
from citespan.evals.errors import DatasetError
from citespan.evals.types import Dataset, GoldSpan, Question, SourceDocument


@dataclass(slots=True, kw_only=True)
class _Reading:
    """The rows read so far; `empty`: documents left out, `elsewhere`: queries of other splits."""

    documents: dict[str, SourceDocument] = field(default_factory=dict[str, SourceDocument])
    empty: set[str] = field(default_factory=set[str])
    queries: dict[str, QueryRow] = field(default_factory=dict[str, QueryRow])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    grades: dict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict[str, dict[str, int]](dict)
    )
    spans: dict[str, list[GoldSpan]] = field(
        default_factory=lambda: defaultdict[str, list[GoldSpan]](list)
    )
    answers: dict[str, AnswerRow] = field(default_factory=dict[str, AnswerRow])
    elsewhere: set[str] = field(default_factory=set[str])

    def reference_problem(self, query_id: str, document_id: str | None = None) -> str | None:
        """Return why a row that names these cannot be used."""
        if query_id not in self.queries:
            return f"queries.jsonl has no {query_id!r}; add the query or remove this row"
        if document_id in self.empty:
            return f"document {document_id!r} has no text; give it one or remove this row"
        if document_id is not None and document_id not in self.documents:
            return f"corpus.jsonl has no {document_id!r}; add the document or remove this row"
        return None


def load_dataset(folder: Path, *, split: str | None = None) -> Dataset:
    """Read the data set in a folder, and check all of it.

    A question is read if it has a row in the qrels, spans.jsonl or answers.jsonl, unless only the
    qrels of another split name it. If no qrels name a question, the documents of its spans have
    grade 1. If it has no row in answers.jsonl, it is answerable if it has a span or a grade above
    0. Documents without text that nothing refers to are left out.

    split: which file of qrels/, without its ending; required if there are several.

    Raises:
        DatasetError: a file is missing or wrong; the message names the file, line and remedy.
    """
    try:
        return _loaded(folder, split)
    except OSError as error:  # for the folder; errors of files are raised where they are read
        place = Path(error.filename or folder)
        raise refused(place, None, f"cannot be read: {error.strerror}") from error


def _loaded(folder: Path, split: str | None) -> Dataset:
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; name a folder with corpus.jsonl in it")
    qrels = _qrels(folder, split)
    spans = found(folder, "spans.jsonl")
    if not (qrels or spans):
        raise DatasetError(f"{folder}: neither qrels/*.tsv nor spans.jsonl; add one of them")
    reading = _Reading()
    _read_documents(_needed(folder, "corpus.jsonl"), reading)
    queries = _needed(folder, "queries.jsonl")
    _read_queries(queries, reading)
    _read_grades(qrels, reading)
    if spans:
        _read_spans(spans, reading)
    if answers := found(folder, "answers.jsonl"):
        _read_answers(answers, reading)
    dataset = Dataset(
        card=read_card(folder), documents=reading.documents, questions=_questions(queries, reading)
    )
    if not dataset.questions:
        raise refused(queries, None, "no question has a row in qrels, spans or answers; add one")
    check_counts(folder / "card.yaml", dataset)
    return dataset


def _needed(folder: Path, name: str) -> Path:
    if (file := found(folder, name)) is None:
        raise DatasetError(f"{folder / name}: missing; add it (or {name}.gz)")
    return file


def _qrels(folder: Path, split: str | None) -> tuple[Path, ...]:
    """Return the chosen file first, then the others."""
    there = folder / "qrels"
    if os.path.lexists(there) and not there.is_dir():
        raise refused(there, None, "not a folder; put test.tsv into one of that name")
    # Not glob(), which skips a folder that may not be read.
    names = [file.name.removesuffix(".gz") for file in there.iterdir()] if there.exists() else []
    files = {
        name.removesuffix(".tsv"): file
        for name in sorted(names)
        if name.endswith(".tsv") and (file := found(there, name))
    }
    shown = ", ".join(files) or "none"
    if split is None and len(files) > 1:
        raise DatasetError(f"{there}: several splits; choose one of: {shown}")
    if split is not None and split not in files:
        raise DatasetError(f"{there}: no split {split!r}; there is: {shown}")
    chosen = [files.pop(split)] if split is not None else []
    return (*chosen, *files.values())


def _read_documents(file: Path, reading: _Reading) -> None:
    for number, row in read_rows(file, DocumentRow):
        if row.id in reading.documents or row.id in reading.empty:
            raise refused(file, number, f"the id {row.id!r} comes twice; ids must be unique")
        if not row.text.lstrip("\ufeff").strip():
            reading.empty.add(row.id)
            continue
        document = SourceDocument(id=row.id, title=row.title or "", text=row.text)
        if problem := document_problem(document):
            raise refused(file, number, problem)
        reading.documents[row.id] = document


def _read_queries(file: Path, reading: _Reading) -> None:
    for number, row in read_rows(file, QueryRow):
        if row.id in reading.queries:
            raise refused(file, number, f"the id {row.id!r} comes twice; ids must be unique")
        if not (row.id and row.text.strip()):
            raise refused(file, number, "the id or the text is empty; give both")
        reading.queries[row.id] = row
        reading.lines[row.id] = number


def _read_grades(files: tuple[Path, ...], reading: _Reading) -> None:
    for file in files[:1]:
        for number, query_id, document_id, grade in read_scores(file):
            if problem := reading.reference_problem(query_id, document_id):
                raise refused(file, number, problem)
            if document_id in reading.grades[query_id]:
                problem = f"{query_id!r} and {document_id!r} come twice; grade each pair once"
                raise refused(file, number, problem)
            reading.grades[query_id][document_id] = grade
    for file in files[1:]:
        reading.elsewhere.update(row[1] for row in read_scores(file))
    reading.elsewhere -= reading.grades.keys()


def _read_spans(file: Path, reading: _Reading) -> None:
    for number, row in read_rows(file, SpanRow):
        if problem := reading.reference_problem(row.query_id, row.document_id):
            raise refused(file, number, problem)
        if row.start < 0:
            raise refused(file, number, f"the span begins at {row.start}; offsets are 0 and up")
        gold = GoldSpan(document_id=row.document_id, start=row.start, end=row.end, text=row.text)
        if problem := span_problem(gold, reading.documents[row.document_id]):
            raise refused(file, number, problem)
        if gold in reading.spans[row.query_id]:
            problem = f"the span of {row.query_id!r} comes twice; remove one of the rows"
            raise refused(file, number, problem)
        reading.spans[row.query_id].append(gold)


def _read_answers(file: Path, reading: _Reading) -> None:
    for number, row in read_rows(file, AnswerRow):
        if problem := reading.reference_problem(row.query_id):
            raise refused(file, number, problem)
        if row.query_id in reading.answers:
            problem = f"the query {row.query_id!r} comes twice; put all its answers in one row"
            raise refused(file, number, problem)
        reading.answers[row.query_id] = row


def _questions(file: Path, reading: _Reading) -> tuple[Question, ...]:
    taken = (reading.grades.keys() | reading.spans.keys() | reading.answers.keys()) - (
        reading.elsewhere
    )
    questions = [_question(row, reading) for row in reading.queries.values() if row.id in taken]
    for question in questions:
        if problem := question_problem(question, reading.documents):
            raise refused(file, reading.lines[question.id], problem)
    return tuple(questions)


def _question(row: QueryRow, reading: _Reading) -> Question:
    spans = tuple(reading.spans.get(row.id, ()))
    relevant = reading.grades.get(row.id) or {span.document_id: 1 for span in spans}
    metadata = row.metadata or QueryMetadata()
    answerable = bool(spans) or any(grade > 0 for grade in relevant.values())
    answers = reading.answers.get(row.id) or AnswerRow(query_id=row.id, answerable=answerable)
    return Question(
        id=row.id,
        text=row.text,
        answerable=answers.answerable,
        answers=answers.answers,
        references=answers.references,
        spans=spans,
        facts=answers.facts,
        relevant=relevant,
        topic=metadata.topic,
        origin=metadata.origin,
    )
