"""Writing of a text under limits, block by block, and the result of a reader."""

from collections.abc import Sequence
from textwrap import dedent

from citespan.index.parse.parsed import (
    Builder,
    Member,
    MetadataValue,
    Pair,
    Parsed,
    ReadingWarning,
    cleaned,
)
from citespan.index.parse.places import Place
from citespan.index.parse.request import Unreadable

MAX_TEXT = 20_000_000  # code points
MAX_RUNS = 4_000_000
_DEEPEST = 8  # lists inside of one another that look different
_MAX_DETAIL = 500  # code points of a title or a name
_MARKS = {"•", "◦", "▪", "–", "-"}


def folded(text: str) -> str:
    """Return a text with each white space, line ends too, as one space, and none around it."""
    return " ".join(text.split())


class BlockWriter(Builder):
    """A builder that writes blocks, and refuses a text that grows beyond the limits."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[ReadingWarning] = []
        self.members: list[Member] = []
        self.furniture: list[Pair] = []
        self._in_list = False
        self._outer = 0  # the depth of the list's first item

    def block(
        self, text: str, place: Place, *, prefix: str = "", level: int = 0, depth: int = 0
    ) -> None:
        """Write a paragraph; nothing if it has no characters.

        Args:
            text: characters of the file; space around them is dropped.
            place: where they stand.
            prefix: a separator before them, such as a bullet, with its space.
            level: of the heading, from 1; 0 if the paragraph is none.
            depth: of an item in the lists around it; it is indented below the first one's.
        """
        text = _bare(cleaned(text))
        if "\ue000" <= text[:1] <= "\uf8ff" and text[1:2].isspace():  # a bullet of a symbol font
            text, prefix = text[1:].lstrip(), prefix or "• "
        if not text:
            return
        item = not level and _is_item(prefix)
        if item and self._in_list:
            self._outer = min(self._outer, depth)
            self.separate("\n" + "  " * min(depth - self._outer, _DEEPEST))
        else:
            self.paragraph()
            self._outer = depth
        self._in_list = item
        start = self.length
        if prefix:
            self.separate(prefix)
        self.add(text, place)
        if level:
            self.heading(start, level)

    def paragraph(self) -> None:
        self._in_list = False
        super().paragraph()

    def furnish(self, start: int) -> None:
        """Mark what was written since `start` as furniture."""
        first = next((run.start for run in self.runs if run.start >= start), None)
        if first is not None:
            self.furniture.append((first, self.length))

    def warn(self, code: str, message: str, *, partial: bool = False) -> None:
        """Note what was left out; at most 100 times."""
        if len(self.warnings) < 100:
            self.warnings.append(ReadingWarning(code, message, partial=partial))

    def parsed(
        self,
        media_type: str,
        made_by: str,
        *,
        title: str = "",
        metadata: dict[str, MetadataValue] | None = None,
        warnings: Sequence[ReadingWarning] = (),
    ) -> Parsed:
        """Return what was written.

        Raises:
            Unreadable: there are no characters, and no members.
        """
        text = self.text
        if not text.strip() and not self.members:
            failed = next((one for one in self.warnings if one.partial), None)
            if failed:
                raise Unreadable("corrupt", f"no part of the file can be read: {failed.message}")
            raise Unreadable("no_text", "the file holds no text; only text can be searched")
        return Parsed(
            text=text,
            media_type=media_type,
            made_by=made_by,
            title=short(title),
            metadata=metadata or {},
            runs=self.runs,
            headings=self.headings,
            tables=self.tables,
            furniture=self.furniture,
            warnings=[*warnings, *self.warnings],
            members=self.members,
        )

    def _write(self, piece: str) -> None:
        super()._write(piece)
        if self.length > MAX_TEXT or len(self.runs) > MAX_RUNS:
            raise Unreadable(
                "too_large",
                f"its text has more than {MAX_TEXT // 1_000_000} million characters;"
                " split the file, or filter its rows",
            )


def is_like_heading(text: str) -> bool:
    """Return whether a paragraph in bold reads as a heading: one short line without a stop."""
    text = text.strip()
    return 2 < len(text) <= 100 and "\n" not in text and text[-1] not in ".,;:!?" and text[0] != "("


def short(text: str) -> str:
    """Return a title or a name as metadata: one line, at most 500 code points."""
    return folded(cleaned(text))[:_MAX_DETAIL].strip()


def _bare(text: str) -> str:
    """Return a text without space around it; its lines keep how they stand to each other."""
    return dedent(text.strip("\n").rstrip()).strip() if "\n" in text else text.strip()


def _is_item(prefix: str) -> bool:
    """Return whether a prefix begins a line of a list for all who split the text later."""
    mark = prefix.strip()
    return mark in _MARKS or (mark[-1:] in {".", ")"} and mark[:-1].isalnum() and len(mark) <= 4)
