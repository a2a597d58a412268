"""Markdown in units, each as a person sees it: paragraphs, items, rows, code, headings. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from citespan.index.text.inline import seen
from citespan.index.text.segmentation import sentences
from citespan.index.text.unread import FENCE, masked
from citespan.index.text.view import View, ViewBuilder, joined
from citespan.index.types import Span

_HEADING = re.compile(r"#{1,6}[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_RULE = re.compile(r"[ \t|:=*_-]+$")
_HEADER = 4000  # code points at the start of a paragraph in which a table's header is
_COMMENT = re.compile(r"\s*(?:#|//|--|;|/\*)")
_QUOTED = re.compile(r"[ \t]*(?:>[ \t]?)+")


class Kind(StrEnum):
    """What a unit is."""

    HEADING = "heading"
    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What can be cited as one thing; `span` is of the whole text.

    group: units of the same paragraph, list, table or block of code have the same number.
    numbered: whether it is a step of a list with numbers.
    """

    kind: Kind
    span: Span
    view: View
    group: int
    numbered: bool = False


def markdown_units(
    text: str, within: Span, code: Sequence[Span] = (), hidden: Sequence[Span] = (),
    *, split: bool = True,
) -> list[Unit]:  # fmt: skip
    """Return the units of a span of Markdown, in order.

    Args:
        text: the whole text.
        within: the span, from the start of a line or from inside of one.
        code: as `code_spans` returns them; others may be omitted.
        hidden: as `hidden_spans` returns them; nothing of them is in a unit.
        split: whether paragraphs are split into sentences, which takes longer.
    """
    return list(_Reading(text, within, code, hidden, split=split).units())


