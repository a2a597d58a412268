"""Chunks of a document as they are embedded and stored, and found again as passages."""

from collections.abc import Callable, Iterable

from index.chunking import chunk_spans
from index.hashing import chunk_id
from index.protocols import Catalogue
from index.types import Chunk, Document, Passage, Scored, Scores, Span

TITLE_TOKENS = 32  # of a title that go before each chunk when it is embedded


def chunk_of(document: Document, span: Span, tokens: int) -> Chunk:
    """The chunk of a document that stands at a span."""
    return Chunk(
        id=chunk_id(document.id, document.title, document.sha256, span),
        document_id=document.id,
        revision=document.revision,
        span=span,
        tokens=tokens,
    )


def embedded_texts(
    document: Document, spans: Iterable[Span], count_tokens: Callable[[str], int]
) -> list[str]:
    """What is embedded for each chunk: the beginning of the title, and the chunk's text."""
    heading = ""
    if title := document.title:
        heading = chunk_spans(title, TITLE_TOKENS, count_tokens)[0].of(title) + "\n"
    return [heading + span.of(document.text) for span in spans]


def passages_of(
    catalogue: Catalogue,
    fused: Iterable[Scored],
    dense: Iterable[Scored],
    lexical: Iterable[Scored],
) -> list[Passage]:
    """The passages of fused chunks in their order, with the scores of each side."""
    ranked = {scored.chunk_id: scored.score for scored in fused}
    by_meaning = {scored.chunk_id: scored.score for scored in dense}
    by_words = {scored.chunk_id: scored.score for scored in lexical}
    with catalogue.snapshot():
        found = {row.chunk.id: row for row in catalogue.indexed_texts(ranked)}
    return [
        Passage(
            chunk=found[key].chunk,
            title=found[key].title,
            text=found[key].text,
            scores=Scores(dense=by_meaning.get(key), lexical=by_words.get(key), fused=score),
        )
        for key, score in ranked.items()
        if key in found  # deleted since: not returned
    ]
