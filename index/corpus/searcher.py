"""Search over the documents of a catalogue through one build."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from citespan.index.catalogue import Filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.contexts import TITLE_TOKENS
from citespan.index.corpus.making import ChunkMaker, OnChunks, chunked
from citespan.index.corpus.passages import passages_of
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import StoreMismatch
from citespan.index.layout import Layout
from citespan.index.runtime import cores
from citespan.index.search import reciprocal_rank_fusion
from citespan.index.search.protocol import SearchIndex
from citespan.index.types import Chunk, Context, Document, Passage, Scored, Side, Vectors

# With as many chunks, both sides are searched concurrently if a core is free. That took .97 of the
# time at 50,000, .84 at 100,000 and .67 at a million, and some 5 % more processor time.
_MANY = 80_000
# The rules that cut documents into chunks. Chunks cut by earlier rules are searched until the next
# reindex. Rules "1" had no limit in characters, rules "2" knew no headings, rules "3" embedded
# Markdown with its marks and cut rows, rules "4" reStructuredText with its marks, and rules "5"
# AsciiDoc with its marks, and words of other languages than English only as they are written.
CUTTING = "6"
FIRST_CUTTING = "1"  # a build's settings do not record it


def build_settings(embedder: Embedder, chunk_tokens: int, cutting: str = CUTTING) -> dict[str, str]:
    """Return the settings that chunks and vectors depend on.

    Raises:
        StoreMismatch: the chunks would not fit the embedder.
    """
    room = embedder.max_tokens - TITLE_TOKENS - 1
    if not 1 <= chunk_tokens <= room:
        raise StoreMismatch(
            f"chunks of {chunk_tokens} tokens do not fit; this embedder takes 1 to {room}"
        )
    settings = {"embedder": embedder.name, "chunk_tokens": str(chunk_tokens)}
    return settings if cutting == FIRST_CUTTING else settings | {"cutting": cutting}


@dataclass(frozen=True, slots=True)
class Searcher:
    """A read-only view of a corpus through one build, its search index and their embedder.

    `maker` makes chunks elsewhere; by default this process makes them.
    """

    catalogue: Catalogue
    index: SearchIndex
    embedder: Embedder
    chunk_tokens: int
    maker: ChunkMaker | None = None

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        candidates: int = 50,
        vector: Vectors | None = None,
        sides: Collection[Side] = tuple(Side),
        filters: Filter | None = None,
        context: Context | None = None,
    ) -> list[Passage]:
        """Return the best passages, as `Corpus.search`."""

        def found(*, split: bool) -> tuple[list[Passage], bool]:
            dense, lexical = self._ranked(query, vector, candidates, sides, filters, split=split)
            rankings, weights = [dense, lexical], [1.0, 1.0]
            if context:
                second = context.query
                rankings += self._ranked(second, None, candidates, sides, filters, split=split)
                weights += [context.weight] * 2
            fused = reciprocal_rank_fusion(rankings, weights=weights)[:k]
            passages = passages_of(
                self.catalogue, fused, dense, lexical, chunk_tokens=self.chunk_tokens
            )
            return passages, len(passages) == len(fused)

        many = len(sides) > 1 and self.index.facts().vectors >= _MANY
        passages, whole = found(split=many)
        if not whole:  # some chunks were replaced before they were read: search again
            with self.index.steady():  # a second thread would wait for this one
                passages, _ = found(split=False)
        return passages

    def embed(self, query: str) -> Vectors:
        """Return the vector of a query, as `Corpus.embed`."""
        return self.embedder.embed_query(query)

    def get(self, document_id: str, revision: int | None = None) -> Document:
        """Return a document, as `Corpus.get`."""
        return self.catalogue.document(document_id, revision)

    def counts(self) -> tuple[int, int]:
        """Return how many documents and chunks there are."""
        return self.catalogue.counts()

    @property
    def generation(self) -> int:
        """A number that grows with every change of the documents."""
        return self.catalogue.generation

    def _ranked(
        self,
        query: str,
        vector: Vectors | None,
        candidates: int,
        sides: Collection[Side],
        filters: Filter | None,
        *,
        split: bool,
    ) -> tuple[list[Scored], list[Scored]]:
        """Return the hits by meaning and by words, best first; empty for a side not in `sides`."""

        def by_meaning() -> list[Scored]:
            if Side.DENSE not in sides:
                return []
            of_query = self.embed(query) if vector is None else vector
            return self.index.dense(of_query, candidates, filters)

        def by_words() -> list[Scored]:
            return self.index.lexical(query, candidates, filters) if Side.LEXICAL in sides else []

        return cores().both(by_meaning, by_words, worth_it=split)

    def chunked(
        self,
        document: Document,
        on_chunks: OnChunks,
        layout: Layout | None = None,
        maker: ChunkMaker | None = None,
    ) -> tuple[Sequence[Chunk], Vectors]:
        """Return the chunks of a document, and their (n, dim) vectors, as `making.chunked`.

        With `maker`, this one makes them in place of the searcher's own.
        """
        own = maker or self.maker
        make = own.chunked if own else chunked
        return make(self.embedder, self.chunk_tokens, document, on_chunks, layout)
