"""The façade: store, search and maintain documents."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.corpus.audience import RESTRICTED, Audience
    from citespan.index.corpus.contents import builds_in, open_catalogue, summary
    from citespan.index.corpus.corpus import Corpus
    from citespan.index.corpus.health import Health
    from citespan.index.corpus.making import ChunkMaker, OnChunks, chunked, quiet
    from citespan.index.corpus.passages import chunk_of
    from citespan.index.corpus.places import Places
    from citespan.index.corpus.searcher import CUTTING, FIRST_CUTTING, Searcher, build_settings
    from citespan.index.corpus.view import CorpusView

__all__ = (
    "Audience",
    "CUTTING",
    "ChunkMaker",
    "Corpus",
    "CorpusView",
    "FIRST_CUTTING",
    "Health",
    "OnChunks",
    "Places",
    "RESTRICTED",
    "Searcher",
    "build_settings",
    "builds_in",
    "chunk_of",
    "chunked",
    "open_catalogue",
    "quiet",
    "summary",
)

__getattr__ = names_of(
    __name__,
    {
        "Audience": "citespan.index.corpus.audience",
        "CUTTING": "citespan.index.corpus.searcher",
        "ChunkMaker": "citespan.index.corpus.making",
        "Corpus": "citespan.index.corpus.corpus",
        "FIRST_CUTTING": "citespan.index.corpus.searcher",
        "Health": "citespan.index.corpus.health",
        "OnChunks": "citespan.index.corpus.making",
        "Places": "citespan.index.corpus.places",
        "RESTRICTED": "citespan.index.corpus.audience",
        "Searcher": "citespan.index.corpus.searcher",
        "CorpusView": "citespan.index.corpus.view",
        "builds_in": "citespan.index.corpus.contents",
        "build_settings": "citespan.index.corpus.searcher",
        "chunk_of": "citespan.index.corpus.passages",
        "chunked": "citespan.index.corpus.making",
        "open_catalogue": "citespan.index.corpus.contents",
        "quiet": "citespan.index.corpus.making",
        "summary": "citespan.index.corpus.contents",
    },
)
