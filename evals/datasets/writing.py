"""Data sets written as folders that `load_dataset` reads.

evals/datasets/folder.py describes the layout.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from citespan.evals.datasets.folder import load_dataset
from citespan.evals.datasets.lines import TSV_HEADER, refused
from citespan.evals.datasets.rows import DocumentRow, SpanRow, answer_row, query_row
from citespan.evals.errors import DatasetError
from citespan.evals.types import Dataset


def write_dataset(dataset: Dataset, folder: Path) -> None:
    """Write the data set so that `load_dataset` reads the same back; all of it or nothing.

    Raises:
        DatasetError: the folder exists and is not empty or cannot be written, or the data set
            breaks a rule of `load_dataset` or would not read back equal, as with spans but no
            grade.
    """
    try:
        _write(dataset, folder)
    except OSError as error:
        raise refused(folder, None, f"cannot be written: {error.strerror}") from error


def _write(dataset: Dataset, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder}: not an empty folder; name one that is empty or not there")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        made = Path(scratch) / "dataset"
        made.mkdir()
        _write_files(dataset, made)
        if load_dataset(made) != dataset:
            raise DatasetError(
                f"{folder}: nothing written, for it would be read back as another data set;"
                " give every question with spans the grades of their documents"
            )
        if folder.exists():
            folder.rmdir()
        made.rename(folder)


def _write_files(dataset: Dataset, folder: Path) -> None:
    questions = dataset.questions
    (folder / "card.yaml").write_bytes(msgspec.yaml.encode(dataset.card))
    _write_rows(
        folder / "corpus.jsonl",
        (DocumentRow(id=d.id, title=d.title, text=d.text) for d in dataset.documents.values()),
    )
    _write_rows(folder / "queries.jsonl", map(query_row, questions))
    _write_rows(
        folder / "spans.jsonl",
        (
            SpanRow(query_id=q.id, document_id=s.document_id, start=s.start, end=s.end, text=s.text)
            for q in questions
            for s in q.spans
        ),
    )
    _write_rows(folder / "answers.jsonl", map(answer_row, questions))
    grades = [
        f"{question.id}\t{document_id}\t{grade}\n"
        for question in questions
        for document_id, grade in question.relevant.items()
    ]
    if grades:
        (folder / "qrels").mkdir()
        text = TSV_HEADER + "\n" + "".join(grades)
        (folder / "qrels" / "test.tsv").write_bytes(text.encode())


def _write_rows(file: Path, rows: Iterable[msgspec.Struct]) -> None:
    with file.open("wb") as stream:
        stream.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
