"""A text in AsciiDoc in parts: headings, paragraphs, items, rows and code, by their lines. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from citespan.index.text.adoc_attributes import Attributes
from citespan.index.text.adoc_tables import AdocRow
from citespan.index.text.markdown import Kind
from citespan.index.types import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class AdocPart:
    """What is read as one thing.

    kind, group, numbered, nested, indent: as those of a unit; a sentence here is a paragraph.
    lines: what people see of it, line by line.
    terms: what a list names before it.
    row, table: the row, and the number of its table.
    announces: whether a title stands before what it names.
    """

    kind: Kind
    group: int
    lines: Sequence[Span] = ()
    terms: Sequence[Span] = ()
    row: AdocRow | None = None
    table: int = 0
    announces: bool = False
    numbered: bool = False
    nested: bool = False
    indent: int = 0

    @property
    def span(self) -> Span:
        """From its first character to its last."""
        if self.row:
            return self.row.span
        lines = [*self.terms, *self.lines]
        return Span(lines[0].start, lines[-1].end)


@dataclass(slots=True)
class AdocParts:
    """The parts of a text, and what its attributes and tables say."""

    parts: list[AdocPart] = field(default_factory=list[AdocPart])
    headers: list[AdocRow | None] = field(default_factory=list["AdocRow | None"])
    known: Attributes = field(default_factory=Attributes)
