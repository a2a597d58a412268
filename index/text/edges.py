"""Where what is seen of a text begins and ends in it, with the marks that belong to it. Pure."""

from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span


def bare(text: str, span: Span, view: View, base: int) -> Span:
    """Return a span without unseen words, such as pictures, and parts of tags at either end.

    Args:
        text: the text that the span is of.
        span: what is cited.
        view: what is seen of it.
        base: the offset of `text` in the whole text.
    """
    first, last = view.runs[0].at - base, view.runs[-1].at + view.runs[-1].length - base
    before = Span(span.start, first).of(text)
    after = Span(last, span.end).of(text)
    cut = next((at for at, one in enumerate(after) if one.isspace()), len(after))
    marks = before.split()[-1] if before.strip() and not before[-1].isspace() else ""
    if ">" in marks and "<" not in marks:  # the end of a tag with attributes
        marks, cut = "", 0 if after.startswith("</") else cut
    return Span(first - len(marks), last + cut)


def word_start(text: str, before: View, view: View, base: int) -> int:
    """Return where the marks before a sentence begin, which are no part of the one before."""
    last = before.runs[-1]
    start, least = view.runs[0].at - base, last.at + last.length - base
    while start > least and not text[start - 1].isspace():
        start -= 1
    return start


def described(term: str, view: View) -> View:
    """Return the view of what describes a term, after the term; the same view without one."""
    if not term:
        return view
    whole = ViewBuilder()
    whole.add(f"{term}: ")
    whole.append(view)
    return whole.done()
