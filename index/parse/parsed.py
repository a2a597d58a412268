"""What a reader makes of a file: the text, and where each of its characters stands."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from citespan.index.parse.places import Place, PlaceRun

# As `index.types` says; that module imports numpy, which the process of the readers does without.
MetadataValue: TypeAlias = str | int | float | bool | Sequence[str | int | float | bool] | None

Pair: TypeAlias = tuple[int, int]  # a half-open range of code points of the text


class Heading(msgspec.Struct, frozen=True):
    """A heading in `[start, end)` of the text; `level` is 1 to 6."""

    start: int
    end: int
    level: int


class Table(msgspec.Struct, frozen=True):
    """Rows `[start, end)` of the text, and the header that they share, as it is embedded."""

    start: int
    end: int
    header: str


class PageSize(msgspec.Struct, frozen=True):
    """The size of a page as shown, in tenths of a point."""

    width: int
    height: int


class ReadingWarning(msgspec.Struct, frozen=True):
    """Something of the file that could not be read, or was left out for a reason.

    `code` is one word for programs, such as "page_failed" or "hidden_text"; `page` is 1-based.
    `partial` is true if content is missing that a reader of the file would see.
    """

    code: str
    message: str
    page: int | None = None
    partial: bool = False


class Member(msgspec.Struct, frozen=True):
    """A file inside a file, such as an attachment; it becomes a document of its own."""

    name: str
    data: bytes


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A file as citespan reads it.

    `text` is canonical: LF line ends, no NUL, no lone surrogate. `runs` ascend and do not overlap.
    Each character of a run stood in the file; separators that the reader wrote are in no run.
    The same bytes and the same `made_by` give the same `Parsed`.

    Attributes:
        title: the file's own title; empty if it names none.
        metadata: what the file says of itself: `author`, `published` and `modified` (ISO 8601),
            `language`, `pages`; only what is there.
        headings: ascending by start.
        tables: the ranges of rows, ascending; a chunk breaks between rows, which are paragraphs.
        furniture: headers and footers of pages, which stand at the end of the text.
        made_by: the reader and its version, such as "pdf 1, pdfium 7950".
    """

    text: str
    media_type: str
    made_by: str
    title: str = ""
    metadata: dict[str, MetadataValue] = {}
    runs: list[PlaceRun] = []
    headings: list[Heading] = []
    tables: list[Table] = []
    furniture: list[Pair] = []
    pages: list[PageSize] = []
    warnings: list[ReadingWarning] = []
    members: list[Member] = []


class Builder:
    """A text under construction: pieces of the file with their places, and separators."""

    def __init__(self) -> None:
        self.length = 0
        self.runs: list[PlaceRun] = []
        self.headings: list[Heading] = []
        self.tables: list[Table] = []
        self._parts: list[str] = []
        self._last = ""

    @property
    def text(self) -> str:
        """What has been written."""
        return "".join(self._parts)

    def add(self, piece: str, place: Place, edges: list[int] | None = None) -> None:
        """Write characters of the file, which stand at one place.

        Adjacent pieces at the same place become one run. The piece must be canonical if it has
        edges; otherwise this makes it so.
        """
        piece = piece if edges else cleaned(piece)
        if not piece:
            return
        start, end = self.length, self.length + len(piece)
        before = self.runs[-1] if self.runs else None
        if (
            before
            and not edges
            and not before.edges
            and (before.end, before.place) == (start, place)
        ):
            self.runs[-1] = PlaceRun(before.start, end, place)
        else:
            self.runs.append(PlaceRun(start, end, place, edges or []))
        self._write(piece)

    def separate(self, separator: str) -> None:
        """Write a separator that the file does not hold."""
        self._write(separator)

    def paragraph(self) -> None:
        """End a paragraph: two line ends, unless the text begins here or has them already."""
        if self.length and not self._last.endswith("\n\n"):
            self._write("\n" if self._last.endswith("\n") else "\n\n")

    def heading(self, start: int, level: int) -> None:
        """Mark what was written since `start` as a heading."""
        if start < self.length:
            self.headings.append(Heading(start, self.length, min(max(level, 1), 6)))

    def table(self, start: int, header: str) -> None:
        """Mark what was written since `start` as rows below a header."""
        if start < self.length:
            self.tables.append(Table(start, self.length, header))

    def _write(self, piece: str) -> None:
        self._parts.append(piece)
        self._last = (self._last + piece)[-2:]
        self.length += len(piece)


_CHANGED = {
    **dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xAD, 0xFEFF, 0xFFFE, 0xFFFF)),
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
}


def cleaned(piece: str) -> str:
    """Return characters as a text that a reader makes may hold them.

    Control characters, soft hyphens and byte order marks are dropped; lone surrogates become
    U+FFFD.
    """
    return piece.replace("\r\n", "\n").replace("\r", "\n").translate(_CHANGED)
