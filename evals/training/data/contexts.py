"""The subject of a passage: titles shown with passages, and passages of another subject. Pure."""

import re
from collections.abc import Sequence

import msgspec
from numpy.random import Generator

from citespan.evals.training.config import DataConfig
from citespan.evals.training.examples import Example
from citespan.index.text import sentences
from citespan.index.types import Span

_WORD = re.compile(r"\w+")
_LONG = 4  # letters; shorter words of a title do not show its subject
_FILE_ENDS = (".md", ".txt", ".pdf", ".docx", ".html", "")


def shown_title(
    own: str, question: str, others: Sequence[str], data: DataConfig, rng: Generator
) -> str:
    """Draw the title that a passage is shown with: its own, a file's name, another's, or none.

    Args:
        own: the document's title.
        question: another document's title is shown only if this does not name `own`.
        others: titles of other documents.
        data: has the shares.
        rng: draws.
    """
    if rng.random() >= data.titles:
        return ""
    draw = rng.random()
    if draw < data.file_names:
        return _file_name(own, rng)
    if draw < data.file_names + data.other_titles and others and not _words(own) & _words(question):
        return _drawn(others, rng)
    return own


def elsewhere(
    positive: Example, own: str, others: Sequence[str], rng: Generator
) -> tuple[Example, Example] | None:
    """Return the passage under its own and under another title, as twins.

    None unless the question names the subject, and only the title says it: then the title decides
    whether the passage answers.
    """
    subject = _words(own)
    if not subject or not subject <= _words(positive.question) or not others:
        return None
    if subject & _words(positive.passage):
        return None
    twin = f"{positive.id}-elsewhere"
    here = msgspec.structs.replace(positive, id=f"{twin}-own", title=own, twin=twin)
    there = _without_answer(
        positive, id=twin, kind="elsewhere", title=_drawn(others, rng), twin=twin
    )
    return here, there


def renamed(positive: Example, names: Sequence[str], rng: Generator) -> Example | None:
    """Return the passage about another name of its document than the question's, as a negative.

    None unless the question has one name, which the passage has in full outside of the answers. A
    title that shares a word with the name is not shown.
    """
    question, passage = positive.question, positive.passage
    asked = [name for name in names if name in question]
    longest = max(asked, key=len, default="")
    if not longest or any(name not in longest for name in asked):
        return None
    if any(longest in answer.of(passage) for answer in positive.answers):
        return None
    free = [name for name in names if not _words(name) & _words(f"{question} {passage}")]
    if not free:
        return None
    like = [other for other in free if len(other.split()) == len(longest.split())] or free
    drawn = _drawn(like, rng)
    changed, count = _whole(longest).subn(lambda _: drawn, passage)
    # "Ada" for "Ada Stern" would still be the one asked about
    if not count or _words(longest) & _words(changed):
        return None
    return _without_answer(
        positive, id=f"{positive.id}-renamed", kind="renamed", passage=changed, twin=positive.twin,
        title="" if _words(longest) & _words(positive.title) else positive.title,
    )  # fmt: skip


def removed(positive: Example) -> Example | None:
    """Return the passage without its evidence, as a negative on the same topic.

    None if less than two sentences remain, or if they still hold an answer.
    """
    passage, evidence = positive.passage, positive.evidence or ()
    spans = sentences(passage, Span(0, len(passage)))
    left = [span for span in spans if not any(span.overlap(cut) for cut in evidence)]
    answers = [answer.of(passage).casefold() for answer in positive.answers]
    text = " ".join(span.of(passage) for span in left)
    if len(left) < 2 or len(left) == len(spans) or any(one in text.casefold() for one in answers):
        return None
    return _without_answer(
        positive, id=f"{positive.id}-removed", kind="removed", passage=text, twin=positive.twin
    )


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(name)}\b")


def _without_answer(example: Example, **changes: str) -> Example:
    return msgspec.structs.replace(example, answerable=False, answers=(), evidence=(), **changes)


def _file_name(title: str, rng: Generator) -> str:
    joined = ("_", "-", " ")[int(rng.integers(3))].join(_WORD.findall(title.lower()))
    return joined + _FILE_ENDS[int(rng.integers(len(_FILE_ENDS)))]


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if len(word) >= _LONG}


def _drawn(choices: Sequence[str], rng: Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
