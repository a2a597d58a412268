"""reStructuredText in units, each as a person sees it. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from citespan.index.text.grid import trimmed
from citespan.index.text.listing import code_parts, code_view
from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.rst_context import clipped, context_of, lines_of
from citespan.index.text.rst_directives import CODE, SIGNED, SINCE, UNSEEN
from citespan.index.text.rst_inline import rst_seen
from citespan.index.text.rst_tables import RstTable, listed, table_at
from citespan.index.text.segmentation import sentences
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_EXPLICIT = re.compile(r"\s*\.\.(?:\s|$)")
_DIRECTIVE = re.compile(
    r"\s*\.\.[ \t]+(?:\|[^|\n]{1,60}\|[ \t]+)?(?P<name>[\w:+-]{1,60})::(?:[ \t]+|$)"
)
_FOOTNOTE = re.compile(r"\s*\.\.[ \t]+\[[\w#*-]{1,40}\][ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|(?P<step>(?:\d{1,3}|#)[.)]|\(\d{1,3}\)))[ \t]+(?=\S)")
_FIELD = re.compile(
    r"[ \t]*:(?:param(?: [\w.]{1,40})? (?=\w+:))?(?P<name>[^:`\n]{1,60}):(?:[ \t]+|$)"
)
_OPTION = re.compile(r"[ \t]+:[\w-]{1,40}:(?:[ \t]|$)")
_LINE_BLOCK = re.compile(r"[ \t]*\|[ \t]+")
_RULE = re.compile(r"[ \t]*([!-/:-@\[-`{-~])\1{2,400}[ \t]*")
_DEEPEST = 30  # what is inside of more is read as a paragraph
_HEADERS = re.compile(r":header-rows:[ \t]*(\d)")


def rst_units(text: str, within: Span, *, split: bool = True) -> list[Unit]:
    """Return the units of a span of reStructuredText, in order.

    Args:
        text: the whole text.
        within: the span, from the start of a line or from inside of one.
        split: whether paragraphs are split into sentences, which takes longer.
    """
    lines = lines_of(text, context_of(text, within))
    found = (clipped(unit, within) for unit in _Reading(text, split=split).body(lines))
    return [unit for unit in found if unit]


class _Reading:
    def __init__(self, text: str, *, split: bool) -> None:
        self._text, self._split = text, split
        self._group = self._depth = 0

    def body(self, lines: Sequence[Span], *, nested: bool = False) -> Iterator[Unit]:
        """Yield the units of lines; `nested` if they are below an item of a list."""
        self._depth += 1
        if self._depth > _DEEPEST:
            yield from self._paragraph([line for line in lines if line])
        else:
            yield from self._parts(lines, nested=nested)
        self._depth -= 1

    def _parts(self, lines: Sequence[Span], *, nested: bool) -> Iterator[Unit]:
        at = 0
        while at < len(lines):
            words = lines[at].of(self._text)
            if not words.strip():
                self._group += 1
                at += 1
                continue
            end = self._end(lines, at)
            for unit in self._units(lines[at:end]):
                yield replace(unit, nested=True) if nested and unit.kind is not Kind.ITEM else unit
            at = end

    def _units(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield the units of lines that are one thing: a directive, a table, an item."""
        words = lines[0].of(self._text)
        if _EXPLICIT.match(words):
            yield from self._explicit(lines)
        elif table := table_at(self._text, lines):
            yield from self._rows(table)
        elif title := self._title(lines):
            self._group += 1
            yield self._unit(Kind.HEADING, title, rst_seen(self._text, title))
            self._group += 1
        elif match := _ITEM.match(words):
            yield from self._item(lines, match.end(), step=match["step"] or "")
        elif match := _FIELD.match(words):
            yield from self._item(lines, match.end(), name=match["name"])
        elif words.lstrip().startswith(">>> "):
            yield from self._code(lines)
        elif self._defines(lines):
            yield from self._definition(lines)
        elif not (len(lines) == 1 and _RULE.fullmatch(words)):
            yield from self._paragraph(lines)

    def _end(self, lines: Sequence[Span], at: int) -> int:
        """Return the line after the last one of what begins at a line."""
        words = lines[at].of(self._text)
        if table := table_at(self._text, lines, at):
            return at + table.lines
        if _EXPLICIT.match(words) or _ITEM.match(words) or _FIELD.match(words):
            return self._block_end(lines, at + 1, self._indent(lines[at]))
        if title := self._title(lines[at : at + 3]):
            return at + (2 if title.start < lines[at].end else 3)
        end = at + 1
        while end < len(lines) and self._goes_on(lines, at, end):
            end += 1
        if self._defines(lines[at:end]):
            return self._block_end(lines, end, self._indent(lines[at]))
        if lines[end - 1].of(self._text).rstrip().endswith("::"):
            return self._block_end(lines, end, self._indent(lines[at]))
        return end

    def _goes_on(self, lines: Sequence[Span], first: int, at: int) -> bool:
        words = lines[at].of(self._text)
        deeper = self._indent(lines[at]) > self._indent(lines[first]) and at > first + 1
        return bool(words.strip()) and not deeper

    def _block_end(self, lines: Sequence[Span], at: int, indent: int) -> int:
        """Return the line after the last one that is indented further."""
        end = at
        for number in range(at, len(lines)):
            if lines[number].of(self._text).strip():
                if self._indent(lines[number]) <= indent:
                    break
                end = number + 1
        return end

    def _indent(self, line: Span) -> int:
        words = line.of(self._text)
        return len(words) - len(words.lstrip())

    def _title(self, lines: Sequence[Span]) -> Span | None:
        """Return the title that lines begin with, which has a rule below it, maybe one above."""
        words = [line.of(self._text).rstrip() for line in lines[:3]]
        if len(words) == 3 and _RULE.fullmatch(words[0]) and words[0] == words[2] and words[1]:
            return trimmed(self._text, lines[1])
        below = len(words) > 1 and _RULE.fullmatch(words[1]) and not words[1][0].isspace()
        if below and not _RULE.fullmatch(words[0]) and len(words[1]) >= len(words[0]):
            return trimmed(self._text, lines[0])
        return None

    def _defines(self, lines: Sequence[Span]) -> bool:
        """Return whether lines are a term and, indented below it, what it means."""
        return (
            len(lines) > 1
            and bool(lines[1].of(self._text).strip())
            and self._indent(lines[1]) > self._indent(lines[0])
        )

    def _explicit(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield the units of a directive or a footnote; comments and targets have none."""
        self._group += 1
        words = lines[0].of(self._text)
        directive, footnote = _DIRECTIVE.match(words), _FOOTNOTE.match(words)
        if footnote:
            first = Span(lines[0].start + footnote.end(), lines[0].end)
            yield from self.body([first, *lines[1:]])
        elif directive:
            argument = Span(lines[0].start + directive.end(), lines[0].end)
            yield from self._directive(directive["name"].rpartition(":")[2], argument, lines[1:])
        self._group += 1

    def _directive(self, name: str, argument: Span, lines: Sequence[Span]) -> Iterator[Unit]:
        signed = [argument] if argument.of(self._text).strip() else []
        at = 0
        while at < len(lines) and lines[at].of(self._text).strip():
            if not _OPTION.match(lines[at].of(self._text)):
                if at or not signed or name in CODE:
                    break
                if name not in SIGNED:
                    break
                signed.append(lines[at])
            at += 1
        options = "\n".join(line.of(self._text) for line in lines[:at])
        inside = lines[at:]
        if name in UNSEEN:
            return
        if name in CODE:
            yield from self._code(inside)
        elif name == "list-table":
            found = _HEADERS.search(options)
            yield from self._paragraph(signed)
            self._group += 1
            headers = int(found[1]) if found else 0
            yield from self._rows(listed(self._text, inside, headers=headers))
        elif name in SIGNED:
            yield from self._code(signed)
            self._group += 1
            yield from self.body(inside)
        else:
            yield from self._noted(name, signed, inside)

    def _noted(self, name: str, signed: Sequence[Span], inside: Sequence[Span]) -> Iterator[Unit]:
        """Yield the units of a box: its title or first words, and what is in it."""
        goes_on = inside[: self._paragraph_end(inside) if signed else 0]
        lead = SINCE.get(name, "")
        for at, unit in enumerate(self._paragraph([*signed, *goes_on])):
            views = ViewBuilder()
            views.add("" if at else lead)
            views.append(unit.view)
            yield replace(unit, view=views.done())
        self._group += 1
        yield from self.body(inside[len(goes_on) :])

    def _paragraph_end(self, lines: Sequence[Span]) -> int:
        blank = (at for at, line in enumerate(lines) if not line.of(self._text).strip())
        return next(blank, len(lines))

    def _item(
        self, lines: Sequence[Span], start: int, *, name: str = "", step: str = ""
    ) -> Iterator[Unit]:
        """Yield an item or a field: its first paragraph, and what is below it as nested."""
        end = self._paragraph_end(lines)
        below = next((at for at in range(1, end) if _ITEM.match(lines[at].of(self._text))), end)
        first = trimmed(self._text, Span(lines[0].start + start, lines[below - 1].end))
        literal = first.of(self._text).endswith("::")
        views = ViewBuilder()
        views.add(f"{name}: " if name and first else "")
        views.append(rst_seen(self._text, Span(first.start, first.end - literal)))
        if first and views.done().runs:
            unit = self._unit(Kind.ITEM, first, views.done(), numbered=bool(step))
            digits = step.strip("#.()")
            number = int(digits) if digits else None
            yield replace(unit, number=number, indent=self._indent(lines[0]))
        if literal:
            yield from (replace(one, nested=True) for one in self._code(lines[below:]))
        else:
            yield from self.body(lines[below:], nested=True)

    def _definition(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield a term with the first paragraph of what it means, and the others."""
        end = self._paragraph_end(lines)
        term = trimmed(self._text, lines[0])
        first = trimmed(self._text, Span(lines[1].start, lines[end - 1].end))
        views = ViewBuilder()
        views.append(rst_seen(self._text, term))
        views.add(": ")
        views.append(rst_seen(self._text, first))
        yield self._unit(Kind.ITEM, Span(term.start, first.end), views.done())
        yield from self.body(lines[end:], nested=True)

    def _paragraph(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield the sentences of a paragraph, which are found as they are seen, and its code."""
        if not lines:
            return
        end = self._paragraph_end(lines)
        bars = _LINE_BLOCK.match(lines[0].of(self._text))
        start = lines[0].start + (bars.end() if bars else 0)
        whole = trimmed(self._text, Span(start, lines[end - 1].end))
        literal = whole.of(self._text).endswith("::")
        bare = trimmed(self._text, Span(whole.start, whole.end - 2 * literal))
        if bare:
            stop = Span(bare.start, bare.end + (literal and bare.end + 2 == whole.end))
            yield from self._sentences(stop)
        yield from self._code(lines[end:])

    def _sentences(self, whole: Span) -> Iterator[Unit]:
        view = rst_seen(self._text, whole, between="\n")
        parts = [view.part(one) for one in sentences(view.text)] if self._split else [view]
        parts = [replace(one, text=one.text.replace("\n", " ")) for one in parts if one.runs]
        if not parts:
            return
        starts = [self._word(one.runs[0].at, whole.start) for one in parts[1:]]
        for part, (start, end) in zip(
            parts, pairwise([whole.start, *starts, whole.end]), strict=True
        ):
            yield self._unit(Kind.SENTENCE, trimmed(self._text, Span(start, end)), part)

    def _word(self, start: int, least: int) -> int:
        """Return where the marks before a sentence begin, which are no part of the one before."""
        while start > least and not self._text[start - 1].isspace():
            start -= 1
        return start

    def _code(self, lines: Sequence[Span]) -> Iterator[Unit]:
        if not lines:
            return
        self._group += 1
        for part in code_parts(self._text, lines):
            span = Span(trimmed(self._text, part[0]).start, trimmed(self._text, part[-1]).end)
            yield self._unit(Kind.CODE, span, code_view(self._text, part, 0))

    def _rows(self, table: RstTable) -> Iterator[Unit]:
        for row in table.rows:
            yield self._unit(Kind.ROW, row.span, row.view(self._text, table.header))

    def _unit(self, kind: Kind, span: Span, view: View, *, numbered: bool = False) -> Unit:
        return Unit(kind=kind, span=span, view=view, group=self._group, numbered=numbered)
