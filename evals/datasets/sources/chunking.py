"""The questions of "Evaluating Chunking Strategies for Retrieval"."""

from pathlib import Path

import msgspec

from citespan.evals.datasets.sources.pieces import dataset, rows, spans, text
from citespan.evals.types import Card, Dataset, Question, SourceDocument


class _Reference(msgspec.Struct):
    content: str
    start_index: int
    end_index: int


class _ChunkingQuestion(msgspec.Struct):
    question: str
    corpus: str
    references: tuple[_Reference, ...]


def convert_chunking(source: Path) -> tuple[Dataset, list[str]]:
    """Convert questions on whole corpora, whose references are gold spans.

    source: a folder with questions.jsonl and corpora/*.md.
    """
    documents = [
        SourceDocument(id=file.stem, title=file.stem.replace("_", " "), text=text(file))
        for file in sorted((source / "corpora").glob("*.md"))
    ]
    numbers: dict[str, int] = {}
    questions: list[Question] = []
    for row in rows(source, "questions.jsonl", _ChunkingQuestion):
        number = numbers[row.corpus] = numbers.get(row.corpus, 0) + 1
        places = dict.fromkeys((r.start_index, r.end_index, r.content) for r in row.references)
        question = Question(
            id=f"{row.corpus}-{number:03}",
            text=row.question,
            answerable=True,
            spans=spans(row.corpus, places),
            relevant={row.corpus: 1},
        )
        questions.append(question)
    card = Card(
        name="chunking",
        licence="MIT",
        source="Evaluating Chunking Strategies for Retrieval (Smith and Troynikov 2024)",
        language="en",
    )
    return dataset(card, documents, questions), []
