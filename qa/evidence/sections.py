"""Headings and what stands below them, as evidence. Pure."""

from dataclasses import replace

from citespan.index.text import Kind, Unit, View, sentences
from citespan.index.types import Passage, Span
from citespan.qa.evidence.headings import Section
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.selection import Sentence, says_something
from citespan.qa.evidence.source import PassageDocuments

_LONGEST = 600  # code points of a section that is quoted whole


def heading_as_sentence(section: Section, passage: Passage, source: PassageDocuments) -> Sentence:
    """Return the heading of a section as what answers."""
    shown = section.title
    for unit in _units(section, passage, source)[:1]:
        if unit.kind is Kind.HEADING:
            shown = unit.view.text
    return Sentence(
        passage=source.passage(passage, section.span), span=section.heading, evidence=1.0,
        answer=section.heading, shown=shown,
    )  # fmt: skip


def contents(section: Section, passage: Passage, source: PassageDocuments) -> list[Sentence]:
    """Return what is in a section, or the beginning of a long one, its heading first.

    Of the items of a long list, the first sentences are returned; of the headings below it, none
    if there is anything else.
    """
    found = [heading_as_sentence(section, passage, source)]
    room = _LONGEST
    units = [one for one in _units(section, passage, source) if one.span != section.heading]
    units = [one for one in units if one.kind is not Kind.HEADING] or units
    if sum(len(unit.view.text) for unit in units) > _LONGEST:
        units = [_opening(unit) if unit.kind is Kind.ITEM else unit for unit in units]
    for unit in units:
        room -= len(unit.view.text)
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


def _opening(unit: Unit) -> Unit:
    """Return the first sentence of an item."""
    first = next(iter(sentences(unit.view.text)), Span(0, 0))
    view = unit.view.part(first)
    span = view.origin(Span(0, len(view.text)))
    if span is None or first.end == len(unit.view.text):
        return unit
    return replace(unit, view=view, span=Span(unit.span.start, span.end))


def _units(section: Section, passage: Passage, source: PassageDocuments) -> list[Unit]:
    whole = source.passage(passage, section.span)
    return source.units(Piece(passage=whole, path=(), span=section.span, view=View("", ())))
