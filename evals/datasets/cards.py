"""The card of a data set, card.yaml: its description, and the number of its parts."""

from pathlib import Path

import msgspec
import yaml

from citespan.decoding import converted
from citespan.evals.datasets.checks import name_problem
from citespan.evals.datasets.lines import found, refused
from citespan.evals.types import Card, Dataset

_MOST_BYTES = 100_000  # bytes; far more than a card needs; the parser takes a second for them


def read_card(folder: Path) -> Card:
    """Read the card in a folder; without a file, the folder's name is all that is known.

    Raises:
        DatasetError: it cannot be read, is no card, or its name cannot name a folder of results.
    """
    file = found(folder, "card.yaml")
    if file:
        card = _decoded(file)
    else:
        name = folder.resolve().name or "dataset"
        card = Card(name=name, licence="unknown", source="unknown", language="unknown")
    if problem := name_problem(card.name):
        raise refused(file or folder, None, problem)
    return card


def check_counts(file: Path, dataset: Dataset) -> None:
    """Check the card's counts against the data set.

    Raises:
        DatasetError: a count differs.
    """
    real = counts(dataset)
    for name, stated in dataset.card.counts.items():
        if name not in real:
            raise refused(file, None, f"unknown count {name!r}; known: {', '.join(real)}")
        if stated != real[name]:
            problem = f"{stated} {name} stated, {real[name]} found; correct the files or the card"
            raise refused(file, None, problem)


def counts(dataset: Dataset) -> dict[str, int]:
    """Return the numbers of documents, questions, answerable questions and spans."""
    return {
        "documents": len(dataset.documents),
        "questions": len(dataset.questions),
        "answerable": sum(question.answerable for question in dataset.questions),
        "spans": sum(len(question.spans) for question in dataset.questions),
    }


def _decoded(file: Path) -> Card:
    try:
        content = file.read_bytes()
        if len(content) > _MOST_BYTES:
            raise refused(file, None, f"more than {_MOST_BYTES} bytes; a card has a few lines")
        # Not msgspec.yaml: its C parser ends the process at deep nesting. This one raises.
        return converted(yaml.load(content.decode(), yaml.SafeLoader), Card)
    except RecursionError as error:
        raise refused(file, None, "nested too deeply; see the fields of a card") from error
    except (OSError, ValueError, yaml.YAMLError, msgspec.MsgspecError) as error:
        raise refused(file, None, f"{error}; see the fields of a card") from error
