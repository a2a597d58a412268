"""What holds for all that a reader returns, and shorthands to look at it."""

from collections.abc import Callable

import msgspec
import pytest

from citespan.index.parse import canonical
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Cell, Place
from citespan.index.parse.request import Request, Unreadable

Read = Callable[[bytes, Request], Parsed]


def parsed(read: Read, data: bytes, **hints: str) -> Parsed:
    """What a reader makes of a file: twice the same, and within its own rules."""
    request = Request(**hints)  # pyright: ignore[reportArgumentType]
    out = read(data, request)
    assert msgspec.msgpack.encode(read(data, request)) == msgspec.msgpack.encode(out)
    last = 0
    for run in out.runs:
        assert last <= run.start < run.end <= len(out.text)
        last = run.end
    for heading in out.headings:
        assert 0 <= heading.start < heading.end <= len(out.text)
        assert 1 <= heading.level <= 6
    assert [one.start for one in out.headings] == sorted(one.start for one in out.headings)
    if out.text:
        assert canonical(out.text) == out.text
    return out


def refusal(read: Read, data: bytes, **hints: str) -> tuple[str, str]:
    """The code and the message with which a reader refuses a file."""
    with pytest.raises(Unreadable) as caught:
        read(data, Request(**hints))  # pyright: ignore[reportArgumentType]
    return caught.value.code, str(caught.value)


def place_of(out: Parsed, piece: str) -> Place:
    """The place of the only run that holds a piece."""
    found = [run.place for run in out.runs if piece in out.text[run.start : run.end]]
    assert len(found) == 1, f"{piece!r} is in {len(found)} runs"
    return found[0]


def headings(out: Parsed) -> list[tuple[int, str]]:
    return [(one.level, out.text[one.start : one.end]) for one in out.headings]


def furniture(out: Parsed) -> list[str]:
    return [out.text[start:end] for start, end in out.furniture]


def cells(out: Parsed) -> list[tuple[str, int, int, str]]:
    """The runs that stand in cells: sheet, row, column and text, in the order of the text."""
    return [
        (run.place.sheet, run.place.row, run.place.column, out.text[run.start : run.end])
        for run in out.runs
        if isinstance(run.place, Cell)
    ]


def outside(out: Parsed) -> str:
    """The characters that are in no run, without spaces."""
    pieces: list[str] = []
    last = 0
    for run in out.runs:
        pieces.append(out.text[last : run.start])
        last = run.end
    return "".join("".join([*pieces, out.text[last:]]).split())
