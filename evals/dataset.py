"""Data sets as folders that people can write by hand or export: BEIR's files and three more.

    corpus.jsonl   {"_id", "title"?, "text"}
    queries.jsonl  {"_id", "text", "metadata"?: {"topic"?: "on" | "off", "origin"?: {…}}}
    qrels/*.tsv    query-id, corpus-id, score: a header and a line each
    spans.jsonl    {"query_id", "document_id", "start", "end", "text"}: gold, in code points
    answers.jsonl  {"query_id", "answerable", "answers", "references", "facts"}
    card.yaml      name, licence, source, language, description, counts

Of the last four any may be missing, but each question needs a line in one of the first three.
"""

import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from evals.errors import DatasetError
from evals.types import Card, Dataset, Fact, GoldSpan, Question, Region, SourceDocument
from index.decode import canonical
from index.errors import DocumentRejected

_T = TypeVar("_T")
_HEADER = ("query-id", "corpus-id", "score")


class _DocumentLine(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="_id")
    text: str
    title: str = ""


class _Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    topic: Literal["on", "off"] | None = None
    origin: Region | None = None


class _QueryLine(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str = msgspec.field(name="_id")
    text: str
    metadata: _Metadata = _Metadata()


class _SpanLine(GoldSpan, frozen=True, forbid_unknown_fields=True, kw_only=True):
    query_id: str


class _AnswerLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    query_id: str
    answerable: bool
    answers: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


def load_dataset(folder: Path, *, split: str | None = None) -> Dataset:
    """The data set in a folder, with every offset and every reference checked.

    Args:
        folder: as described above; `.jsonl` files may be gzipped (`.jsonl.gz`).
        split: which of several `qrels/*.tsv`, without the suffix.

    Raises:
        DatasetError: something cannot be used; the message names the file, the line, the reason.
    """
    documents = _documents(folder)
    lines = {line.id: line for line in _unique(folder, "queries.jsonl", _QueryLine)}
    spans: dict[str, list[GoldSpan]] = {}
    for at, line in _lines(folder, "spans.jsonl", _SpanLine, optional=True):
        _known(at, line.query_id, lines, "query")
        spans.setdefault(line.query_id, []).append(_checked(at, line, documents))
    answers: dict[str, _AnswerLine] = {}
    for at, line in _lines(folder, "answers.jsonl", _AnswerLine, optional=True):
        _known(at, line.query_id, lines, "query")
        if line.query_id in answers:
            raise DatasetError(f"{at}: the query {line.query_id!r} comes twice")
        answers[line.query_id] = line
    grades = _grades(folder, split, lines, documents)
    questions = tuple(
        _question(
            folder, line, spans.get(name, []), answers.get(name), grades.get(name, {}), documents
        )
        for name, line in lines.items()
        if name in spans or name in answers or name in grades
    )
    if not questions:
        raise DatasetError(f"{folder}: no question has a line in qrels, spans or answers")
    dataset = Dataset(card=_card(folder), documents=documents, questions=questions)
    _check_counts(folder, dataset)
    return dataset


def write_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a data set into a folder that does not exist yet; it is there whole or not at all.

    Raises:
        DatasetError: the folder exists.
    """
    if folder.exists():
        raise DatasetError(f"{folder} exists already; name a folder that does not")
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    (part / "qrels").mkdir(parents=True)
    card = msgspec.structs.replace(dataset.card, counts=counts_of(dataset))
    (part / "card.yaml").write_bytes(msgspec.yaml.encode(card))
    questions = dataset.questions
    _write(
        part / "corpus.jsonl",
        (_DocumentLine(id=d.id, title=d.title, text=d.text) for d in dataset.documents.values()),
    )
    _write(
        part / "queries.jsonl",
        (
            _QueryLine(id=q.id, text=q.text, metadata=_Metadata(q.topic, q.origin))
            for q in questions
        ),
    )
    _write(
        part / "spans.jsonl",
        (
            _SpanLine(query_id=q.id, **msgspec.structs.asdict(gold))
            for q in questions
            for gold in q.spans
        ),
    )
    _write(
        part / "answers.jsonl",
        (_AnswerLine(q.id, q.answerable, q.answers, q.references, q.facts) for q in questions),
    )
    rows = ["\t".join(_HEADER)]
    rows += [f"{q.id}\t{name}\t{grade}" for q in questions for name, grade in q.relevant.items()]
    (part / "qrels/test.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    part.rename(folder)


def counts_of(dataset: Dataset) -> dict[str, int]:
    """What a card counts."""
    return {
        "documents": len(dataset.documents),
        "questions": len(dataset.questions),
        "answerable": sum(question.answerable for question in dataset.questions),
        "spans": sum(len(question.spans) for question in dataset.questions),
    }


def check_question(question: Question, documents: Mapping[str, SourceDocument]) -> str | None:
    """Why a question cannot be used, in words; None if it can."""
    gold = any(grade > 0 for grade in question.relevant.values())
    if question.answerable and not (question.spans or question.answers or gold):
        return f"query {question.id!r} is answerable, but has no span, no answer and no document"
    if not question.answerable and (question.spans or question.answers):
        return f"query {question.id!r} is not answerable, but has spans or answers"
    for span in question.spans:
        if problem := span_problem(span, documents):
            return problem
    if question.origin and question.origin.document_id not in documents:
        return f"query {question.id!r} has its origin in no known document"
    return None


def span_problem(span: GoldSpan, documents: Mapping[str, SourceDocument]) -> str | None:
    """Why a gold span cannot be used, in words; None if it can."""
    document = documents.get(span.document_id)
    if document is None:
        return f"there is no document {span.document_id!r}"
    found = document.text[span.start : span.end]
    if not span.start < span.end <= len(document.text):
        return f"[{span.start}, {span.end}) is no span of a text of {len(document.text)} characters"
    if found != span.text:
        return f"the text at [{span.start}, {span.end}) is {found!r}, not {span.text!r}"
    return None


def document_problem(document: SourceDocument) -> str | None:
    """Why a document could not be stored with these offsets, in words; None if it could."""
    name = document.id
    if not 0 < len(name) <= 200 or not name.isprintable() or "/" in name or name in {".", ".."}:
        return f"{name!r} is no document id: 1 to 200 printable characters without '/'"
    try:
        if canonical(document.text) != document.text:
            return f"the text of {name!r} would be stored otherwise: write line ends as LF, no BOM"
    except DocumentRejected as error:
        return f"document {name!r}: {error}"
    return None


def _documents(folder: Path) -> dict[str, SourceDocument]:
    found: dict[str, SourceDocument] = {}
    for at, line in _lines(folder, "corpus.jsonl", _DocumentLine):
        if line.id in found:
            raise DatasetError(f"{at}: the document {line.id!r} comes twice")
        if not line.text.strip():
            continue  # BEIR has some; they hold nothing to find, and a reference to one is refused
        document = SourceDocument(id=line.id, title=" ".join(line.title.split()), text=line.text)
        if problem := document_problem(document):
            raise DatasetError(f"{at}: {problem}")
        found[line.id] = document
    return found


def _question(
    folder: Path,
    line: _QueryLine,
    spans: list[GoldSpan],
    answer: _AnswerLine | None,
    grades: dict[str, int],
    documents: Mapping[str, SourceDocument],
) -> Question:
    relevant = grades or dict.fromkeys((span.document_id for span in spans), 1)
    found = any(grade > 0 for grade in relevant.values())
    question = Question(
        id=line.id,
        text=line.text,
        answerable=answer.answerable if answer else found,
        answers=answer.answers if answer else (),
        references=answer.references if answer else (),
        facts=answer.facts if answer else (),
        spans=tuple(spans),
        relevant=relevant,
        topic=line.metadata.topic,
        origin=line.metadata.origin,
    )
    if problem := check_question(question, documents):
        raise DatasetError(f"{folder}: {problem}")
    return question


def _checked(at: str, line: _SpanLine, documents: Mapping[str, SourceDocument]) -> GoldSpan:
    span = GoldSpan(document_id=line.document_id, start=line.start, end=line.end, text=line.text)
    if problem := span_problem(span, documents):
        raise DatasetError(f"{at}: {problem}")
    return span


def _grades(
    folder: Path,
    split: str | None,
    queries: Mapping[str, object],
    documents: Mapping[str, object],
) -> dict[str, dict[str, int]]:
    files = sorted((folder / "qrels").glob("*.tsv"))
    if split is not None:
        files = [file for file in files if file.stem == split]
        if not files:
            raise DatasetError(f"{folder / 'qrels'} has no {split}.tsv")
    if len(files) > 1:
        names = ", ".join(file.stem for file in files)
        raise DatasetError(f"{folder / 'qrels'} has several splits; name one of {names}")
    found: dict[str, dict[str, int]] = {}
    for file in files:
        rows = _text(file, file.read_bytes()).split("\n")
        if tuple(rows[0].rstrip("\r").split("\t")) != _HEADER:
            raise DatasetError(f"{file}, line 1: the header must be {' TAB '.join(_HEADER)}")
        for number, row in enumerate(rows[1:], start=2):
            at = f"{file}, line {number}"
            if not row.strip():
                continue
            cells = row.rstrip("\r").split("\t")
            if len(cells) != len(_HEADER) or not cells[2].isascii() or not cells[2].isdigit():
                raise DatasetError(f"{at}: needs a query, a document and a whole number from 0")
            _known(at, cells[0], queries, "query")
            _known(at, cells[1], documents, "document")
            found.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return found


def _known(at: str, name: str, known: Mapping[str, object], what: str) -> None:
    if name not in known:
        raise DatasetError(f"{at}: there is no {what} {name!r}")


def _card(folder: Path) -> Card:
    file = folder / "card.yaml"
    if not file.exists():
        unknown = "unknown"
        return Card(name=folder.resolve().name, licence=unknown, source=unknown, language=unknown)
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=Card)
    except (msgspec.MsgspecError, OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file}: {error}") from error


def _check_counts(folder: Path, dataset: Dataset) -> None:
    actual = counts_of(dataset)
    for name, count in dataset.card.counts.items():
        if actual.get(name, count) != count:
            raise DatasetError(
                f"{folder / 'card.yaml'}: counts.{name} is {count}, but there are {actual[name]}"
            )


def _unique(folder: Path, name: str, kind: type[_QueryLine]) -> Iterator[_QueryLine]:
    seen: set[str] = set()
    for at, line in _lines(folder, name, kind):
        if line.id in seen:
            raise DatasetError(f"{at}: the query {line.id!r} comes twice")
        if not line.id or not line.text.strip() or "\t" in line.id or "\n" in line.id:
            raise DatasetError(f"{at}: a query needs a text and an id without tabs")
        seen.add(line.id)
        yield line


def _lines(
    folder: Path, name: str, kind: type[_T], *, optional: bool = False
) -> Iterator[tuple[str, _T]]:
    """Each line of a file, with where it is for messages; blank ones are passed over."""
    file, read = _source(folder, name)
    if file is None:
        if optional:
            return
        raise DatasetError(f"{folder} has no {name}; it is not a data set")
    try:
        content = read(file)
    except (OSError, EOFError, ValueError) as error:
        raise DatasetError(f"{file}: {error}") from error
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(_text(file, content).split("\n"), start=1):
        if not line.strip():
            continue
        at = f"{file}, line {number}"
        try:
            yield at, decoder.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise DatasetError(f"{at}: {error}") from error


def _source(folder: Path, name: str) -> tuple[Path | None, Callable[[Path], bytes]]:
    if (folder / name).is_file():
        return folder / name, Path.read_bytes
    if (folder / f"{name}.gz").is_file():
        return folder / f"{name}.gz", lambda file: gzip.decompress(file.read_bytes())
    return None, Path.read_bytes


def _text(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{file}, line {line}: is not UTF-8") from error


def _write(file: Path, lines: Iterable[Any]) -> None:
    with file.open("wb") as out:
        for line in lines:
            out.write(msgspec.json.encode(line) + b"\n")
