"""Rows of the public question sets, read from compressed JSON Lines and checked."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from citespan.evals.training.errors import TrainingError


class Marked(msgspec.Struct, frozen=True):
    """Characters of a context, `[start, end)`, with their text; -1 if the place is not known."""

    start: int
    end: int
    text: str
    offset_guessed: bool = False


class QuestionRow(msgspec.Struct, frozen=True):
    """A question with the text that it is asked about.

    answers: short answers; an answerable question has none if only yes or no answers it, or if
        `evidence_spans` are whole sentences.
    pair: the id of the answerable question that people changed into this unanswerable one.
    plausible: the answer that a careless reader would give to an unanswerable one.
    """

    id: str
    title: str
    context: str
    question: str
    answerable: bool
    answers: list[Marked]
    evidence_spans: list[Marked] = []
    answer_text: str = ""
    pair: str = ""
    plausible: list[Marked] = []


def read_rows(path: Path) -> Iterator[QuestionRow]:
    """Read the rows of a question set.

    Raises:
        TrainingError: a line cannot be read, or its labels or offsets contradict its text.
    """
    for number, line in _lines(path):
        try:
            row = msgspec.json.decode(line, type=QuestionRow)
        except msgspec.MsgspecError as error:
            raise TrainingError(f"{path.name}, line {number}: {error}") from error
        known = row.answers or row.evidence_spans or row.answer_text
        if (row.answerable and not known) or (row.answers and not row.answerable):
            raise TrainingError(f"{path.name}, line {number}: answerable and answers disagree")
        for marked in (*row.answers, *row.evidence_spans, *row.plausible):
            # -1 and no text: the answer is known, its place is not; such questions are left out
            if marked.start < 0 and not marked.text:
                continue
            inside = 0 <= marked.start < marked.end <= len(row.context)
            if not inside or row.context[marked.start : marked.end] != marked.text:
                raise TrainingError(
                    f"{path.name}, line {number}: [{marked.start}, {marked.end}) is not"
                    f" {marked.text!r} in its context"
                )
        yield row


def read_objects(path: Path) -> Iterator[dict[str, Any]]:
    """Read the objects of a compressed JSON Lines file.

    Raises:
        TrainingError: it cannot be read, or a line is not an object.
    """
    for number, line in _lines(path):
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise TrainingError(f"{path.name}, line {number}: {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from enumerate(file, start=1)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise TrainingError(f"cannot read {path}: {error}") from error
