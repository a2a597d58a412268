"""What stands below each heading of a document, and what of it can be cited. Pure."""

from dataclasses import dataclass

from citespan.index.layout import Outline
from citespan.index.text import Kind, Unit, View
from citespan.index.types import Document, Passage, Span
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.selection import Sentence, says_something
from citespan.qa.evidence.source import Source

_LONGEST = 600  # code points of a section that is quoted whole


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
    for at, (start, level) in enumerate(shape.headings):
        below = (other for other, upper in shape.headings[at + 1 :] if upper <= level)
        end = next(below, shape.end)
        line = document.text.find("\n", start)
        line = len(document.text) if line < 0 else line
        words = document.text[start:line]
        bare = words.strip("# \t\r") if outline.markdown else words.strip()
        first = start + words.find(bare) if bare else start
        found.append(Section(bare, level, Span(first, first + len(bare)), Span(start, end)))
    return found


def heading_as_sentence(section: Section, passage: Passage, source: Source) -> Sentence:
    """Return the heading of a section as what answers."""
    shown = section.title
    for unit in _units(section, passage, source)[:1]:
        if unit.kind is Kind.HEADING:
            shown = unit.view.text
    return Sentence(
        passage=source.passage(passage, section.span), span=section.heading, evidence=1.0,
        answer=section.heading, shown=shown,
    )  # fmt: skip


def contents(section: Section, passage: Passage, source: Source) -> list[Sentence]:
    """Return what stands in a section, or the beginning of a long one, its heading first."""
    found = [heading_as_sentence(section, passage, source)]
    room = _LONGEST
    for unit in _units(section, passage, source):
        room -= len(unit.view.text)
        if unit.kind is Kind.HEADING and unit.span == section.heading:
            continue
        if room < 0 and len(found) > 1:
            break
        if says_something(unit.view.text, single=unit.kind is not Kind.SENTENCE):
            found.append(
                Sentence(
                    passage=found[0].passage,
                    span=unit.span,
                    evidence=1.0,
                    answer=None,
                    shown=unit.view.text,
                )
            )
    return found


def _units(section: Section, passage: Passage, source: Source) -> list[Unit]:
    whole = source.passage(passage, section.span)
    return source.units(Piece(passage=whole, path=(), span=section.span, view=View("", ())))
