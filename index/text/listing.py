"""Fenced code in parts, each as a person sees it. Pure."""

import re
from collections.abc import Iterator, Sequence

from citespan.index.text.grid import trimmed
from citespan.index.text.unread import FENCE
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_COMMENT = re.compile(r"\s*(?:#|//|--(?![\w-])|;|/\*)")


def code_parts(text: str, lines: Sequence[Span]) -> Iterator[list[Span]]:
    """Yield the lines of code in parts: comments with what stands below them."""
    part: list[Span] = []
    after = False  # whether code stands below the comments
    for line in lines:
        words = line.of(text)
        comment = bool(_COMMENT.match(words))
        fence = FENCE.match(words)
        if part and (not words.strip() or fence or (comment and after)):
            yield part
            part = []
        if words.strip() and not fence:
            after = not comment
            part.append(line)
    if part:
        yield part


def code_view(text: str, lines: Sequence[Span], base: int) -> View:
    """Return lines of code as one, each as far to the right of the others as it stands.

    Args:
        text: the text that the lines are of.
        lines: none of them is blank.
        base: the offset of `text` in the whole text.
    """
    bare = [trimmed(text, line) for line in lines]
    indents = [one.start - line.start for one, line in zip(bare, lines, strict=True)]
    views = ViewBuilder()
    for one, indent in zip(bare, indents, strict=True):
        start = one.start
        if len(views):
            views.add("\n")
            start -= indent - min(indents)
        views.show(text, start, one.end, base)
    return views.done()
