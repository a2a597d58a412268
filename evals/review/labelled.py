"""The data set that accepted judgements of answers make, with the documents of their collection."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from citespan.evals.datasets import write_dataset
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, GoldSpan, Question, SourceDocument
from citespan.index import Document
from citespan.qa.collections.feedback import Gold, LabelStore, Left, gold_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A data set, and the accepted labels that are left out of it."""

    dataset: Dataset
    left: tuple[Left, ...]


def labelled_dataset(
    labels: LabelStore, ids: Iterable[str], current: Callable[[str], Document], name: str
) -> Labelled:
    """Return the data set of the accepted labels.

    Its documents are the current ones of the collection: a question that has no answer has none in
    any of them.

    Args:
        labels: those of a collection.
        ids: the ids of its documents.
        current: returns the current revision of a document.
        name: of the data set.

    Raises:
        DatasetError: no accepted label can be part of it.
    """
    gold, left = gold_of(labels, current)
    if not gold:
        why = f"; {len(left)} are left out: {left[0].why}" if left else ""
        raise DatasetError(f"no label is accepted{why}; accept some first")
    card = Card(
        name=name,
        licence="that of the documents",
        source="questions of people, each answer judged by a person",
        language="unknown",
    )
    documents = {
        one.id: SourceDocument(id=one.id, title=one.title, text=one.text)
        for one in map(current, ids)
    }
    questions = tuple(map(_question, gold))
    return Labelled(dataset=Dataset(card=card, documents=documents, questions=questions), left=left)


def zipped(dataset: Dataset) -> bytes:
    """Return a data set as a ZIP archive of its files.

    Raises:
        DatasetError: as for `write_dataset`.
    """
    made = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="citespan-labels-") as scratch:
        folder = Path(scratch) / dataset.card.name
        write_dataset(dataset, folder)
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                packed.write(file, file.relative_to(scratch))
    return made.getvalue()


def _question(gold: Gold) -> Question:
    label = gold.label
    return Question(
        id=label.id,
        text=label.question,
        answerable=label.answerable,
        spans=tuple(
            GoldSpan(
                document_id=document.id, start=span.start, end=span.end, text=span.of(document.text)
            )
            for document, span in gold.spans
        ),
        relevant=dict.fromkeys((document.id for document, _ in gold.spans), 1),
    )
