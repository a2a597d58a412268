"""What a person sees of a text: a view, whose characters point to those of the text. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from citespan.index.types import Span


class ViewRun(NamedTuple):
    """Characters of a view, from `view` on, that show those of the text, from `at` on."""

    view: int
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class View:
    """A text as people see it, without marks. What a view adds to a text has no run.

    text: what is seen.
    runs: the characters that show those of the text, ascending in the view; those of a cell of
        several lines stand before those of the next cell.
    """

    text: str
    runs: tuple[ViewRun, ...]

    @classmethod
    def same(cls, text: str, span: Span) -> "View":
        """Return the view of a span as it is written."""
        return cls(span.of(text), (ViewRun(0, span.start, len(span)),))

    def origin(self, inside: Span) -> Span | None:
        """Return the characters of the text from the first to the last that a part shows.

        Returns:
            None if the part shows none: the view added all of it.
        """
        first = max(bisect_right(self.runs, inside.start, key=lambda run: run.view) - 1, 0)
        start = end = None
        for number in range(first, len(self.runs)):
            run = self.runs[number]
            if run.view >= inside.end:
                break
            low, high = max(run.view, inside.start), min(run.view + run.length, inside.end)
            if low < high:
                at = run.at - run.view
                start = low + at if start is None else min(start, low + at)
                end = high + at if end is None else max(end, high + at)
        return None if start is None or end is None else Span(start, end)

    def part(self, inside: Span) -> "View":
        """Return the view of some of the characters."""
        runs: list[ViewRun] = []
        first = max(bisect_right(self.runs, inside.start, key=lambda run: run.view) - 1, 0)
        for at in range(first, len(self.runs)):
            run = self.runs[at]
            if run.view >= inside.end:
                break
            low, high = max(run.view, inside.start), min(run.view + run.length, inside.end)
            if low < high:
                runs.append(ViewRun(low - inside.start, run.at + low - run.view, high - low))
        return View(inside.of(self.text), tuple(runs))


class ViewBuilder:
    """A view that is being put together, piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._runs: list[ViewRun] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, words: str) -> None:
        """Add characters that the text does not have."""
        self._pieces.append(words)
        self._length += len(words)

    def show(self, text: str, start: int, end: int, base: int = 0) -> None:
        """Add `text[start:end]`, which stands at `base + start` of the whole text."""
        if start < end:
            self._runs.append(ViewRun(self._length, base + start, end - start))
            self.add(text[start:end])

    def append(self, view: View) -> None:
        """Add a whole view."""
        self._runs += [ViewRun(self._length + run.view, run.at, run.length) for run in view.runs]
        self.add(view.text)

    def done(self) -> View:
        """Return the view."""
        return View("".join(self._pieces), tuple(self._runs))


def joined(views: Iterable[View], between: str) -> View:
    """Return several views as one, with the same characters between any two of them."""
    whole = ViewBuilder()
    for view in views:
        if len(whole):
            whole.add(between)
        whole.append(view)
    return whole.done()
