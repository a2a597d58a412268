"""Search by meaning with pgvector, and by words with PostgreSQL's full text."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.postgres import PostgresCatalogue, ServerDatabase
from citespan.index.search.bm25 import Totals, Weight, norms, weights
from citespan.index.search.postgres.tables import SearchTables, quoted, written
from citespan.index.search.vectors.protocol import Facts, IndexKind
from citespan.index.types import Scored, Vectors

_BREADTH = 800  # candidates that the graph is walked with, at least
_MOST_BREADTH = 1000  # that pgvector allows
_SAMPLE = 20  # vectors that are searched for to measure the recall
_FEW = 2_000  # chunks whose words are counted at first: 33 µs each
_MORE = 8  # times as many, if the best of them may not be the best of all
_MOST = 20_000  # chunks that are looked at for the more common words of a query

# The sum keeps the index out, however the statement is planned or prepared.
_EXACT = (
    "SELECT id, -(vector {distance} ?::{vector}) FROM {{name}} {among}"
    " ORDER BY 0 + (vector {distance} ?::{vector}), id LIMIT ?"
)
_GRAPH = (
    "SELECT id, -(vector {distance} ?::{vector}) FROM {{name}} {among}"
    " ORDER BY vector {distance} ?::{vector} LIMIT ?"
)
_WIDELY = (
    "SELECT set_config('hnsw.ef_search', ?, true),"
    " set_config('hnsw.iterative_scan', 'relaxed_order', true)"
)
_AMONG = "WHERE id = ANY (?::bigint[])"
_COUNTS = (
    "SELECT word, in_texts, in_titles, chunks, text_words, title_words"
    " FROM {name}_words, {name}_level"
    " WHERE word = ANY (?::text[]) AND (in_texts > 0 OR in_titles > 0)"
)
# Scores are rounded, so that sums in another order are the same.
_SCORED = """
SELECT held.id, sum(
    asked.text * found.texts / (found.texts + ? + ? * held.text_norm)
    + asked.title * found.titles / (found.titles + ? + ? * held.title_norm))::real AS score
FROM {{name}} held CROSS JOIN unnest(held.words) AS word
JOIN unnest(?::text[], ?::float8[], ?::float8[]) AS asked (word, text, title)
    ON asked.word = word.lexeme
CROSS JOIN LATERAL (SELECT
    coalesce(cardinality(array_positions(word.weights, 'D')), 0) AS texts,
    coalesce(cardinality(array_positions(word.weights, 'A')), 0) AS titles) AS found
WHERE held.words @@ ?::tsquery {among}
GROUP BY held.id ORDER BY score DESC, held.id LIMIT ?
"""


class PostgresEngine(SearchTables):
    """The chunks of one build in the catalogue's database, as an `Engine`.

    With up to `exact_most` chunks, or of up to as many, the nearest are found exactly, and beyond
    by an HNSW graph.

    Args:
        catalogue: what the chunks are of.
        dim: length of the vectors.
        exact_most: with more chunks than this, the nearest vectors are found approximately.
        read_only: change nothing.
    """

    def __init__(
        self, catalogue: PostgresCatalogue, dim: int, *, exact_most: int, read_only: bool
    ) -> None:
        super().__init__(catalogue.server, catalogue.build.id, dim, read_only=read_only)
        self._server: ServerDatabase = catalogue.server
        self._exact_most = exact_most
        self._recall = 0.0  # at 10, at the last measurement
        words = {"distance": self.extension.distance, "vector": self.extension.type_of(dim)}
        self._words = words

    def nearest(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        few = among is not None and len(among) <= self._exact_most
        if few or self.chunks <= self._exact_most:
            return self._near(_EXACT, query, k, among)
        breadth = min(max(k, _BREADTH), _MOST_BREADTH)
        with self._server.snapshot():  # the settings are those of its transaction
            self._server.rows(_WIDELY, (str(breadth),))
            found = self._near(_GRAPH, query, k, among)
        if len(found) < min(k, self.chunks if among is None else len(among)):
            return self._near(_EXACT, query, k, among)
        return found

    def worded(
        self, words: Iterable[str], k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        rows = self.rows(_COUNTS, (list(words),))
        if not rows:
            return []
        counts: dict[str, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in rows}
        totals = Totals(*rows[0][3:])
        asked = weights(counts, totals)
        most = _FEW
        while True:
            sought = _rarest(asked, counts, most)
            best = self._scored(asked, sought, totals, k, among)
            rest = sum(weight.most for word, weight in asked.items() if word not in sought)
            # A chunk with none of the words that were sought scores less than the last.
            sure = len(best) == k and best[-1].score > rest
            if sure or len(sought) == len(asked) or most >= _MOST:
                return best
            most = min(most * _MORE, _MOST)

    def facts(self) -> Facts:
        chunks = self.chunks
        exact = chunks <= self._exact_most
        return Facts(
            kind=IndexKind.EXACT if exact else IndexKind.GRAPH,
            vectors=chunks,
            bytes=chunks * (2 * self._dim + 8),
            recall=1.0 if exact else self._recall,
        )

    def measure(self) -> Facts:
        self.level()
        picked = "SELECT vector::text FROM {name} ORDER BY hashint8(id) LIMIT ?"
        shares: list[float] = []
        for (text,) in self.rows(picked, (_SAMPLE,)):
            query = np.fromstring(text[1:-1], dtype=np.float32, sep=",")
            best = {one.chunk_id for one in self._near(_EXACT, query, 10, None)}
            found = {one.chunk_id for one in self.nearest(query, 2 * 10 + 50)}
            shares.append(len(best & found) / len(best))
        self._recall = float(np.mean(shares)) if shares else 1.0
        return replace(self.facts(), recall=self._recall)

    def _near(
        self, statement: str, query: Vectors, k: int, among: NDArray[np.int64] | None
    ) -> list[Scored]:
        restriction, ids = _restricted(among, _AMONG)
        vector = written(query)
        rows = self.rows(
            statement.format(among=restriction, **self._words), (vector, *ids, vector, k)
        )
        return _hits(rows)

    def _scored(
        self,
        asked: Mapping[str, Weight],
        sought: Iterable[str],
        totals: Totals,
        k: int,
        among: NDArray[np.int64] | None,
    ) -> list[Scored]:
        """Return the best of the chunks that have any of the words sought, by all words asked."""
        restriction, ids = _restricted(among, "AND held.id = ANY (?::bigint[])")
        text, title = norms(totals)
        values = (
            *text, *title, list(asked), [one.text for one in asked.values()],
            [one.title for one in asked.values()], " | ".join(map(quoted, sought)), *ids, k,
        )  # fmt: skip
        return _hits(self.rows(_SCORED.format(among=restriction), values))


def _rarest(
    asked: Mapping[str, Weight], counts: Mapping[str, tuple[int, int]], most: int
) -> set[str]:
    """Return the weightiest of the words, at least one, that up to `most` chunks have."""
    sought: set[str] = set()
    chunks = 0
    for word in asked:  # weightiest first
        chunks += sum(counts[word])
        if sought and chunks > most:
            break
        sought.add(word)
    return sought


def _restricted(
    among: NDArray[np.int64] | None, condition: str
) -> tuple[str, tuple[list[int], ...]]:
    """Return the condition that a chunk is among some, and its values; nothing for all chunks."""
    return ("", ()) if among is None else (condition, (cast("list[int]", among.tolist()),))


def _hits(rows: Iterable[Any]) -> list[Scored]:
    return [Scored(chunk_id=row[0], score=float(row[1])) for row in rows]
