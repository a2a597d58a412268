"""Public data sets, as JSON Lines, to data sets of this suite; each gives notes on what it did."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from evals.cards import counts
from evals.errors import DatasetError
from evals.lines import found, read_rows
from evals.types import Card, Dataset, GoldSpan, Question, Region, SourceDocument

T = TypeVar("T")

_LONGEST_ID = 190  # leaves room for the number of a duplicate


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


class _Reference(msgspec.Struct):
    content: str
    start_index: int
    end_index: int


class _ChunkingQuestion(msgspec.Struct):
    question: str
    corpus: str
    references: tuple[_Reference, ...]


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


class _ObliqaPassage(msgspec.Struct, rename={"document": "DocumentID", "number": "PassageID"}):
    document: int
    number: str
    text: str = msgspec.field(name="Passage")


class _ObliqaQuestion(msgspec.Struct):
    id: str = msgspec.field(name="QuestionID")
    text: str = msgspec.field(name="Question")
    passages: tuple[_ObliqaPassage, ...] = msgspec.field(name="Passages")


def squad(source: Path, documents: int | None) -> tuple[Dataset, list[str]]:
    """Whole articles; `documents` keeps those with questions, then the first others, to that many.

    source: a folder with corpus.jsonl and questions_dev.jsonl.
    """
    rows = list(_rows(source, "questions_dev.jsonl", _SquadQuestion))
    corpus = list(_rows(source, "corpus.jsonl", _SquadDocument))
    asked = {row.doc_id for row in rows}
    if documents is not None:
        others = max(0, documents - len(asked))
        spare = [row.doc_id for row in corpus if row.doc_id not in asked]
        asked.update(spare[:others])
        corpus = [row for row in corpus if row.doc_id in asked]
    taken: set[str] = set()
    ids = {row.doc_id: _new_id(row.doc_id, taken) for row in corpus}
    card = Card(
        name="squad",
        licence="CC BY-SA 4.0",
        source="SQuAD 2.0 (Rajpurkar et al. 2018), articles joined from their paragraphs",
        language="en",
        description="Unanswerable means: not from the question's own paragraph.",
    )
    made = [SourceDocument(id=ids[row.doc_id], title=row.title, text=row.text) for row in corpus]
    return _dataset(card, made, (_squad_question(row, ids) for row in rows)), []


def _squad_question(row: _SquadQuestion, ids: dict[str, str]) -> Question:
    if row.doc_id not in ids:
        raise DatasetError(f"question {row.id!r}: corpus.jsonl has no {row.doc_id!r}; add it")
    name = ids[row.doc_id]
    places = dict.fromkeys((a.start, a.end, a.text) for a in row.answers)
    return Question(
        id=row.id,
        text=row.question.strip(),
        answerable=row.answerable,
        answers=tuple(dict.fromkeys(answer.text for answer in row.answers)),
        spans=_spans(name, places),
        relevant={name: 1} if row.answerable else {},
        topic=None if row.answerable else "on",
        origin=Region(document_id=name, start=row.paragraph_start, end=row.paragraph_end),
    )


def chunking(source: Path) -> tuple[Dataset, list[str]]:
    """Questions on whole corpora, whose references are gold spans.

    source: a folder with questions.jsonl and corpora/*.md.
    """
    documents = [
        SourceDocument(id=file.stem, title=file.stem.replace("_", " "), text=_text(file))
        for file in sorted((source / "corpora").glob("*.md"))
    ]
    numbers: dict[str, int] = {}
    questions: list[Question] = []
    for row in _rows(source, "questions.jsonl", _ChunkingQuestion):
        number = numbers[row.corpus] = numbers.get(row.corpus, 0) + 1
        places = dict.fromkeys((r.start_index, r.end_index, r.content) for r in row.references)
        question = Question(
            id=f"{row.corpus}-{number:03}",
            text=row.question,
            answerable=True,
            spans=_spans(row.corpus, places),
            relevant={row.corpus: 1},
        )
        questions.append(question)
    card = Card(
        name="chunking",
        licence="MIT",
        source="Evaluating Chunking Strategies for Retrieval (Smith and Troynikov 2024)",
        language="en",
    )
    return _dataset(card, documents, questions), []


def clapnq(source: Path) -> tuple[Dataset, list[str]]:
    """A document per distinct passage; spans are the sentences that any annotator selected.

    source: a folder with answerable.jsonl and unanswerable.jsonl.
    """
    taken: set[str] = set()
    documents: dict[tuple[str, str], SourceDocument] = {}
    questions: list[Question] = []
    unplaced = 0
    for answerable in (True, False):
        name = "answerable.jsonl" if answerable else "unanswerable.jsonl"
        for row in _rows(source, name, _ClapQuestion):
            if len(row.passages) != 1:
                raise DatasetError(f"question {row.id!r}: give it exactly one passage")
            passage = row.passages[0]
            key = (passage.title, passage.text)
            if key not in documents:
                document_id = _new_id(passage.title, taken)
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
    return _dataset(card, documents.values(), questions), [note]


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
        references=tuple(dict.fromkeys(o.answer for o in row.output if o.answer.strip())),
        spans=_spans(document.id, found_places),
        relevant={document.id: 1},
        origin=region,
    )
    return question, sum(sentence not in places for sentence in selected)


def _sentence_places(text: str, sentences: Iterable[str]) -> dict[str, tuple[int, int, str]]:
    """Where each sentence first stands, each looked for after the one before it."""
    places: dict[str, tuple[int, int, str]] = {}
    end = 0
    for sentence in sentences:
        start = text.find(sentence, end)
        if start >= 0 and sentence:
            end = start + len(sentence)
            places.setdefault(sentence, (start, end, sentence))
    return places


def obliqa(source: Path) -> tuple[Dataset, list[str]]:
    """A document per numbered passage; gold passages have grade 1, and there are no spans.

    source: a folder with passages.jsonl and questions.jsonl.
    """
    taken: set[str] = set()
    empty = 0
    documents: list[SourceDocument] = []
    named: dict[tuple[int, str], list[SourceDocument]] = {}
    for row in _rows(source, "passages.jsonl", _ObliqaPassage):
        if not row.text.strip():
            empty += 1
            continue
        name = _new_id(f"{row.document}:{row.number}", taken)
        document = SourceDocument(id=name, title=row.number, text=row.text)
        documents.append(document)
        named.setdefault((row.document, row.number), []).append(document)
    questions = [
        _obliqa_question(row, named) for row in _rows(source, "questions.jsonl", _ObliqaQuestion)
    ]
    card = Card(
        name="obliqa",
        licence="none stated: do not redistribute",
        source="ObliQA (Gokhan et al. 2024), financial rulebooks of Abu Dhabi Global Market",
        language="en",
    )
    note = f"passages without text, left out: {empty}"
    return _dataset(card, documents, questions), [note]


def _obliqa_question(
    row: _ObliqaQuestion, named: dict[tuple[int, str], list[SourceDocument]]
) -> Question:
    """Of passages with one number the one with the stated text counts, or else the first."""
    relevant: dict[str, int] = {}
    for passage in row.passages:
        same = named.get((passage.document, passage.number))
        if not same:
            place = f"{passage.document}:{passage.number}"
            raise DatasetError(f"question {row.id!r}: there is no passage {place}; add it")
        exact = [document for document in same if document.text == passage.text]
        relevant[(exact or same)[0].id] = 1
    return Question(id=row.id, text=row.text, answerable=True, relevant=relevant)


def _rows(source: Path, name: str, kind: type[T]) -> Iterator[T]:
    if (file := found(source, name)) is None:
        raise DatasetError(f"{source / name}: missing; name the folder that holds it")
    return (row for _, row in read_rows(file, kind))


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file}: not valid UTF-8 at byte {error.start}; save it so") from error


def _new_id(name: str, taken: set[str]) -> str:
    """A document id that the index takes, numbered from the second of a name on."""
    shown = "".join(c for c in name.replace("/", "_") if c.isprintable())
    base = shown[:_LONGEST_ID] if shown.strip(".") else "document"
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base}~{number}"
    taken.add(made)
    return made


def _spans(document_id: str, places: Iterable[tuple[int, int, str]]) -> tuple[GoldSpan, ...]:
    return tuple(
        GoldSpan(document_id=document_id, start=start, end=end, text=text)
        for start, end, text in places
    )


def _dataset(
    card: Card, documents: Iterable[SourceDocument], questions: Iterable[Question]
) -> Dataset:
    made = {document.id: document for document in documents}
    dataset = Dataset(card=card, documents=made, questions=tuple(questions))
    return replace(dataset, card=msgspec.structs.replace(card, counts=counts(dataset)))
