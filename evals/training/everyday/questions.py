"""The questions, the documents that were written for them, and what was found and judged."""

import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec

from citespan.evals.datasets import Part
from citespan.evals.training.config import DataConfig
from citespan.evals.training.data import part_of
from citespan.evals.training.errors import TrainingError
from citespan.index.reading import FileReader, Request
from citespan.index.types import Draft, Span

QUESTIONS = Path(__file__).with_name("questions.jsonl")
DOCUMENTS = Path(__file__).with_name("documents.jsonl")
OWN = ("office", "records", "rules", "reports")  # collections whose documents are here, English
ABROAD = ("ar", "de", "es", "fr", "hi", "it", "ja", "ko", "nl", "pt", "ru", "zh")
_SHARES = DataConfig()  # of the files that are held out


class JudgedPassage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage that a search found, and whether it answers the question.

    It is [start, end) of a file of a collection, the question's own if none is named. "unsure" also
    says that nobody has judged a passage that an earlier model took for an answer. quote: what
    answers, as it is shown.
    """

    collection: str = ""
    file: str
    start: int
    end: int
    says: Literal["yes", "no", "unsure"]
    quote: str = ""

    @property
    def span(self) -> Span:
        """Where it is in its file."""
        return Span(self.start, self.end)


class EverydayQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about a file of a collection, and what of the file answers it.

    gold: texts, each once in the file; none if the collection does not answer it.
    answer: the few words of the gold that answer, if there are any.
    twin: a question whose gold seems to answer this one, and does not.
    language: of the question, if it is another one than the document's.
    """

    collection: str
    file: str
    question: str
    gold: tuple[str, ...] = ()
    answer: str = ""
    twin: str = ""
    language: str = ""
    judged: tuple[JudgedPassage, ...] = ()

    @property
    def group(self) -> str:
        """The name of what lies in one part of the data only: its file."""
        return f"{self.collection}/{self.file}"

    @property
    def is_abroad(self) -> bool:
        """Whether it or its document is in another language than English."""
        return self.collection in ABROAD or bool(self.language)

    @property
    def part(self) -> Part:
        """The part of the data that its file lies in."""
        return part_of_group(self.group)

    def spans(self, text: str) -> tuple[Span, ...]:
        """Return where the gold is in the text of the file, in order.

        Raises:
            TrainingError: a text is not there, or more than once.
        """
        for one in self.gold:
            if text.count(one) != 1:
                raise TrainingError(
                    f"{self.group}: {one[:60]!r} is there {text.count(one)} times, not once"
                )
        return tuple(sorted(Span(at := text.find(one), at + len(one)) for one in self.gold))


class WrittenDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that was written to be asked about."""

    collection: str
    file: str
    text: str


def part_of_group(group: str) -> Part:
    """Return the part of the data that a file of a collection lies in."""
    return part_of(group, "everyday", _SHARES)


def read_questions() -> list[EverydayQuestion]:
    """Return all questions."""
    return msgspec.json.Decoder(EverydayQuestion).decode_lines(QUESTIONS.read_bytes())


def drafts_of(collections: Collection[str]) -> Iterator[tuple[str, Draft]]:
    """Yield the written documents of some collections as drafts with ids, each after its group."""
    reader = FileReader()
    for one in msgspec.json.Decoder(WrittenDocument).decode_lines(DOCUMENTS.read_bytes()):
        if one.collection in collections:
            group = f"{one.collection}/{one.file}"
            read = reader.read(one.text.encode(), Request(name=Path(one.file).name)).draft
            yield group, replace(read, id=f"everyday-{zlib.crc32(group.encode()):08x}")
