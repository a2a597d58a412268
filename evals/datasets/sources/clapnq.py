"""CLAPnq: questions on passages of Natural Questions, with full answers."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from citespan.evals.datasets.sources.pieces import dataset, new_id, rows, spans
from citespan.evals.errors import DatasetError
from citespan.evals.metrics.answers import normalised
from citespan.evals.types import Card, Dataset, Question, Region, SourceDocument


class _ClapPassage(msgspec.Struct):
    title: str
    text: str
    sentences: tuple[str, ...]


class _ClapOutput(msgspec.Struct):
    answer: str
    selected_sentences: tuple[str, ...] = ()


class _ClapQuestion(msgspec.Struct):
    id: str
    input: str
    passages: tuple[_ClapPassage, ...]
    output: tuple[_ClapOutput, ...]


def convert_clapnq(source: Path) -> tuple[Dataset, list[str]]:
    """Convert to a document per distinct passage; spans are sentences that any annotator selected.

    source: a folder with answerable.jsonl and unanswerable.jsonl.
    """
    taken: set[str] = set()
    documents: dict[tuple[str, str], SourceDocument] = {}
    questions: list[Question] = []
    unplaced = 0
    for answerable in (True, False):
        name = "answerable.jsonl" if answerable else "unanswerable.jsonl"
        for row in rows(source, name, _ClapQuestion):
            if len(row.passages) != 1:
                raise DatasetError(f"{name}: question {row.id!r}: give it exactly one passage")
            passage = row.passages[0]
            key = (passage.title, passage.text)
            if key not in documents:
                document_id = new_id(passage.title, taken)
                documents[key] = SourceDocument(
                    id=document_id, title=passage.title, text=passage.text
                )
            question, lost = _clap_question(row, documents[key], answerable=answerable)
            questions.append(question)
            unplaced += lost
    card = Card(
        name="clapnq",
        licence="Apache-2.0",
        source="CLAPnq (Rosenthal et al. 2025), on passages of Natural Questions",
        language="en",
        description="The text is split into words by spaces.",
    )
    note = f"selected sentences that could not be placed: {unplaced}"
    return dataset(card, documents.values(), questions), [note]


def _clap_question(
    row: _ClapQuestion, document: SourceDocument, *, answerable: bool
) -> tuple[Question, int]:
    region = Region(document_id=document.id, start=0, end=len(document.text))
    if not answerable:
        question = Question(id=row.id, text=row.input, answerable=False, topic="on", origin=region)
        return question, 0
    places = _sentence_places(document.text, row.passages[0].sentences)
    selected = dict.fromkeys(s for output in row.output for s in output.selected_sentences)
    found_places = sorted(places[sentence] for sentence in selected if sentence in places)
    question = Question(
        id=row.id,
        text=row.input,
        answerable=True,
        references=tuple(dict.fromkeys(o.answer for o in row.output if _says_something(o.answer))),
        spans=spans(document.id, found_places),
        relevant={document.id: 1},
        origin=region,
    )
    return question, sum(sentence not in places for sentence in selected)


def _says_something(answer: str) -> bool:
    """Return whether the field holds more than a blank, a dot or "NA"."""
    return normalised(answer) not in ("", "na")


def _sentence_places(text: str, sentences: Iterable[str]) -> dict[str, tuple[int, int, str]]:
    """Return where each sentence first occurs, each searched for after the one before it."""
    places: dict[str, tuple[int, int, str]] = {}
    end = 0
    for sentence in sentences:
        start = text.find(sentence, end)
        if start >= 0 and sentence:
            end = start + len(sentence)
            places.setdefault(sentence, (start, end, sentence))
    return places
