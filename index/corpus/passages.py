"""Chunks of a document, as the writer embeds and stores them and searches return them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.contexts import titled
from citespan.index.layout import Outline
from citespan.index.text.chunking import CHARACTERS_A_TOKEN, chunk_id
from citespan.index.text.cuts import clipped
from citespan.index.types import Chunk, Document, Passage, Scored, Scores, Span


def chunk_of(document: Document, span: Span, tokens: int, context: str = "") -> Chunk:
    """Return the chunk of a document at a span; `context` as for `Chunk`."""
    return Chunk(
        id=chunk_id(document.id, document.title, document.sha256, span, context),
        document_id=document.id,
        revision=document.revision,
        span=span,
        tokens=tokens,
        context=context,
    )


def embedded_texts(
    document: Document,
    outline: Outline,
    chunks: Iterable[Chunk],
    count_tokens: Callable[[str], int],
    room: int,
) -> list[str]:
    """Return the text to embed for each chunk: title and context, then the chunk as people see it.

    Args:
        document: the document of the chunks.
        outline: the outline of the document.
        chunks: the chunks, in order.
        count_tokens: the embedder's token count of a text.
        room: the most tokens of title and context together.
    """
    lead, context = titled(document.title, "", count_tokens, room), ""
    texts: list[str] = []
    for chunk in chunks:
        if chunk.context != context:
            lead, context = titled(document.title, chunk.context, count_tokens, room), chunk.context
        texts.append(lead + outline.seen(chunk.span))
    return texts


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
