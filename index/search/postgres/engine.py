"""Search by meaning with pgvector, and by words with PostgreSQL's full text."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.postgres import PostgresCatalogue, ServerDatabase
from citespan.index.search.bm25 import Totals, Weight, norms, weights
from citespan.index.search.postgres.tables import SearchTables, quoted, written
from citespan.index.search.vectors.protocol import Facts, IndexKind
from citespan.index.types import Scored, Vectors

_PROBES = 60  # lists that are looked through; as many more as it takes to find enough
_SAMPLE = 20  # vectors that are searched for to measure the recall
_FEW = 2_000  # chunks whose words are counted at first
_MORE = 8  # times as many, if the best of them may not be the best of all
_MOST = 20_000  # chunks that are looked at for the more common words of a query
_WORDS = 32  # of a query that count: the weightiest

# The sum keeps the index out, however the statement is planned or prepared.
_EXACT = (
    "SELECT id, -(vector {distance} ?::{vector}) FROM {{name}} {among}"
    " ORDER BY 0 + (vector {distance} ?::{vector}), id LIMIT ?"
)
_LISTED = (
    "SELECT id, -(vector {distance} ?::{vector}) FROM {{name}} {among}"
    " ORDER BY vector {distance} ?::{vector} LIMIT ?"
)
_WIDELY = (
    "SELECT set_config('ivfflat.probes', ?, true),"
    " set_config('ivfflat.iterative_scan', 'relaxed_order', true)"
)
_AMONG = "WHERE id = ANY (?::bigint[])"
_COUNTS = (
    "SELECT word, in_texts, in_titles, chunks, text_words, title_words"
    " FROM {name}_words, {name}_level"
    " WHERE word = ANY (?::text[]) AND (in_texts > 0 OR in_titles > 0)"
)
# How often a word is in a text, and in text and title. PostgreSQL ranks a word with n places of
# weight 1 by the sum of 1 / j² for j to n, over π² / 6 (calc_rank_or in its tsrank.c). What is
# missing to 1 is about 6 / π² / (n + 1/2), so that n is found exactly up to the 255 that it keeps.
# To unnest all words of a chunk takes several times as long.
_TIMES = "round(0.6079271018540267 / (1 - ts_rank('{places}', words, ?::tsquery)) - 0.5)"
_IN_TEXT, _IN_BOTH = _TIMES.format(places="{{1,0,0,0}}"), _TIMES.format(places="{{1,1,1,1}}")
_TEXT_TERM = f"?::float8 * (1 - text_norm / ({_IN_TEXT} + text_norm))"
_TITLE_TERM = (
    "CASE WHEN words @@ ?::tsquery THEN"
    f" ?::float8 * (1 - title_norm / ({_IN_BOTH} - {_IN_TEXT} + title_norm)) ELSE 0 END"
)
# Scores are rounded, so that sums in another order are the same.
_SCORED = """
SELECT id, ({terms})::real AS score FROM (
    SELECT id, words, ? + ? * text_norm AS text_norm, ? + ? * title_norm AS title_norm
    FROM {{name}} WHERE words @@ ?::tsquery {among} OFFSET 0) held
ORDER BY score DESC, id LIMIT ?
"""


class PostgresEngine(SearchTables):
    """The chunks of one build in the catalogue's database, as an `Engine`.

    With up to `exact_most` chunks, or of up to as many, the nearest are found exactly, and beyond
    in those lists of them whose means are nearest.

    Args:
        catalogue: what the chunks are of.
        dim: length of the vectors.
        exact_most: with more chunks than this, the nearest vectors are found approximately.
        read_only: change nothing.
    """

    def __init__(
        self, catalogue: PostgresCatalogue, dim: int, *, exact_most: int, read_only: bool
    ) -> None:
        super().__init__(
            catalogue.server, catalogue.build.id, dim, exact_most=exact_most, read_only=read_only
        )
        self._server: ServerDatabase = catalogue.server
        self._recall = 0.0  # at 10, at the last measurement
        self._types = {"distance": self.extension.distance, "vector": self.extension.type_of(dim)}

    def nearest(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        few = among is not None and len(among) <= self._exact_most
        if few or self.chunks <= self._exact_most:
            return self._near(_EXACT, query, k, among)
        with self._server.snapshot():  # the settings are those of its transaction
            self._server.rows(_WIDELY, (str(_PROBES),))
            found = self._near(_LISTED, query, k, among)
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
        asked = dict(islice(weights(counts, totals).items(), _WORDS))
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
            kind=IndexKind.EXACT if exact else IndexKind.LISTS,
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

    def fault(self) -> str | None:
        return None

    def _near(
        self, statement: str, query: Vectors, k: int, among: NDArray[np.int64] | None
    ) -> list[Scored]:
        restriction, ids = _restricted(among, _AMONG)
        vector = written(query)
        rows = self.rows(
            statement.format(among=restriction, **self._types), (vector, *ids, vector, k)
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
        restriction, ids = _restricted(among, "AND id = ANY (?::bigint[])")
        terms, given = _terms(asked)
        text, title = norms(totals)
        values = (*given, *text, *title, " | ".join(map(quoted, sought)), *ids, k)
        return _hits(self.rows(_SCORED.format(terms=terms, among=restriction), values))


def _terms(asked: Mapping[str, Weight]) -> tuple[str, list[object]]:
    """Return the sum of what each word adds to the score of a chunk, and its values."""
    terms: list[str] = []
    values: list[object] = []
    for word, weight in asked.items():
        name = quoted(word)
        if weight.text:
            terms.append(_TEXT_TERM)
            values += weight.text, name
        if weight.title:
            terms.append(_TITLE_TERM)
            values += f"{name}:A", weight.title, name, name
    return " + ".join(terms), values


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
