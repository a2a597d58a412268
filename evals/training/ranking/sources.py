"""Questions that train, with their gold, out of public sets and the everyday collections."""

import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from citespan.evals.training.config import DataConfig
from citespan.evals.training.data import Asked, excluded_from, load_library, part_of
from citespan.evals.training.everyday import (
    EverydayQuestion,
    read_questions,
    store_collection,
)
from citespan.evals.training.ranking.lists import Sought
from citespan.index import Corpus, Draft
from citespan.index.types import Span

# Questions of each public set, chosen by document, some of each.
PUBLIC = {
    "squad": 1_500,
    "nq": 700,
    "selqa": 500,
    "boolq": 400,
    "fairytale": 300,
    "policyqa": 250,
    "subjqa": 200,
    "covidqa": 100,
}
EVERYDAY = 5_000
_OF_ONE = 12  # questions of one document, at most
_SHARES = DataConfig()  # of the documents that are held out


def public_questions(data: Path) -> list[Asked]:
    """Return the questions of the public sets, as many as `PUBLIC` says of each.

    Raises:
        TrainingError: a file is missing, or a line of it is not as described.
    """
    left, of_one = Counter(PUBLIC), Counter[str]()
    chosen: list[Asked] = []
    library = load_library(data, excluded_from(data), PUBLIC)
    for asked in sorted(library.questions, key=_place):
        document = asked.document
        trains = part_of(document.group, document.source, _SHARES) == "train"
        if not (asked.answerable and trains and left[asked.source]):
            continue
        if of_one[_id(asked)] < _OF_ONE:
            of_one[_id(asked)] += 1
            left[asked.source] -= 1
            chosen.append(asked)
    return chosen


def store_public(corpus: Corpus, asked: Collection[Asked]) -> list[Sought]:
    """Store the documents of these questions; return each with its gold."""
    texts = {_id(one): one.document for one in asked}
    drafts = (Draft(id=name, title=one.title, text=one.text) for name, one in texts.items())
    for _ in corpus.put_many(drafts):
        pass
    return [
        Sought(
            question=one.question,
            document_id=_id(one),
            gold=one.evidence or one.answers or (one.paragraph,),
        )
        for one in asked
    ]


def everyday_questions() -> list[EverydayQuestion]:
    """Return the everyday questions that train and have an answer, at most `EVERYDAY`."""
    trains = [
        one for one in read_questions() if one.part == "train" and one.gold and not one.is_abroad
    ]
    return sorted(trains, key=lambda one: zlib.crc32(one.question.encode()))[:EVERYDAY]


def store_everyday(
    corpus: Corpus, guides: Path, collections: Collection[str], asked: Collection[EverydayQuestion]
) -> Iterator[Sought]:
    """Store these collections; yield the questions about them, each with its gold.

    Raises:
        TrainingError: a gold text is not once in its file.
    """
    names: dict[str, str] = {}
    for collection in collections:
        names |= store_collection(collection, guides, corpus)
    for one in asked:
        if one.collection in collections:
            yield Sought(
                question=one.question,
                document_id=names[one.group],
                gold=one.spans(corpus.get(names[one.group]).text),
                unsure=list(_unsure(one, names)),
            )


def _unsure(asked: EverydayQuestion, names: Mapping[str, str]) -> Iterator[tuple[str, Span]]:
    """Yield the passages that were not judged to say nothing of the question."""
    for judged in asked.judged:
        group = f"{judged.collection or asked.collection}/{judged.file}"
        if judged.says != "no" and group in names:
            yield names[group], judged.span


def _id(asked: Asked) -> str:
    document = asked.document
    return f"{document.source}-{zlib.crc32(document.group.encode()):08x}"


def _place(asked: Asked) -> tuple[int, int]:
    """Return a place that depends on the document, then on the question."""
    return zlib.crc32(_id(asked).encode()), zlib.crc32(asked.id.encode())
