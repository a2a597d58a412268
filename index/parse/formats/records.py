"""JSON and JSON Lines: each value after the names that lead to it; records as rows."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from citespan.index.parse.formats.grid import check_size
from citespan.index.parse.formats.json_tokens import tokens
from citespan.index.parse.formats.texts import decoded
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Line
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "records 1"
JSON, LINES = "application/json", "application/jsonl"
_MAX_BYTES, _MAX_DEPTH = 50_000_000, 200
_ARROW = " › "


class Name(NamedTuple):
    """A step of the way to a value: a key with its line, or the position in a list."""

    text: str
    line: int  # 0 for a position, which is not in the file


class Value(NamedTuple):
    """A value that is no list and no object, and the way to it."""

    way: tuple[Name, ...]
    text: str
    line: int
    record: int  # of JSON Lines, from 0


def read(data: bytes, request: Request) -> Parsed:
    """Read JSON: `key, key: value` for each value, in a paragraph of its own.

    Objects of a list and of JSON Lines are records: a paragraph each, as rows of a table are.

    Raises:
        Unreadable: it is no JSON, has more than 50 MB, or is nested more than 200 times.
    """
    if len(data) > _MAX_BYTES:
        raise Unreadable("too_large", "the file has more than 50 MB; filter or split it")
    text, warnings = decoded(data, request.encoding)
    values = list(_values(text))
    writer = BlockWriter()
    lines = bool(values) and values[-1].record > 0
    if lines or all(len(one.way) > 1 and not one.way[0].line for one in values):
        start = 0 if lines else 1  # the position in the list is left out
        for _, record in groupby(values, lambda one: one.record if lines else one.way[0]):
            _write_record(writer, list(record), start)
    else:
        for _, listed in groupby(values, _owner):
            _write_record(writer, list(listed), 0, stop="")
    return writer.parsed(LINES if lines else JSON, MADE_BY, warnings=warnings)


def _owner(value: Value) -> tuple[Name, ...]:
    """Return the way to a value, or to the list that it is in."""
    return value.way if value.way and value.way[-1].line else value.way[:-1]


def _write_record(writer: BlockWriter, record: list[Value], start: int, *, stop: str = ".") -> None:
    writer.paragraph()
    before: Value | None = None
    for value in record:
        listed = bool(value.way[start:]) and not value.way[-1].line
        if before and listed and before.way[:-1] == value.way[:-1]:
            writer.separate(", ")
            writer.add(value.text, Line(value.line))
        else:
            if before:
                writer.separate("; ")
            _write(writer, value, start, listed=listed)
        before = value
    if stop and before and before.text[-1] not in ".!?":
        writer.separate(stop)


def _write(writer: BlockWriter, value: Value, start: int, *, listed: bool = False) -> None:
    way = value.way[start : -1 if listed else None]
    for number, name in enumerate(way):
        if number:
            writer.separate(_ARROW)
        if name.line:
            writer.add(name.text, Line(name.line))
        else:
            writer.separate(name.text)
    if way:
        writer.separate(": ")
    writer.add(value.text, Line(value.line))


def _values(text: str) -> Iterator[Value]:
    """Yield the values that are not blank; an object or list that is empty has none."""
    way: list[Name] = []  # the last name of each open object or list
    record = count = 0
    for token in tokens(text):
        if token.kind == "key":
            way[-1] = Name(folded(token.text) or '""', token.line)
            continue
        if token.kind in {"{", "["}:
            if len(way) >= _MAX_DEPTH:
                raise Unreadable("too_large", f"it is nested more than {_MAX_DEPTH} times")
            way.append(Name("0", 0))
            continue
        if token.kind == "value":
            count += 1
            check_size(count)
            if (shown := folded(token.text)) and shown != "null":
                yield Value(tuple(way), shown, token.line, record)
        else:
            way.pop()
        if not way:
            record += 1
        elif not way[-1].line:  # in a list
            way[-1] = Name(str(int(way[-1].text) + 1), 0)
