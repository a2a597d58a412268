"""Questions of nine domains, which choose the decision to answer or report what it does.

Each has as many questions, so that each counts as much: misleading and plain questions about
Wikipedia articles (`squad`), about books, a speech and reports (`chunking`), as people search
(`clapnq`), about rulebooks (`obliqa`), answered by whole sentences (`selqa`), about a
tale (`fairytale`), to be answered with yes or no (`boolq`), about documents of everyday life
(`everyday`), and about nothing in the documents (`off topic`). A model for many languages has a
domain for each set in another language, and one of their questions about nothing in the documents
(`absent`), in place of the two largest in English. It also has two of everyday life: asked in the
language of the documents (`native`), and in another one (`across`).
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import role
from citespan.evals.datasets.sources import convert_chunking, convert_clapnq, convert_obliqa
from citespan.evals.training.config import DataConfig
from citespan.evals.training.data import (
    FOREIGN,
    Asked,
    excluded_from,
    load_library,
    part_of,
    read_objects,
)
from citespan.evals.training.everyday import (
    ABROAD,
    OWN,
    drafts_of,
    read_questions,
)
from citespan.evals.types import Dataset
from citespan.index import Corpus, Draft, OnnxEmbedder, Span, parse_filter
from citespan.index.embedding import (
    BUNDLED_MODEL,
    MULTILINGUAL_MODEL,
    export_onnx,
    exported_folder,
)
from citespan.qa import Service
from citespan.qa.evidence import AnswerThreshold, Rules
from citespan.qa.evidence.model import BundledReader

QUESTIONS = 110  # of each domain, the first by a hash

_CONVERTED = {"chunking": convert_chunking, "clapnq": convert_clapnq, "obliqa": convert_obliqa}
_TRAINED = ("selqa", "fairytale", "boolq")  # the articles that take no part in training
_LARGE = {"squad", "obliqa"}
_UNNAMED = {"fairytale"}  # its questions name no tale: each is asked of its own

_Row = TypeVar("_Row")
_SHARES = DataConfig()  # of the articles that are held out

Held: TypeAlias = Literal["calibrate", "report"]


class AskedOf(NamedTuple):
    """A question and where its answer is, by document; nowhere if it has none.

    within: the id of the only document that is asked; empty for all.
    """

    question: str
    gold: Mapping[str, Sequence[Span]]
    within: str = ""


class Domain(NamedTuple):
    """Documents, and questions about them."""

    name: str
    documents: Sequence[Draft]
    asked: Sequence[AskedOf]


class DomainAnswer(NamedTuple):
    """What became of a question.

    chance: the probability of the best passage, of an answer or of none, in [0, 1].
    right: whether a citation overlaps the gold; or, without gold, whether it was not answered.
    f1: of the cited characters and those of the gold, in [0, 1]; 0 without citations.
    """

    chance: float
    answerable: bool
    answered: bool
    right: bool
    f1: float


def read_domains(data: Path, part: Held) -> Iterator[Domain]:
    """Return the domains with the questions of a part, one domain at a time.

    Raises:
        TrainingError: a file is missing, or a line of it is not as described.
    """
    yield _squad(data, part)
    of = {name: convert(data / name)[0] for name, convert in _CONVERTED.items()}
    for name, dataset in of.items():
        yield Domain(name, _drafts(dataset), _halved(dataset, part))
    yield from (_trained(data, name, part) for name in _TRAINED)
    yield _everyday("everyday", OWN, part)
    elsewhere = [AskedOf(one.question, {}) for one in _halved(of["chunking"], part)]
    yield Domain("off topic", _drafts(of["clapnq"]), elsewhere)


def read_languages(data: Path, part: Held) -> Iterator[Domain]:
    """Return the domains of a model for many languages, one at a time.

    Raises:
        TrainingError: as `read_domains`.
    """
    yield from (one for one in read_domains(data, part) if one.name not in _LARGE)
    documents: list[Draft] = []
    asked: list[AskedOf] = []
    for name in sorted(FOREIGN):
        domain = _trained(data, name, part)
        yield domain
        there = {one.id for one in domain.documents if zlib.crc32(f"{one.id}".encode()) % 2}
        documents += [one for one in domain.documents if one.id in there]
        absent = [one for one in domain.asked if one.gold and not there & {*one.gold}]
        asked += [AskedOf(one.question, {}) for one in absent[: QUESTIONS // len(FOREIGN)]]
    yield Domain("absent", documents, asked)
    yield _everyday("native", ABROAD, part)
    yield _everyday("across", (*OWN, *ABROAD), part, across=True)


def held_questions(data: Path, name: str, part: Held) -> list[Asked]:
    """Return the questions of a source whose articles take no part in training.

    Raises:
        TrainingError: as `read_domains`.
    """
    return [
        one
        for one in load_library(data, excluded_from(data), {name}).questions
        if one.source == name and part_of(one.document.group, name, _SHARES) == part
    ]


def outcomes(
    domain: Domain,
    reader: BundledReader,
    decision: AnswerThreshold,
    cache: Path,
    rules: Rules | None = None,
    top_k: int | None = None,
) -> list[DomainAnswer]:
    """Return what becomes of each question; the documents are stored in the cache once.

    `top_k` passages are considered for each, or as many as by default.
    """
    model = MULTILINGUAL_MODEL if reader.is_polyglot else BUNDLED_MODEL
    corpus = _stored(domain, cache, model)
    with Service(corpus, reader, decision=decision, rules=rules) as service:
        asked = track(
            domain.asked,
            description=f"ask {domain.name}",
            console=Console(stderr=True),
            transient=True,
        )
        return [_outcome(service, one, top_k) for one in asked]


def _outcome(service: Service, asked: AskedOf, top_k: int | None) -> DomainAnswer:
    only = parse_filter({"$id": asked.within}) if asked.within else None
    answer = service.ask(asked.question, filters=only, top_k=top_k)
    cited = {
        (one.document.id, at)
        for one in answer.citations
        for at in range(one.span.start, one.span.end)
    }
    gold = {
        (name, at)
        for name, spans in asked.gold.items()
        for span in spans
        for at in range(span.start, span.end)
    }
    answered = bool(answer.citations)
    return DomainAnswer(
        chance=answer.confidence,
        answerable=bool(gold),
        answered=answered,
        right=bool(cited & gold) if gold else not answered,
        f1=2 * len(cited & gold) / max(1, len(cited) + len(gold)),
    )


def _stored(domain: Domain, cache: Path, model: str) -> Corpus:
    embedder = exported_folder(cache, model)
    if not embedder.exists():
        export_onnx(model, embedder)
    names = sorted(draft.id or "" for draft in domain.documents)
    key = f"{model}-{zlib.crc32(msgspec.json.encode(names)):08x}"
    corpus = Corpus.open(cache / "domains" / key, OnnxEmbedder(embedder), chunk_tokens=150)
    stored = corpus.put_many(domain.documents)  # changes nothing where it is there
    for _ in track(
        stored,
        description=f"ingest {domain.name}",
        total=len(domain.documents),
        console=Console(stderr=True),
        transient=True,
    ):
        pass
    return corpus


def _squad(data: Path, part: Held) -> Domain:
    documents = [
        Draft(id=str(row["doc_id"]), title=str(row["title"]), text=str(row["text"]))
        for row in read_objects(data / "squad/corpus.jsonl.gz")
    ]
    rows = [
        row
        for row in read_objects(data / "squad/questions_dev.jsonl.gz")
        if role(str(row["doc_id"])) == part
    ]
    asked = [
        AskedOf(
            str(row["question"]),
            {str(row["doc_id"]): spans} if (spans := _spans(row["answers"])) else {},
        )
        for row in _first(rows, [str(row["id"]) for row in rows])
    ]
    return Domain("squad", documents, asked)


def _trained(data: Path, name: str, part: Held) -> Domain:
    """Return the articles of a source that take no part in training, and their questions."""
    held = held_questions(data, name, part)
    documents = {one.document.group: one.document for one in held}
    asked = [
        AskedOf(
            one.question,
            {one.document.group: one.evidence or one.answers or [one.paragraph]}
            if one.answerable
            else {},
            within=one.document.group if name in _UNNAMED else "",
        )
        for one in _first(held, [one.id for one in held])
    ]
    drafts = [Draft(id=name, title=one.title, text=one.text) for name, one in documents.items()]
    return Domain(name, drafts, asked)


def _everyday(name: str, collections: Sequence[str], part: Held, *, across: bool = False) -> Domain:
    """Return all documents that were written for some collections, and the questions of a part.

    across: whether those in another language than the documents are asked, or those in the same.
    """
    drafts = dict(drafts_of(collections))
    held = [
        one
        for one in read_questions()
        if one.collection in collections and one.part == part and bool(one.language) is across
    ]
    asked = [
        AskedOf(one.question, {str(draft.id): spans} if spans else {})
        for one in _first(held, [one.question for one in held])
        for draft in [drafts[one.group]]
        for spans in [one.spans(draft.text)]
    ]
    return Domain(name, list(drafts.values()), asked)


def _halved(dataset: Dataset, part: Held) -> list[AskedOf]:
    half = {"calibrate": 0, "report": 1}[part]
    rows = [one for one in dataset.questions if zlib.crc32(f"half:{one.id}".encode()) % 2 == half]
    whole = {name: [Span(0, len(one.text))] for name, one in dataset.documents.items()}
    asked: list[AskedOf] = []
    for row in _first(rows, [one.id for one in rows]):
        gold: dict[str, list[Span]] = {name: whole[name] for name in row.relevant if not row.spans}
        for span in row.spans:
            gold.setdefault(span.document_id, []).append(span.span)
        asked.append(AskedOf(row.text, gold))
    return asked


def _drafts(dataset: Dataset) -> list[Draft]:
    return [Draft(id=one.id, title=one.title, text=one.text) for one in dataset.documents.values()]


def _spans(answers: Any) -> list[Span]:
    return msgspec.convert(answers, list[Span])


def _first(rows: Sequence[_Row], ids: Sequence[str]) -> list[_Row]:
    """Return the first questions by a hash of their ids."""
    order = sorted(range(len(rows)), key=lambda at: zlib.crc32(f"order:{ids[at]}".encode()))
    return [rows[at] for at in order[:QUESTIONS]]
