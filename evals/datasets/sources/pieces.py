"""Functions that all sources are read and converted with."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from citespan.evals.datasets.cards import counts
from citespan.evals.datasets.lines import found, read_rows, refused
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, GoldSpan, Question, SourceDocument

T = TypeVar("T")

_LONGEST_ID = 190  # characters, with room for the number of a duplicate


def rows(source: Path, name: str, kind: type[T]) -> Iterator[T]:
    """Yield the objects of a JSON Lines file in a folder."""
    if (file := found(source, name)) is None:
        raise DatasetError(f"{source / name}: missing; name the folder that holds it")
    return (row for _, row in read_rows(file, kind))


def text(file: Path) -> str:
    """Return the text of a file, unchanged."""
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        problem = f"not valid UTF-8 at byte {error.start}; save it so"
        raise refused(file, None, problem) from error
    except OSError as error:
        raise refused(file, None, f"cannot be read: {error.strerror}") from error


def new_id(name: str, taken: set[str]) -> str:
    """Return a document id that the index accepts; the second of a name on is numbered."""
    shown = "".join(c for c in name.replace("/", "_") if c.isprintable())
    base = shown[:_LONGEST_ID] if shown.strip(".") else "document"
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base}~{number}"
    taken.add(made)
    return made


def spans(document_id: str, places: Iterable[tuple[int, int, str]]) -> tuple[GoldSpan, ...]:
    """Return gold spans of one document from starts, ends and texts."""
    return tuple(
        GoldSpan(document_id=document_id, start=start, end=end, text=text)
        for start, end, text in places
    )


def dataset(
    card: Card, documents: Iterable[SourceDocument], questions: Iterable[Question]
) -> Dataset:
    """Return the data set, with counts of its parts in the card."""
    by_id = {document.id: document for document in documents}
    made = Dataset(card=card, documents=by_id, questions=tuple(questions))
    return replace(made, card=msgspec.structs.replace(card, counts=counts(made)))
