"""Questions with gold spans, read from JSON Lines and checked against their document."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from evals.errors import DatasetError
from index import Span


class GoldSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Code points of the document that show the answer, and what stands there."""

    start: Annotated[int, msgspec.Meta(ge=0)]
    end: Annotated[int, msgspec.Meta(ge=0)]
    text: str


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question with its gold evidence, or with the reason why there is none.

    answers: accepted short answers; spans: the evidence, any one of which suffices;
    topic: whether an unanswerable question is about what the document is about.
    """

    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    spans: tuple[GoldSpan, ...] = ()
    topic: Literal["on", "off"] | None = None
    why: str | None = None

    def gold(self) -> list[Span]:
        """The gold evidence as spans."""
        return [Span(span.start, span.end) for span in self.spans]


def load_questions(file: Path, text: str) -> list[Question]:
    """The questions in a JSON Lines file about one document.

    Raises:
        DatasetError: a line is not a question, an id comes twice, an answerable question has no
            span, or a span does not hold the text it states.
    """
    questions: list[Question] = []
    seen: set[str] = set()
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            question = msgspec.json.decode(line, type=Question)
        except msgspec.MsgspecError as error:
            raise DatasetError(f"{file.name}, line {number}: {error}") from error
        if problem := _problem(question, text, seen):
            raise DatasetError(f"{file.name}, line {number}: {problem}")
        seen.add(question.id)
        questions.append(question)
    return questions


def _problem(question: Question, text: str, seen: set[str]) -> str | None:
    if question.id in seen:
        return f"the id {question.id!r} comes twice"
    if question.answerable and not (question.spans and question.answers):
        return "an answerable question needs a span and an answer"
    if not question.answerable and question.topic is None:
        return "an unanswerable question needs a topic, on or off"
    for span in question.spans:
        inside = span.start < span.end <= len(text)
        if not inside or Span(span.start, span.end).of(text) != span.text:
            return f"the text at [{span.start}, {span.end}) is not {span.text!r}"
    return None
