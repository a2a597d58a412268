"""Spans of a document, as clients request them."""

from citespan.api.errors.types import SpanOutOfRange
from citespan.index import Document, Span
from citespan.index.errors import InvalidSpan

MAX_OFFSET = 2**53 - 1


def asked_span(document: Document, start: int | None, end: int | None) -> Span:
    """Return the requested span of a document; by default from its beginning to its end.

    Raises:
        SpanOutOfRange: the span is not inside the document.
    """
    end = document.length if end is None else end
    try:
        span = Span(start or 0, end)
        span.of(document.text)
    except InvalidSpan as error:
        raise SpanOutOfRange(
            f"[{start or 0}, {end}) is not inside the text, which has {document.length} characters"
        ) from error
    return span
