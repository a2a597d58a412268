"""The layout of a text as bytes, which are stored with its revision and checked when read.

A part with headings, tables, pages and the columns of the runs is compressed as a whole. The edges
of the characters are compressed by some lines, so that a look-up reads those of two places only.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
import numpy as np

from citespan.decoding import msgpack_decoder
from citespan.index.layout.columns import Integers, inflated, packed, unpacked
from citespan.index.layout.kinds import EDGED, NUMBERS, kind_of, values_of
from citespan.index.parse.parsed import Heading, PageSize, Pair, Parsed, ReadingWarning, Table
from citespan.index.parse.places import Box, PlaceRun

_VERSION = 1
_MOST_HEAD = 128 << 20  # bytes of the decompressed part without edges
_MOST_EDGES = 64 << 20  # bytes of the decompressed edges of a page
_BLOCK = 1_000  # characters whose edges are compressed together, unless a run has more


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The part without edges.

    length: the text's, in code points.
    count: how many runs there are.
    columns: gap before each run, length, kind, five numbers and two strings of its place.
    strings: the strings of places; the columns have their indexes.
    """

    version: int = _VERSION
    length: int
    count: int
    columns: list[bytes]
    strings: list[str]
    headings: list[Heading]
    tables: list[Table]
    furniture: list[Pair]
    pages: list[PageSize]
    warnings: list[ReadingWarning]


class Edges(msgspec.Struct, frozen=True, array_like=True):
    """The edges of the characters of some runs, next to each other among those that have edges.

    count: how many runs they are of.
    characters: how many characters they are of.
    sums: up to each character, the sums of the gaps from the right edge of the character before,
        or the left edge of the box; then the sums of the widths. Compressed.
    """

    count: int
    characters: int
    sums: bytes


class Whole(msgspec.Struct, frozen=True, array_like=True):
    """The layout as it is stored."""

    head: bytes
    edges: list[Edges]


_WHOLE = msgpack_decoder(Whole)
_HEAD = msgpack_decoder(Head)


def encoded(parsed: Parsed) -> bytes:
    """Return the layout of a parsed text; the same layout gives the same bytes.

    Raises:
        ValueError: the runs are not ascending, or are outside the text.
    """
    strings: dict[str, int] = {"": 0}
    rows: list[tuple[int, ...]] = []
    last = 0
    for run in parsed.runs:
        kind = EDGED if run.edges else kind_of(run.place)
        numbers, words = values_of(run.place)
        for word in words:
            strings.setdefault(word, len(strings))
        padded = (*numbers, *(0,) * (NUMBERS - len(numbers)))
        places = [strings[word] for word in words]
        places += [0] * (2 - len(places))
        rows.append((run.start - last, run.end - run.start, kind, *padded, *places))
        last = run.end
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3 + NUMBERS + 2)
    if len(columns) and (columns[:, 0].min() < 0 or columns[:, 1].min() < 1):
        raise ValueError("the runs of a parsed text overlap or are empty")
    if last > len(parsed.text):
        raise ValueError("the runs of a parsed text end beyond it")
    head = Head(
        length=len(parsed.text),
        count=len(parsed.runs),
        columns=[packed(columns[:, at]) for at in range(columns.shape[1])],
        strings=list(strings),
        headings=parsed.headings,
        tables=parsed.tables,
        furniture=parsed.furniture,
        pages=parsed.pages,
        warnings=parsed.warnings,
    )
    compressed = zlib.compress(msgspec.msgpack.encode(head), 6)
    return msgspec.msgpack.encode(Whole(compressed, list(_edges(parsed.runs))))


def decoded(data: bytes) -> tuple[Head, list[Integers], list[Edges]]:
    """Return the head, the columns of the runs, and the compressed edges.

    Raises:
        ValueError: the data is no layout.
    """
    whole = _WHOLE.decode(data)
    head = _HEAD.decode(inflated(whole.head, _MOST_HEAD))
    if head.version != _VERSION:
        raise ValueError(f"version {head.version} of the layout is unknown; update citespan")
    if not 0 <= head.count <= head.length:
        raise ValueError("more runs than characters")
    columns = [unpacked(column, head.count) for column in head.columns]
    if len(columns) != 3 + NUMBERS + 2:
        raise ValueError("columns are missing")
    return head, columns, whole.edges


def edges_of(block: Edges) -> tuple[Integers, Integers]:
    """Return, up to each character of a block, the sums of gaps and widths, and only of widths.

    Raises:
        ValueError: the block is damaged.
    """
    both = unpacked(inflated(block.sums, _MOST_EDGES), 2 * block.characters)
    gaps, widths = both[: block.characters], both[block.characters :]
    return gaps + widths, widths


def _edges(runs: Sequence[PlaceRun]) -> Iterator[Edges]:
    """Yield the edges of the runs, those of some 1,000 characters of a page together."""
    edged = [run for run in runs if run.edges]
    size, number = 0, 0
    keys: list[tuple[int, int]] = []
    for run in edged:
        page = run.place.page if isinstance(run.place, Box) else 0
        size += run.end - run.start
        if size > _BLOCK or (keys and keys[-1][0] != page):
            size, number = run.end - run.start, number + 1
        keys.append((page, number))
    for _, group in groupby(zip(keys, edged, strict=True), key=lambda pair: pair[0]):
        yield _block([one for _, one in group])


def _block(runs: Sequence[PlaceRun]) -> Edges:
    gaps: list[Integers] = []
    widths: list[Integers] = []
    for run in runs:
        flat = np.array(run.edges, dtype=np.int64)
        if len(flat) != 2 * (run.end - run.start) or not isinstance(run.place, Box):
            raise ValueError("a run does not have two edges for each character of a box")
        left, right = flat[0::2], flat[1::2]
        gaps.append(left - np.concatenate(([run.place.x0], right[:-1])))
        widths.append(right - left)
    characters = sum(map(len, gaps))
    sums = [np.cumsum(np.concatenate(one)) for one in (gaps, widths)]
    return Edges(
        count=len(runs),
        characters=characters,
        sums=zlib.compress(packed(np.concatenate(sums)), 6),
    )
