"""A stand-in for readers of files: what a test says that a file holds, without a process."""

import json

from citespan.index.parse.parsed import Builder, Member, PageSize, Parsed, ReadingWarning
from citespan.index.parse.places import Box, Cell
from citespan.index.parse.request import Request, Unreadable

_MARK = b"%PDF-made\n"
PAGE = PageSize(6120, 7920)
LEFT, TOP, WIDTH, HEIGHT = 720, 720, 50, 120  # tenths of a point, of every character


def made_file(*pages: list[str], **more: object) -> bytes:
    """Return the bytes of a file for `read_made`: lines by page; a line with # is a heading."""
    return _MARK + json.dumps({"pages": pages, **more}).encode()


def read_made(data: bytes, request: Request) -> Parsed:
    """Return what such a file holds, as a reader would."""
    if not data.startswith(_MARK):
        raise Unreadable("corrupt", "the file is no made file")
    try:
        told = json.loads(data.removeprefix(_MARK))
    except ValueError as error:
        raise Unreadable("corrupt", "the made file is cut") from error
    if password := told.get("password"):
        if request.password is None:
            raise Unreadable("encrypted", "the file is encrypted; send its password")
        if request.password != password:
            raise Unreadable("password_wrong", "the password is not the file's")
    builder = Builder()
    for number, lines in enumerate(told["pages"], start=1):
        for at, line in enumerate(lines):
            builder.paragraph()
            start = builder.length
            level = len(line) - len(line.lstrip("#"))
            _add_line(builder, line.lstrip("# "), number, at)
            if level:
                builder.heading(start, level)
    for row, cells in enumerate(told.get("rows", ()), start=2):
        builder.paragraph()
        _add_row(builder, told["header"], cells, row)
    return Parsed(
        text=builder.text,
        media_type=told.get("media_type", "application/pdf"),
        made_by="made 1",
        title=told.get("title", ""),
        runs=builder.runs,
        headings=builder.headings,
        tables=builder.tables,
        pages=[PAGE] * len(told["pages"]),
        warnings=[ReadingWarning(*one, partial=True) for one in told.get("lost", ())],
        members=[Member(name, bytes.fromhex(one)) for name, one in told.get("members", ())],
    )


def _add_line(builder: Builder, line: str, page: int, at: int) -> None:
    top = TOP + 2 * HEIGHT * at
    edges = [edge for n in range(len(line)) for edge in (LEFT + WIDTH * n, LEFT + WIDTH * (n + 1))]
    box = Box(page, LEFT, top, LEFT + WIDTH * len(line), top + HEIGHT)
    builder.add(line, box, edges)


def _add_row(builder: Builder, header: list[str], cells: list[str], row: int) -> None:
    start = builder.length
    for column, (label, value) in enumerate(zip(header, cells, strict=True), start=1):
        builder.add(label, Cell("Prices", 1, column))
        builder.separate(": ")
        builder.add(value, Cell("Prices", row, column))
        builder.separate("." if column == len(cells) else "; ")
    builder.table(start, "; ".join(header))
