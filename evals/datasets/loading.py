"""Data sets in forms other than a folder: SQuAD, and the questions that come with the project."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from citespan.decoding import from_json
from citespan.evals.datasets.checks import (
    document_problem,
    name_problem,
    question_problem,
    span_problem,
)
from citespan.evals.datasets.folder import load_dataset
from citespan.evals.datasets.lines import read_rows, refused
from citespan.evals.errors import DatasetError
from citespan.evals.types import Card, Dataset, GoldSpan, Question, Region, SourceDocument
from citespan.index import decode
from citespan.qa.composition import seeds_folder


class _SquadAnswer(msgspec.Struct):
    text: str
    answer_start: int


class _SquadQuestion(msgspec.Struct):
    id: str
    question: str
    answers: tuple[_SquadAnswer, ...] = ()
    is_impossible: bool = False


class _SquadParagraph(msgspec.Struct):
    context: str
    qas: tuple[_SquadQuestion, ...]


class _SquadArticle(msgspec.Struct):
    title: str
    paragraphs: tuple[_SquadParagraph, ...]


class _Squad(msgspec.Struct):
    data: tuple[_SquadArticle, ...]
    version: str = ""


class _SeedSpan(msgspec.Struct):
    start: int
    end: int
    text: str


class _SeedQuestion(msgspec.Struct):
    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    spans: tuple[_SeedSpan, ...] = ()
    topic: Literal["on", "off"] | None = None


class _SeedFile(msgspec.Struct):
    file: str


class _Seed(msgspec.Struct):
    id: str
    file: str
    title: str
    source: str
    questions: _SeedFile
    licence: str = "see source"


def open_dataset(name: str, *, split: str | None = None) -> Dataset:
    """Open the data set of that name: "seed", a folder, or a SQuAD file ending in .json.

    Raises:
        DatasetError: it is none of these, it is wrong, or it has no splits to choose from.
    """
    path = Path(name)
    if name != "seed" and os.path.isdir(path):  # noqa: PTH112  (no error for a name too long)
        return load_dataset(path, split=split)
    if split is not None:
        raise DatasetError(f"{name}: only a folder has splits; leave out the split {split!r}")
    if name == "seed":
        return seed_dataset()
    if path.suffix == ".json" and os.path.isfile(path):  # noqa: PTH113
        return read_squad(path)
    raise DatasetError(
        f"{name}: no data set; give 'seed', a folder with corpus.jsonl and queries.jsonl,"
        " or a SQuAD file ending in .json"
    )


def seed_dataset() -> Dataset:
    """Return the document that comes with the project and its questions, all resampled together."""
    folder = seeds_folder()
    card_file = folder / "seed.json"
    try:
        seed = from_json(card_file.read_bytes(), _Seed)
        text = decode((folder / seed.file).read_bytes())
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise refused(card_file, None, f"{error}; install the package again") from error
    document = SourceDocument(id=seed.id, title=seed.title, text=text)
    file = folder / seed.questions.file
    questions: list[Question] = []
    for number, row in read_rows(file, _SeedQuestion):
        question = _seed_question(row, document)
        if problem := _problem(question, document):
            raise refused(file, number, problem)
        questions.append(question)
    return Dataset(
        card=Card(name="seed", licence=seed.licence, source=seed.source, language="en"),
        documents={document.id: document},
        questions=tuple(questions),
    )


def read_squad(file: Path) -> Dataset:
    """Read a SQuAD 1.1 or 2.0 file: an article is a document, a blank line between paragraphs.

    Raises:
        DatasetError: it is not such a file, or an answer is not at its stated place.
    """
    try:
        squad = from_json(file.read_bytes(), _Squad)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError, RecursionError) as error:
        raise refused(file, None, f"no SQuAD file: {error}; see its 'data' field") from error
    documents: dict[str, SourceDocument] = {}
    questions: dict[str, Question] = {}
    for article in squad.data:
        document = _article_document(article)
        if document.id in documents:
            raise refused(file, None, f"the article {article.title!r} comes twice; rename one")
        if problem := document_problem(document):
            raise refused(file, None, problem)
        documents[document.id] = document
        for question in _article_questions(file, article, document):
            if question.id in questions:
                problem = f"the question {question.id!r} comes twice; ids must be unique"
                raise refused(file, None, problem)
            questions[question.id] = question
    name = " ".join(("SQuAD", squad.version)).strip()
    problem = name_problem(name) or (None if questions else "no questions; see its 'qas' fields")
    if problem:
        raise refused(file, None, problem)
    card = Card(name=name, licence="unknown", source=file.name, language="unknown")
    return Dataset(card=card, documents=documents, questions=tuple(questions.values()))


def _article_document(article: _SquadArticle) -> SourceDocument:
    text = "\n\n".join(paragraph.context for paragraph in article.paragraphs)
    title = article.title.replace("_", " ")
    return SourceDocument(id=article.title.replace("/", "_"), title=title, text=text)


def _article_questions(
    file: Path, article: _SquadArticle, document: SourceDocument
) -> Iterator[Question]:
    start = 0
    for paragraph in article.paragraphs:
        region = Region(document_id=document.id, start=start, end=start + len(paragraph.context))
        for row in paragraph.qas:
            yield _squad_question(file, row, document, region)
        start = region.end + len("\n\n")


def _squad_question(
    file: Path, row: _SquadQuestion, document: SourceDocument, region: Region
) -> Question:
    answers = () if row.is_impossible else row.answers
    long = region.end - region.start
    if any(not 0 <= a.answer_start <= long - len(a.text) for a in answers):
        problem = f"question {row.id!r}: an answer is not inside its paragraph; correct its start"
        raise refused(file, None, problem)
    spans = tuple(
        GoldSpan(document_id=document.id, start=start, end=start + len(text), text=text)
        for start, text in dict.fromkeys((region.start + a.answer_start, a.text) for a in answers)
    )
    question = Question(
        id=row.id,
        text=row.question,
        answerable=not row.is_impossible,
        answers=tuple(dict.fromkeys(answer.text for answer in answers)),
        spans=spans,
        relevant={document.id: 1} if spans else {},
        topic="on" if row.is_impossible else None,
        origin=region,
    )
    if problem := _problem(question, document):
        raise refused(file, None, f"question {row.id!r}: {problem}")
    return question


def _seed_question(row: _SeedQuestion, document: SourceDocument) -> Question:
    return Question(
        id=row.id,
        text=row.question,
        answerable=row.answerable,
        answers=row.answers,
        spans=tuple(
            GoldSpan(document_id=document.id, start=span.start, end=span.end, text=span.text)
            for span in row.spans
        ),
        relevant={document.id: 1} if row.spans else {},
        topic=row.topic,
        origin=Region(document_id=document.id, start=0, end=len(document.text)),
    )


def _problem(question: Question, document: SourceDocument) -> str | None:
    problems = (span_problem(gold, document) for gold in question.spans)
    return next((p for p in problems if p), None) or question_problem(
        question, {document.id: document}
    )
