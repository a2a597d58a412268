"""Data sets from elsewhere: the built-in seed, a folder, SQuAD's own JSON."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from evals.dataset import check_question, document_problem, load_dataset
from evals.errors import DatasetError
from evals.types import Card, Dataset, GoldSpan, Question, Region, SourceDocument
from index import decode
from qa import seeds_folder

SEED = "seed"
_BREAK = "\n\n"  # between the paragraphs of an article


class _SeedSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start: int
    end: int
    text: str


class _SeedQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    spans: tuple[_SeedSpan, ...] = ()
    topic: Literal["on", "off"] | None = None
    why: str | None = None


class _SquadAnswer(msgspec.Struct, frozen=True):
    text: str
    answer_start: int


class _SquadQuestion(msgspec.Struct, frozen=True):
    id: str
    question: str
    answers: tuple[_SquadAnswer, ...] = ()
    is_impossible: bool = False


class _SquadParagraph(msgspec.Struct, frozen=True):
    context: str
    qas: tuple[_SquadQuestion, ...]


class _SquadArticle(msgspec.Struct, frozen=True):
    title: str
    paragraphs: tuple[_SquadParagraph, ...]


class _Squad(msgspec.Struct, frozen=True):
    data: tuple[_SquadArticle, ...]
    version: str = ""


def open_dataset(name: str, *, split: str | None = None) -> Dataset:
    """A data set by name: `seed`, a folder (see `evals.dataset`), or a SQuAD `.json` file.

    Raises:
        DatasetError: there is no such data set, or it cannot be used.
    """
    path = Path(name)
    if path.is_dir():
        return load_dataset(path, split=split)
    if name == SEED:
        return seed_dataset()
    if path.is_file() and path.suffix == ".json":
        return read_squad(path)
    raise DatasetError(f"{name!r} is no data set: name a folder, a SQuAD .json file, or {SEED!r}")


def seed_dataset() -> Dataset:
    """The seed document and the questions that come with it."""
    folder = seeds_folder()
    card = json.loads((folder / "seed.json").read_text(encoding="utf-8"))
    document = SourceDocument(
        id=card["id"], title=card["title"], text=decode((folder / card["file"]).read_bytes())
    )
    lines = (folder / card["questions"]["file"]).read_bytes().split(b"\n")
    read = [msgspec.json.decode(line, type=_SeedQuestion) for line in lines if line]
    questions = [
        Question(
            id=row.id,
            text=row.question,
            answerable=row.answerable,
            answers=row.answers,
            spans=tuple(_gold(document.id, s.start, s.end, s.text) for s in row.spans),
            relevant={document.id: 1} if row.answerable else {},
            topic=row.topic,
            origin=Region(document_id=document.id, start=0, end=len(document.text)),
        )
        for row in read
    ]
    about = Card(
        name=SEED,
        licence="as the document's",
        source=card["source"],
        language="en",
        description="Questions written from the seed document before any answer was seen.",
    )
    return checked("seeds", about, [document], questions)


def read_squad(file: Path) -> Dataset:
    """SQuAD 1.1 or 2.0 as published: each article becomes one document.

    A question that is unanswerable is only known to be so for its own paragraph, its origin.

    Raises:
        DatasetError: the file is not SQuAD's format, or an answer is not where it says.
    """
    try:
        squad = msgspec.json.decode(file.read_bytes(), type=_Squad)
    except (msgspec.MsgspecError, OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file}: {error}") from error
    documents: list[SourceDocument] = []
    questions: list[Question] = []
    for number, article in enumerate(squad.data):
        document_id = f"{number:04d}-{article.title.replace('/', '_')}"[:200]
        start = 0
        for paragraph in article.paragraphs:
            place = Region(document_id=document_id, start=start, end=start + len(paragraph.context))
            questions += [_squad_question(row, place) for row in paragraph.qas]
            start = place.end + len(_BREAK)
        text = _BREAK.join(paragraph.context for paragraph in article.paragraphs)
        title = article.title.replace("_", " ")
        documents.append(SourceDocument(id=document_id, title=title, text=text))
    about = Card(
        name=file.stem, licence="CC BY-SA 4.0", source="SQuAD (Rajpurkar et al.)", language="en"
    )
    return checked(str(file), about, documents, questions)


def checked(
    where: str, card: Card, documents: Iterable[SourceDocument], questions: Iterable[Question]
) -> Dataset:
    """A data set whose documents can be stored, whose ids are unique and whose gold holds.

    Raises:
        DatasetError: it is not so; `where` begins the message.
    """
    by_id: dict[str, SourceDocument] = {}
    for document in documents:
        if document.id in by_id:
            raise DatasetError(f"{where}: the document {document.id!r} comes twice")
        if problem := document_problem(document):
            raise DatasetError(f"{where}: {problem}")
        by_id[document.id] = document
    return Dataset(card=card, documents=by_id, questions=_unique(where, questions, by_id))


def _unique(
    where: str, questions: Iterable[Question], documents: Mapping[str, SourceDocument]
) -> tuple[Question, ...]:
    found: dict[str, Question] = {}
    for question in questions:
        if question.id in found:
            raise DatasetError(f"{where}: the query {question.id!r} comes twice")
        if problem := check_question(question, documents):
            raise DatasetError(f"{where}: {problem}")
        found[question.id] = question
    return tuple(found.values())


def _squad_question(row: _SquadQuestion, place: Region) -> Question:
    answers = () if row.is_impossible else row.answers
    starts = {(place.start + answer.answer_start, answer.text): None for answer in answers}
    return Question(
        id=row.id,
        text=row.question,
        answerable=bool(answers),
        answers=tuple(dict.fromkeys(answer.text for answer in answers)),
        spans=tuple(_gold(place.document_id, at, at + len(text), text) for at, text in starts),
        relevant={place.document_id: 1} if answers else {},
        topic=None if answers else "on",
        origin=place,
    )


def _gold(document_id: str, start: int, end: int, text: str) -> GoldSpan:
    return GoldSpan(document_id=document_id, start=start, end=end, text=text)
