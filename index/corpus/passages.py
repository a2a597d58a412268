"""Chunks of a document, as the writer embeds and stores them and searches return them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.text.chunking import CHARACTERS_A_TOKEN, chunk_id, chunk_spans
from citespan.index.text.cuts import clipped
from citespan.index.types import Chunk, Document, Passage, Scored, Scores, Span

TITLE_TOKENS = 32  # of the title that precedes each chunk when it is embedded


def chunk_of(document: Document, span: Span, tokens: int) -> Chunk:
    """Return the chunk of a document at a span."""
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
    """Return the text to embed for each chunk: the start of the title, then the chunk's text."""
    heading = ""
    if title := document.title:
        heading = chunk_spans(title, TITLE_TOKENS, count_tokens)[0].of(title) + "\n"
    return [heading + span.of(document.text) for span in spans]


def passages_of(
    catalogue: Catalogue,
    fused: Iterable[Scored],
    dense: Iterable[Scored],
    lexical: Iterable[Scored],
    *,
    chunk_tokens: int,
) -> list[Passage]:
    """Return the passages of fused chunks in their order, with the scores of each side.

    If an earlier version made a chunk larger than the limit, its start is the passage.

    Raises:
        DocumentDamaged: a chunk cannot be read; the remaining passages would not be the best.
    """
    ranked = {scored.chunk_id: scored.score for scored in fused}
    by_meaning = {scored.chunk_id: scored.score for scored in dense}
    by_words = {scored.chunk_id: scored.score for scored in lexical}
    documents: dict[str, Document] = {}
    with catalogue.snapshot():
        found = catalogue.chunks(list(ranked))
        for document_id, revision in {(one.document_id, one.revision) for one in found.values()}:
            documents[document_id] = catalogue.document(document_id, revision)
    most = CHARACTERS_A_TOKEN * chunk_tokens
    passages: list[Passage] = []
    for key, score in ranked.items():
        if key not in found:  # deleted concurrently: not returned
            continue
        document = documents[found[key].document_id]
        chunk = replace(found[key], span=clipped(document.text, found[key].span, most))
        scores = Scores(dense=by_meaning.get(key), lexical=by_words.get(key), fused=score)
        text = chunk.span.of(document.text)
        passages.append(Passage(chunk=chunk, title=document.title, text=text, scores=scores))
    return passages
