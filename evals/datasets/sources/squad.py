"""SQuAD 2.0 with its articles joined from their paragraphs."""

from pathlib import Path

import msgspec

from citespan.evals.datasets.articles import role
from citespan.evals.datasets.sources.pieces import dataset, new_id, rows, spans
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, Question, Region, SourceDocument


class _SquadDocument(msgspec.Struct):
    doc_id: str
    title: str
    text: str


class _Answer(msgspec.Struct):
    start: int
    end: int
    text: str


class _SquadQuestion(msgspec.Struct):
    id: str
    question: str
    doc_id: str
    paragraph_start: int
    paragraph_end: int
    answerable: bool
    answers: tuple[_Answer, ...]


def convert_squad(
    source: Path, documents: int | None, *, report: bool = False
) -> tuple[Dataset, list[str]]:
    """Convert whole articles; `documents` keeps those with questions, then others, to that many.

    source: a folder with corpus.jsonl and questions_dev.jsonl.
    report: only the questions about articles that citespan neither learnt nor chose from.
    """
    asking = list(rows(source, "questions_dev.jsonl", _SquadQuestion))
    if report:
        asking = [row for row in asking if role(row.doc_id) == "report"]
    corpus = list(rows(source, "corpus.jsonl", _SquadDocument))
    asked = {row.doc_id for row in asking}
    if documents is not None:
        others = max(0, documents - len(asked))
        spare = [row.doc_id for row in corpus if row.doc_id not in asked]
        asked.update(spare[:others])
        corpus = [row for row in corpus if row.doc_id in asked]
    taken: set[str] = set()
    ids = {row.doc_id: new_id(row.doc_id, taken) for row in corpus}
    card = Card(
        name="squad-report" if report else "squad",
        licence="CC BY-SA 4.0",
        source="SQuAD 2.0 (Rajpurkar et al. 2018), articles joined from their paragraphs",
        language="en",
        description="Unanswerable means: not from the question's own paragraph.",
    )
    made = [SourceDocument(id=ids[row.doc_id], title=row.title, text=row.text) for row in corpus]
    return dataset(card, made, (_squad_question(row, ids) for row in asking)), []


def _squad_question(row: _SquadQuestion, ids: dict[str, str]) -> Question:
    if row.doc_id not in ids:
        raise DatasetError(
            f"questions_dev.jsonl: question {row.id!r}: corpus.jsonl has no {row.doc_id!r}; add it"
        )
    name = ids[row.doc_id]
    places = dict.fromkeys((a.start, a.end, a.text) for a in row.answers)
    return Question(
        id=row.id,
        text=row.question.strip(),
        answerable=row.answerable,
        answers=tuple(dict.fromkeys(answer.text for answer in row.answers)),
        spans=spans(name, places),
        relevant={name: 1} if row.answerable else {},
        topic=None if row.answerable else "on",
        origin=Region(document_id=name, start=row.paragraph_start, end=row.paragraph_end),
    )
