"""The one schema of training examples. Offsets are code points of `passage`, half-open."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from citespan.evals.training.errors import TrainingError
from citespan.index.errors import InvalidSpan
from citespan.index.types import Span

Claim = Literal["supported", "refuted", "neither"]


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question or a claim, and a passage, with what is known of them.

    `answerable` None: not known, such an example teaches relevance only. No `answers` in an
    answerable example: no short answer is known. `evidence` None: not known; empty: nothing in the
    passage is evidence. An empty `title` is not shown to the model. `group` is the article or
    product, which lies in one part of the data only; `kind` says how the pair was made. `twin` is
    equal for a question and those that people changed so that the same passage does not answer
    them. `claim` says what the passage does with a claim; None for a question.
    """

    id: str
    source: str
    group: str
    kind: str
    question: str
    title: str
    passage: str
    answerable: bool | None
    answers: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] | None = None
    twin: str = ""
    claim: Claim | None = None

    def problem(self) -> str | None:
        """Return why it cannot be used, or None."""
        if not self.question.strip() or not self.passage.strip():
            return "the question or the passage is empty"
        if self.answers and not self.answerable:
            return "it has an answer and is not answerable"
        if self.answerable and self.evidence == ():
            return "it is answerable and has no evidence"
        if self.evidence and not self.answerable and self.claim is None:
            return "it has evidence and is not answerable"
        for span in (*self.answers, *(self.evidence or ())):
            if not 0 <= span.start < span.end <= len(self.passage):
                return f"[{span.start}, {span.end}) is not in a passage of {len(self.passage)}"
        return None


def read_examples(path: Path) -> Iterator[Example]:
    """Read the examples of a JSON Lines file.

    Raises:
        TrainingError: a line is not an example, or its offsets or labels contradict each other.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                example = msgspec.json.decode(line, type=Example)
            except (msgspec.MsgspecError, InvalidSpan) as error:
                raise TrainingError(f"{path.name}, line {number}: {error}") from error
            problem = example.problem()
            if example.id in seen:
                problem = f"the id {example.id!r} comes twice"
            if problem:
                raise TrainingError(f"{path.name}, line {number}: {problem}")
            seen.add(example.id)
            yield example


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write the examples to a JSON Lines file, all or nothing."""
    encoder = msgspec.json.Encoder()
    write_file(path, b"".join(encoder.encode(example) + b"\n" for example in examples))


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    with scratch.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
