"""Made tables, fact sheets and settings with questions: a row or a line is the evidence."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from numpy.random import Generator

from citespan.evals.training.data.sources import SourceText
from citespan.evals.training.examples import Example
from citespan.index.types import Span

T = TypeVar("T")


class _Field(NamedTuple):
    """A property: its column's head, the question, and a value of it."""

    head: str
    question: str
    value: Callable[[Generator], str]


def _number(low: int, high: int, unit: str = "") -> Callable[[Generator], str]:
    return lambda rng: f"{int(rng.integers(low, high)):,}{unit}"


def _year(rng: Generator) -> str:
    return str(int(rng.integers(1700, 2025)))


def _one_of(words: str) -> Callable[[Generator], str]:
    choices = words.split()
    return lambda rng: choices[int(rng.integers(len(choices)))]


_FIELDS = (
    _Field("Population", "What is the population of {}?", _number(900, 9_000_000)),
    _Field("Founded", "When was {} founded?", _year),
    _Field("Area", "How large is {}?", _number(3, 90_000, " km²")),
    _Field("Price", "How much does {} cost?", _number(2, 900, " USD")),
    _Field("Weight", "How heavy is {}?", _number(1, 400, " kg")),
    _Field("Status", "What is the status of {}?", _one_of("active retired planned pending lost")),
    _Field("Owner", "Who owns {}?", _one_of("Okafor Lindqvist Moreau Tanaka Petrov Haddad Silva")),
    _Field("Depth", "How deep is {}?", _number(2, 4_000, " m")),
    _Field("Members", "How many members does {} have?", _number(5, 90_000)),
    _Field("Opened", "In which year did {} open?", _year),
)
_SETTINGS: tuple[tuple[str, str, Callable[[Generator], str]], ...] = (
    ("timeout_s", "What is the timeout?", _number(1, 300)),
    ("max_connections", "How many connections are allowed at most?", _number(4, 900)),
    ("port", "Which port is used?", _number(1024, 9999)),
    ("retries", "How often is a request retried?", _number(1, 9)),
    ("log_level", "What is the log level set to?", _one_of("debug info warning error")),
    ("cache_size_mb", "How large is the cache?", _number(16, 4096)),
    ("region", "Which region is configured?", _one_of("eu-west us-east ap-south sa-east")),
    ("batch_size", "What is the batch size?", _number(1, 512)),
)


def table_text(names: Sequence[str], rng: Generator) -> str:
    """Return a table of these things, for use next to other text."""
    return _table(names, _some_fields(rng), rng)[0]


def table_examples(document: SourceText, names: Sequence[str], rng: Generator) -> Iterator[Example]:
    """Yield a table or fact sheet of some names, a question that it answers and one that it does
    not.

    Args:
        document: gives the examples their article.
        names: from it, at least four.
        rng: draws everything.
    """
    *shown, absent = _drawn(names, 3 + int(rng.integers(4)), rng)
    fields = _some_fields(rng)
    make = _table if rng.random() < 0.6 else _sheet
    text, cells, rows = make(shown, fields[:-1], rng)
    row, column = int(rng.integers(len(shown))), int(rng.integers(len(fields) - 1))
    question = fields[column].question.format(shown[row])
    yield _example(document, "table", question, text, cells[row][column], rows[row])
    alike = any(thing in absent or absent in thing for thing in shown)  # perhaps the same thing
    if rng.random() < 0.5 and not alike:
        question = fields[column].question.format(absent)
    else:
        question = fields[-1].question.format(shown[row])
    yield _example(document, "table-lacking", question, text, None, None)


def settings_examples(document: SourceText, rng: Generator) -> Iterator[Example]:
    """Yield a file of settings, a question that it answers and one that it does not."""
    *shown, absent = _drawn(_SETTINGS, 4 + int(rng.integers(4)), rng)
    form = ("{} = {}", "{}: {}", "export {}={}", '    "{}": "{}",')[int(rng.integers(4))]
    text, lines, values = "", list[Span](), list[Span]()
    for key, _, value in shown:
        cell = value(rng)
        line = form.format(key, cell)
        place = len(text) + line.rindex(cell)
        lines.append(Span(len(text), len(text) + len(line)))
        values.append(Span(place, place + len(cell)))
        text += line + "\n"
    asked = int(rng.integers(len(shown)))
    yield _example(document, "settings", shown[asked][1], text, values[asked], lines[asked])
    yield _example(document, "settings-lacking", absent[1], text, None, None)


def _some_fields(rng: Generator) -> list[_Field]:
    return _drawn(_FIELDS, 3 + int(rng.integers(2)), rng)


def _drawn(items: Sequence[T], count: int, rng: Generator) -> list[T]:
    order: list[int] = rng.permutation(len(items)).tolist()
    return [items[place] for place in order[:count]]


def _table(
    names: Sequence[str], fields: Sequence[_Field], rng: Generator
) -> tuple[str, list[list[Span]], list[Span]]:
    """Return the text, each cell's place and each row's."""
    text = "| Name | " + " | ".join(field.head for field in fields) + " |\n"
    text += "|" + " --- |" * (len(fields) + 1) + "\n"
    cells, rows = list[list[Span]](), list[Span]()
    for name in names:
        start = len(text)
        text += f"| {name} |"
        row: list[Span] = []
        for field in fields:
            value = field.value(rng)
            row.append(Span(len(text) + 1, len(text) + 1 + len(value)))
            text += f" {value} |"
        cells.append(row)
        rows.append(Span(start, len(text)))
        text += "\n"
    return text, cells, rows


def _sheet(
    names: Sequence[str], fields: Sequence[_Field], rng: Generator
) -> tuple[str, list[list[Span]], list[Span]]:
    """Return the same as a fact sheet: a line for each thing."""
    text, cells, rows = "", list[list[Span]](), list[Span]()
    for name in names:
        start = len(text)
        text += f"* {name}:"
        row: list[Span] = []
        for field in fields:
            value = field.value(rng)
            text += f" {field.head.lower()} "
            row.append(Span(len(text), len(text) + len(value)))
            text += f"{value};"
        cells.append(row)
        rows.append(Span(start, len(text)))
        text += "\n"
    return text, cells, rows


def _example(
    document: SourceText,
    kind: str,
    question: str,
    text: str,
    answer: Span | None,
    row: Span | None,
) -> Example:
    return Example(
        id=f"made:{document.source}-{document.group}#{kind}",
        source="made",
        group=document.group,
        kind=kind,
        question=question,
        title="",
        passage=text.rstrip("\n"),
        answerable=answer is not None,
        answers=(answer,) if answer else (),
        evidence=(row,) if row else (),
    )
