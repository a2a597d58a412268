"""The subject of a passage: titles shown with passages, and passages of another subject. Pure."""

import re
from collections.abc import Sequence

import msgspec
from numpy.random import Generator

from citespan.evals.training.config import DataConfig
from citespan.evals.training.examples import Example

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

    None if no name of the question is in the passage outside of the answers.
    """
    question, passage = positive.question, positive.passage
    answers = [answer.of(passage) for answer in positive.answers]
    fitting = [
        name
        for name in names
        if name in question and name in passage and not any(name in answer for answer in answers)
    ]
    free = [name for name in names if name not in question and name not in passage]
    if not fitting or not free:
        return None
    name = max(fitting, key=len)
    like = [other for other in free if len(other.split()) == len(name.split())] or free
    changed = _whole(name).sub(lambda _: _drawn(like, rng), passage)
    return _without_answer(
        positive, id=f"{positive.id}-renamed", kind="renamed", passage=changed, twin=positive.twin
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
