"""AsciiDoc in units, each as a person sees it. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from citespan.index.text.adoc_inline import adoc_seen
from citespan.index.text.adoc_parts import AdocPart
from citespan.index.text.adoc_scan import found_in
from citespan.index.text.grid import trimmed
from citespan.index.text.listing import code_view
from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.rst_context import clipped
from citespan.index.text.segmentation import sentences
from citespan.index.text.view import View, ViewBuilder, joined
from citespan.index.types import Span

_STOPS = (".", "!", "?", ":", ";", ",")


class AdocText:
    """A text in AsciiDoc, in parts, which are read where they are wanted.

    Args:
        text: the whole text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        found = found_in(text)
        self._known = found.known
        self._parts = found.parts
        self._spans = [one.span for one in found.parts]
        self._headers = found.headers
        self._names: dict[int, list[str]] = {}

    def units(self, within: Span, *, split: bool = True) -> list[Unit]:
        """Return the units of a span, in order.

        Args:
            within: the span, from the start of a line or from inside of one.
            split: whether paragraphs are split into sentences, which takes longer.
        """
        first = bisect_left(self._spans, within.start + 1, key=lambda one: one.end)
        found: list[Unit] = []
        for at in range(first, len(self._parts)):
            if self._spans[at].start >= within.end:
                break
            units = self._units(self._parts[at], split=split)
            found += [kept for one in units if (kept := clipped(one, within))]
        return found

    def shown(self, span: Span) -> str:
        """Return a span without its marks."""
        return adoc_seen(self._text, span, self._known).text

    def _units(self, part: AdocPart, *, split: bool) -> Iterator[Unit]:
        if part.kind is Kind.SENTENCE:
            yield from self._sentences(part, split=split)
            return
        view = self._view(part)
        if view.runs:
            yield self._unit(part, trimmed(self._text, part.span), view)

    def _view(self, part: AdocPart) -> View:
        """Return what people see of what is no paragraph."""
        if part.row:
            return part.row.view(self._text, self._known, self._header(part.table))
        if part.kind is Kind.CODE:
            return code_view(self._text, part.lines, 0)
        if not part.terms:
            return self._lines(part.lines, " ")
        views = ViewBuilder()
        views.append(joined([self._lines([one], " ") for one in part.terms], ", "))
        views.add(": " if part.lines else ":")
        views.append(self._lines(part.lines, " "))
        return views.done()

    def _header(self, table: int) -> list[str]:
        """Return the names of the columns of a table."""
        if table not in self._names:
            row = self._headers[table]
            cells = row.cells if row else ()
            self._names[table] = [self._lines(cell, " ").text for cell in cells]
        return self._names[table]

    def _lines(self, lines: Sequence[Span], between: str) -> View:
        """Return lines as one; those with unseen ones between them are read by themselves."""
        runs: list[View] = []
        for _, together in groupby(enumerate(lines), key=_Together(self._text)):
            near = [line for _, line in together]
            whole = Span(near[0].start, near[-1].end)
            runs.append(adoc_seen(self._text, whole, self._known, between))
        return joined([one for one in runs if one.text], between)

    def _sentences(self, part: AdocPart, *, split: bool) -> Iterator[Unit]:
        """Yield the sentences of a paragraph, which are found as they are seen."""
        view = self._lines(part.lines, "\n")
        parts = [view.part(one) for one in sentences(view.text)] if split else [view]
        parts = [View(one.text.replace("\n", " "), one.runs) for one in parts if one.runs]
        whole = part.span
        starts = [self._start(before, after) for before, after in pairwise(parts)]
        spans = pairwise([whole.start, *starts, whole.end])
        for one, (start, end) in zip(parts, spans if parts else (), strict=True):
            shown = one
            if part.announces and not one.text.endswith(_STOPS) and end == whole.end:
                shown = View(f"{one.text}:", one.runs)
            yield self._unit(part, trimmed(self._text, Span(start, end)), shown)

    def _start(self, before: View, after: View) -> int:
        """Return where a sentence begins, with its marks: at the word after the one before."""
        start = before.runs[-1].at + before.runs[-1].length
        end = after.runs[0].at
        while start < end and not self._text[start].isspace():
            start += 1
        return trimmed(self._text, Span(start, end)).start if start < end else end

    def _unit(self, part: AdocPart, span: Span, view: View) -> Unit:
        return Unit(
            kind=part.kind, span=span, view=view, group=part.group, numbered=part.numbered,
            nested=part.nested, indent=part.indent,
        )  # fmt: skip


class _Together:
    """Numbers the runs of lines that have only white space and marks of quotes between them."""

    def __init__(self, text: str) -> None:
        self._text, self._last, self._run = text, -1, 0

    def __call__(self, one: tuple[int, Span]) -> int:
        _, line = one
        if self._last >= 0 and self._text[self._last : line.start].strip():
            self._run += 1
        self._last = line.end
        return self._run
