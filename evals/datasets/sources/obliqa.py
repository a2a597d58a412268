"""ObliQA: questions on the numbered passages of financial rulebooks."""

from pathlib import Path

import msgspec

from citespan.evals.datasets.sources.pieces import dataset, new_id, rows
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, Question, SourceDocument


class _ObliqaPassage(msgspec.Struct, rename={"document": "DocumentID", "number": "PassageID"}):
    document: int
    number: str
    text: str = msgspec.field(name="Passage")


class _ObliqaQuestion(msgspec.Struct):
    id: str = msgspec.field(name="QuestionID")
    text: str = msgspec.field(name="Question")
    passages: tuple[_ObliqaPassage, ...] = msgspec.field(name="Passages")


def convert_obliqa(source: Path) -> tuple[Dataset, list[str]]:
    """Convert to a document per numbered passage; gold passages have grade 1, without spans.

    source: a folder with passages.jsonl and questions.jsonl.
    """
    taken: set[str] = set()
    empty = 0
    documents: list[SourceDocument] = []
    named: dict[tuple[int, str], list[SourceDocument]] = {}
    for row in rows(source, "passages.jsonl", _ObliqaPassage):
        if not row.text.strip():
            empty += 1
            continue
        name = new_id(f"{row.document}:{row.number}", taken)
        document = SourceDocument(id=name, title=row.number, text=row.text)
        documents.append(document)
        named.setdefault((row.document, row.number), []).append(document)
    questions = [
        _obliqa_question(row, named) for row in rows(source, "questions.jsonl", _ObliqaQuestion)
    ]
    card = Card(
        name="obliqa",
        licence="none stated: do not redistribute",
        source="ObliQA (Gokhan et al. 2024), financial rulebooks of Abu Dhabi Global Market",
        language="en",
    )
    note = f"passages without text, left out: {empty}"
    return dataset(card, documents, questions), [note]


def _obliqa_question(
    row: _ObliqaQuestion, named: dict[tuple[int, str], list[SourceDocument]]
) -> Question:
    """Return the question; of passages with one number, that with the stated text, or the first."""
    relevant: dict[str, int] = {}
    for passage in row.passages:
        same = named.get((passage.document, passage.number))
        if not same:
            place = f"{passage.document}:{passage.number}"
            raise DatasetError(
                f"questions.jsonl: question {row.id!r}: there is no passage {place}; add it"
            )
        exact = [document for document in same if document.text == passage.text]
        relevant[(exact or same)[0].id] = 1
    return Question(id=row.id, text=row.text, answerable=True, relevant=relevant)
