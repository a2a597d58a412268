"""INSCIT: information-seeking conversations, each turn with the passages that answer it."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from citespan.evals.datasets.sources.pieces import rows
from citespan.evals.errors import DatasetError
from citespan.evals.types import SourceDocument


class _Evidence(msgspec.Struct):
    passage_id: str
    passage_text: str
    passage_titles: tuple[str, ...]


class _Label(msgspec.Struct):
    evidence: tuple[_Evidence, ...]


class _Turn(msgspec.Struct):
    context: tuple[str, ...]
    labels: tuple[_Label, ...]
    prevEvidence: tuple[tuple[_Evidence, ...], ...] = ()  # noqa: N815  (the file's name)


class _Article(msgspec.Struct):
    title: str


class _Conversation(msgspec.Struct):
    seedArticle: _Article  # noqa: N815  (the file's name)
    turns: tuple[_Turn, ...]


class Turn(NamedTuple):
    """A question in its conversation.

    conversation: the title of the article that it starts from.
    said: user and assistant in turn, oldest first; the last is the question.
    gold: ids of the passages that any annotator answered from, possibly none.
    """

    conversation: str
    said: tuple[str, ...]
    gold: frozenset[str]


def convert_inscit(source: Path) -> tuple[list[Turn], list[SourceDocument]]:
    """Return all turns in order, and each passage that is evidence of any turn as a document.

    source: a folder with dev.jsonl.

    Raises:
        DatasetError: the file is missing, or is not as published.
    """
    turns: list[Turn] = []
    passages: dict[str, SourceDocument] = {}
    for row in rows(source, "dev.jsonl", _Conversation):
        name = row.seedArticle.title
        for turn in row.turns:
            if len(turn.context) % 2 == 0:
                raise DatasetError(f"{name!r}: a turn's context does not end with a question")
            shown = [one for label in turn.labels for one in label.evidence]
            gold = frozenset(one.passage_id for one in shown)
            turns.append(Turn(name, turn.context, gold))
            for one in [*shown, *(one for before in turn.prevEvidence for one in before)]:
                passages[one.passage_id] = _document(one)
    return turns, list(passages.values())


def _document(passage: _Evidence) -> SourceDocument:
    title = passage.passage_id.rpartition(":")[0]  # "Taro:22" is of the article "Taro"
    return SourceDocument(id=passage.passage_id, title=title, text=passage.passage_text)
