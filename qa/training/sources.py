"""Public question sets as documents and questions. Offsets are checked against the text."""

import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from index.types import Span
from qa.training.articles import Part, role
from qa.training.errors import TrainingError

BREAK = "\n\n"  # between the paragraphs of a document

DEVELOPMENT = "squad2"  # the source's name for questions about development articles

FILES = {
    "squad": ("squad11_train", "squad11_train_synthetic_unanswerable"),
    "nq": ("qed_nq_train",),
    "fairytale": ("fairytaleqa_explicit",),
    "subjqa": ("subjqa_train",),
}


class _Answer(msgspec.Struct, frozen=True):
    start: int
    end: int
    text: str
    offset_guessed: bool = False


class _Row(msgspec.Struct, frozen=True):
    id: str
    title: str
    context: str
    question: str
    answerable: bool
    answers: list[_Answer]


@dataclass(slots=True, kw_only=True)
class SourceText:
    """A document of a source: its paragraphs joined, as an index would hold it.

    `part` is the part of the data that it must be in; None: as its group's name falls.
    """

    source: str
    title: str
    group: str
    part: Part | None = None
    text: str = ""
    paragraphs: list[Span] = field(default_factory=list[Span])
    _known: dict[str, Span] = field(default_factory=dict[str, Span])

    def paragraph(self, text: str) -> Span:
        """Where a paragraph lies; a new one goes to the end."""
        if text not in self._known:
            start = len(self.text) + len(BREAK) if self.text else 0
            self.text += (BREAK if self.text else "") + text
            self._known[text] = Span(start, start + len(text))
            self.paragraphs.append(self._known[text])
        return self._known[text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of a source; offsets are of `document.text`. No answers: none in `paragraph`."""

    id: str
    document: SourceText
    question: str
    paragraph: Span
    answers: tuple[Span, ...]


@dataclass(slots=True, kw_only=True)
class Library:
    """All documents and questions, and what was left out, by reason."""

    documents: dict[tuple[str, str], SourceText] = field(
        default_factory=dict[tuple[str, str], SourceText]
    )
    questions: list[Asked] = field(default_factory=list[Asked])
    dropped: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Articles and questions of evaluation data, which no example may come from."""

    groups: frozenset[str]
    questions: frozenset[str]


def load_library(folder: Path, excluded: Excluded) -> Library:
    """All sources below `folder`/train, without what is excluded, and `folder`/squad.

    Left out are spans whose occurrence in the text was guessed, and their questions; and those
    about the development articles that are for reporting.

    Raises:
        TrainingError: a file is missing, or a line of it is not as described.
    """
    library = Library()
    for source, names in FILES.items():
        taken: set[str] = set()
        for name in names:
            for row in _rows(folder / "train" / f"{name}.jsonl.gz"):
                if row.id in taken:
                    library.dropped[f"{source}: id given before"] += 1
                    continue
                taken.add(row.id)
                _add(library, source, row, excluded)
    _add_development(library, folder / "squad")
    return library


def _add_development(library: Library, folder: Path) -> None:
    texts = {row["doc_id"]: str(row["text"]) for row in read_objects(folder / "corpus.jsonl.gz")}
    for row in read_objects(folder / "questions_dev.jsonl.gz"):
        name = str(row["doc_id"])
        part = role(name)
        if part == "report":
            continue
        document = library.documents.setdefault(
            (DEVELOPMENT, name),
            SourceText(source=DEVELOPMENT, title=readable(name), group=normal(name), part=part),
        )
        place = Span(int(row["paragraph_start"]), int(row["paragraph_end"]))
        paragraph = document.paragraph(place.of(texts[name]))
        moved = paragraph.start - place.start
        answers = {Span(a["start"] + moved, a["end"] + moved) for a in row["answers"]}
        library.questions.append(
            Asked(
                id=f"{DEVELOPMENT}:{row['id']}",
                document=document,
                question=" ".join(str(row["question"]).split()),
                paragraph=paragraph,
                answers=tuple(sorted(answers)),
            )
        )


def _add(library: Library, source: str, row: _Row, excluded: Excluded) -> None:
    group = normal(row.title)
    if group in excluded.groups or normal(row.question) in excluded.questions:
        library.dropped[f"{source}: in evaluation data"] += 1
        return
    if any(answer.start < 0 for answer in row.answers):
        library.dropped[f"{source}: no span"] += 1
        return
    if any(answer.offset_guessed for answer in row.answers):
        library.dropped[f"{source}: occurrence guessed"] += 1
        return
    title = "" if source == "subjqa" else readable(row.title)  # a product's number says nothing
    key = (source, group)
    document = library.documents.setdefault(
        key, SourceText(source=source, title=title, group=group)
    )
    paragraph = document.paragraph(row.context)
    answers = {
        Span(paragraph.start + answer.start, paragraph.start + answer.end) for answer in row.answers
    }
    library.questions.append(
        Asked(
            id=f"{source}:{row.id}",
            document=document,
            question=" ".join(row.question.split()),
            paragraph=paragraph,
            answers=tuple(sorted(answers)),
        )
    )


def excluded_from(folder: Path) -> Excluded:
    """What the evaluation sets beside the training data cover.

    Raises:
        TrainingError: one of them is missing; without them nothing can be kept apart.
    """
    groups: set[str] = set()
    questions: set[str] = set()
    for row in read_objects(folder / "squad/questions_dev.jsonl.gz"):
        groups.add(normal(str(row["doc_id"])))
        questions.add(normal(str(row["question"])))
    for name in ("answerable", "unanswerable"):
        for row in read_objects(folder / f"clapnq/{name}.jsonl.gz"):
            questions.add(normal(str(row["input"])))
            groups.update(normal(str(passage["title"])) for passage in row["passages"])
    for row in read_objects(folder / "chunking/questions.jsonl.gz"):
        questions.add(normal(str(row["question"])))
    return Excluded(groups=frozenset(groups), questions=frozenset(questions))


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in _lines(path):
        try:
            row = msgspec.json.decode(line, type=_Row)
        except msgspec.MsgspecError as error:
            raise TrainingError(f"{path.name}, line {number}: {error}") from error
        if row.answerable != bool(row.answers):
            raise TrainingError(f"{path.name}, line {number}: answerable and answers disagree")
        for answer in row.answers:
            # -1 and no text: the answer is known, its place is not; such questions are left out
            if answer.start < 0 and not answer.text:
                continue
            inside = 0 <= answer.start < answer.end <= len(row.context)
            if not inside or row.context[answer.start : answer.end] != answer.text:
                raise TrainingError(
                    f"{path.name}, line {number}: [{answer.start}, {answer.end}) is not"
                    f" {answer.text!r} in its context"
                )
        yield row


def read_objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a compressed JSON Lines file.

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


def readable(title: str) -> str:
    """An article's title as a reader sees it."""
    plain = unquote(title).replace("_", " ")
    return plain if " " in plain else plain.replace("-", " ")


def normal(text: str) -> str:
    """Letters and digits alone, folded: equal for the same title or question written otherwise."""
    return "".join(character for character in unquote(text).casefold() if character.isalnum())
