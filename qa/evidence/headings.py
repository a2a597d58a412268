"""The sections of a document: each heading with all that stands below it. Pure."""

from dataclasses import dataclass

from citespan.index.layout import Outline
from citespan.index.types import Document, Span


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, without its marks, with all that stands below it.

    heading: the span of its words.
    span: from the start of its line to the next heading of the same or a higher level.
    """

    title: str
    level: int
    heading: Span
    span: Span


def sections_of(document: Document, outline: Outline) -> list[Section]:
    """Return the sections of a document in order; sections may be inside of others."""
    shape = outline.shape
    found: list[Section] = []
    after: list[tuple[int, int]] = []  # later headings that may end a section, the nearest last
    for start, level in reversed(shape.headings):
        while after and after[-1][1] > level:
            after.pop()
        end = after[-1][0] if after else shape.end
        after.append((start, level))
        found.append(_section(document.text, start, max(start, end), level, outline))
    return found[::-1]


def _section(text: str, start: int, end: int, level: int, outline: Outline) -> Section:
    stop = text.find("\n", start)
    words = text[start : len(text) if stop < 0 else stop]
    bare = words.strip("# \t\r") if outline.marked else words.strip()
    first = start + (words.find(bare) if bare else 0)
    return Section(bare, level, Span(first, first + len(bare)), Span(start, end))