class _Reading:
    def __init__(
        self, text: str, within: Span, code: Sequence[Span], hidden: Sequence[Span],
        *, split: bool,
    ) -> None:  # fmt: skip
        self._text, self._split = text, split
        self._code = [one for one in code if one.overlap(within)]
        self._base = within.start
        self._local = masked(within.of(text), within, hidden, code)
        self._group = 0

    def units(self) -> Iterator[Unit]:
        lines = list(self._lines())
        at = 0
        while at < len(lines):
            line = lines[at]
            end = self._end(lines, at)
            whole = Span(line.start, lines[end - 1].end)
            words = line.of(self._local)
            if not words.strip():
                self._group += 1
            elif self._in_code(line):
                yield from self._code_units(lines[at:end])
            elif _HEADING.match(words):
                yield from self._heading(line)
            elif _is_row(words):
                yield from self._rows(lines[at:end])
            elif _ITEM.match(words):
                yield self._item(whole)
            else:
                yield from self._sentences(whole)
            at = end

    def _end(self, lines: Sequence[Span], at: int) -> int:
        """Return the line after the last one of what begins at a line."""
        words = lines[at].of(self._local)
        inside = self._in_code(lines[at])
        end = at + 1
        if not words.strip() or (_HEADING.match(words) and not inside):
            return end
        while end < len(lines) and (
            self._in_code(lines[end]) == inside
            if inside
            else _is_row(lines[end].of(self._local))
            if _is_row(words)
            else self._goes_on(lines[end])
        ):
            end += 1
        return end

    def _lines(self) -> Iterator[Span]:
        start = 0
        for line in self._local.split("\n"):
            yield Span(start, start + len(line))
            start += len(line) + 1

    def _in_code(self, line: Span) -> Span | None:
        start = self._base + line.start
        return next((one for one in self._code if one.start <= start < one.end), None)

    def _goes_on(self, line: Span) -> bool:
        words = line.of(self._local)
        starts = _HEADING.match(words) or _ITEM.match(words) or _is_row(words)
        return bool(words.strip()) and not starts and not self._in_code(line)

    def _unit(self, kind: Kind, span: Span, view: View, *, numbered: bool = False) -> Unit:
        whole = Span(self._base + span.start, self._base + span.end)
        return Unit(kind=kind, span=whole, view=view, group=self._group, numbered=numbered)

    def _seen(self, span: Span) -> View:
        """Return a span without the marks of Markdown, on one line."""
        return seen(self._local, span, self._base)

    def _heading(self, line: Span) -> Iterator[Unit]:
        self._group += 1
        match = _HEADING.match(self._local, line.start, line.end)
        start = match.end() if match else line.start
        words = self._local[start : line.end].rstrip(" \t#")
        if words.strip():
            span = Span(start, start + len(words))
            yield self._unit(Kind.HEADING, span, self._seen(span))
        self._group += 1

    def _item(self, span: Span) -> Unit:
        match = _ITEM.match(self._local, span.start, span.end)
        start = match.end() if match else span.start
        inside = _trimmed(self._local, Span(start, span.end))
        numbered = bool(match and match["number"])
        return self._unit(Kind.ITEM, inside, self._seen(inside), numbered=numbered)

    def _sentences(self, span: Span) -> Iterator[Unit]:
        """Yield the sentences of a paragraph, which are found as they are seen."""
        match = _QUOTED.match(self._local, span.start, span.end)
        whole = _trimmed(self._local, Span(match.end() if match else span.start, span.end))
        if not whole or _RULE.fullmatch(whole.of(self._local)):
            return
        view = seen(self._local, whole, self._base, between="\n")  # its lines tell sentences apart
        parts = [view.part(one) for one in sentences(view.text)] if self._split else [view]
        parts = [replace(one, text=one.text.replace("\n", " ")) for one in parts if one.runs]
        starts = [self._word(after, before) for before, after in pairwise(parts)]
        starts = [whole.start, *starts, whole.end]
        for part, (start, end) in zip(parts, pairwise(starts), strict=True):
            yield self._unit(Kind.SENTENCE, _trimmed(self._local, Span(start, end)), part)

    def _word(self, view: View, before: View) -> int:
        """Return where the marks before a sentence begin, which are no part of the one before."""
        last = before.runs[-1]
        start, least = view.runs[0].at - self._base, last.at + last.length - self._base
        while start > least and not self._local[start - 1].isspace():
            start -= 1
        return start

    def _code_units(self, lines: Sequence[Span]) -> Iterator[Unit]:
        """Yield the lines of code, those below a comment with it."""
        open_ones: list[Span] = []
        after = False  # whether code stands below the comments
        for line in lines:
            words = line.of(self._local)
            comment = bool(_COMMENT.match(words))
            fence = FENCE.match(words)
            if open_ones and (not words.strip() or fence or (comment and after)):
                yield self._lined(open_ones)
                open_ones = []
            if words.strip() and not fence:
                after = not comment
                open_ones.append(_trimmed(self._local, line))
        if open_ones:
            yield self._lined(open_ones)

    def _lined(self, lines: Sequence[Span]) -> Unit:
        views = ViewBuilder()
        for line in lines:
            if len(views):
                views.add("\n")
            views.show(self._local, line.start, line.end, self._base)
        return self._unit(Kind.CODE, Span(lines[0].start, lines[-1].end), views.done())

    def _rows(self, lines: Sequence[Span]) -> Iterator[Unit]:
        header = self._header(lines[0])
        for at, line in enumerate(lines):
            if _RULE.fullmatch(line.of(self._local)):
                continue
            below = at + 1 < len(lines) and _is_rule(lines[at + 1].of(self._local))
            cells = [_trimmed(self._local, one) for one in _cells(self._local, line)]
            if below:
                header = [one.of(self._local) for one in cells]
                continue
            cells = [one for one in cells if one]
            if cells:
                span = Span(cells[0].start, cells[-1].end)
                yield self._unit(Kind.ROW, span, self._row(line, header))

    def _row(self, line: Span, header: Sequence[str]) -> View:
        """Return a row with the header before each of its cells."""
        pieces: list[View] = []
        for at, cell in enumerate(_cells(self._local, line)):
            bare = _trimmed(self._local, cell)
            if bare:
                views = ViewBuilder()
                name = header[at] if at < len(header) else ""
                views.add(f"{seen(name, Span(0, len(name))).text}: " if name else "")
                views.append(self._seen(bare))
                pieces.append(views.done())
        return joined(pieces, "; ")

    def _header(self, line: Span) -> list[str]:
        """Return the header of a table that begins before the span."""
        if self._local[: line.start].strip():
            return []
        end = self._base + line.start
        before = self._text.rfind("\n\n", 0, end)
        start = before + 2 if before >= 0 else 0
        above = self._text[start : min(end, start + _HEADER)].split("\n")
        for first, second in pairwise(above):
            if first.lstrip().startswith("|") and _is_rule(second):
                return [one.of(first).strip() for one in _cells(first, Span(0, len(first)))]
        return []


def _cells(text: str, line: Span) -> Iterator[Span]:
    """Yield the cells of a row, without its outer bars."""
    bare = _trimmed(text, line)
    start = bare.start + text.startswith("|", bare.start)
    end = bare.end - (text.endswith("|", start, bare.end) and text[bare.end - 2] != "\\")
    for match in re.finditer(r"(?s)((?:[^|\\]|\\.?)*+)(?:\||\Z)", text[start:end]):
        if match.group() or match.start() < end - start:
            yield Span(start + match.start(1), start + match.end(1))


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|")


def _is_rule(line: str) -> bool:
    return "-" in line and "|" in line and bool(_RULE.fullmatch(line))


def _trimmed(text: str, span: Span) -> Span:
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.start + len(words.rstrip())))
