"""What precedes a chunk when it is embedded: the title, the headings, the header of its table."""

from collections.abc import Callable, Iterator, Sequence

from citespan.index.layout import SEPARATOR, Outline
from citespan.index.text.chunking import chunk_spans
from citespan.index.types import Span

TITLE_TOKENS = 32  # of a title without context
CONTEXT_TOKENS = 48  # of title and context together, if the embedder has room
_LEAST_TITLE = 12  # tokens that a context leaves to the title
_SAID = 1_000  # characters of a header that are looked at


def contexts_of(
    outline: Outline,
    title: str,
    spans: Sequence[Span],
    count_tokens: Callable[[str], int],
    room: int,
) -> Iterator[str]:
    """Yield the context of each chunk; the innermost heading is kept whole if it fits at all.

    A header that would be cut is left out if the rows themselves name their columns.

    Args:
        outline: the outline of the chunks' document.
        title: the document's title; a heading that only repeats it is left out.
        spans: the chunks, in order.
        count_tokens: the embedder's token count of a text.
        room: the most tokens of title and context together.
    """
    most = room - _LEAST_TITLE
    last: tuple[tuple[str, ...], str, bool] = ((), "", False)
    context = ""
    for span in spans:
        path = outline.path(span.start, above=True)
        path = path[1:] if path and path[0].casefold() == title.casefold() else path
        found = (path, outline.header(span)[:_SAID], outline.names_columns(span))
        if found != last:
            last, context = found, _fitted(*found, count_tokens, most)
        yield context


def titled(title: str, context: str, count_tokens: Callable[[str], int], room: int) -> str:
    """Return the line before the text of a chunk when it is embedded; empty if there is nothing."""
    most = room - count_tokens(context) - 2 if context else TITLE_TOKENS
    start = _start(title, max(most, 1), count_tokens) if title else ""
    lead = SEPARATOR.join(part for part in (start, context) if part)
    return f"{lead}\n" if lead else ""


def _fitted(
    path: tuple[str, ...],
    header: str,
    named: bool,  # noqa: FBT001  (a fact of the rows)
    count_tokens: Callable[[str], int],
    most: int,
) -> str:
    """Return path and header, without outer headings and the end of the header if too long."""
    if named and count_tokens(SEPARATOR.join((*path[-1:], header))) > most:
        header = ""
    while True:
        whole = SEPARATOR.join(part for part in (*path, header) if part)
        if not whole or count_tokens(whole) <= most:
            return whole
        if len(path) > 1:
            path = path[1:]
            continue
        inner = _start(path[0], most, count_tokens) if path else ""
        left = most - count_tokens(inner) - 2
        cut = _start(header, left, count_tokens) if header and left > 0 else ""
        return SEPARATOR.join(part for part in (inner, cut) if part)


def _start(text: str, most: int, count_tokens: Callable[[str], int]) -> str:
    return chunk_spans(text, most, count_tokens)[0].of(text)
