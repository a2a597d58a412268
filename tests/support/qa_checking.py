"""What several test modules use."""

from citespan.index import Document, Passage, Span
from citespan.index.types import Chunk, Scores


def passage(document: Document, span: Span | None = None, number: int = 1) -> Passage:
    span = span or Span(0, len(document.text))
    chunk = Chunk(id=number, document_id=document.id, revision=1, span=span, tokens=1)
    return Passage(chunk=chunk, title=document.title, text=span.of(document.text), scores=Scores())
