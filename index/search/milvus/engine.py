"""Search by meaning and by words in a collection of Milvus for each build."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from heapq import nlargest
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citespan.index.catalogue.postgres import PostgresCatalogue, Reach
from citespan.index.search.bm25 import TITLE_BOOST
from citespan.index.search.engine import Row
from citespan.index.search.milvus.client import (
    LISTS,
    SIDES,
    TIMEOUT_S,
    connected,
    loaded,
    make_collection,
    prefix_of,
    translated,
)
from citespan.index.search.vectors.protocol import Facts, IndexKind
from citespan.index.types import Scored, Vectors

_VERSION = "3"  # of the collections and of what is in them
_LEVEL, _MADE = "citespan.generation", "citespan.version"  # properties of a collection
_PROBES = 128  # lists that are looked through
_MOST = 16_384  # hits that Milvus returns at once
_SPARE = 50  # hits of a side above twice the requested number
_BATCH = 1000
_SAMPLE = 20  # vectors that are searched for to measure the recall


class MilvusEngine:
    """The chunks of one build in a collection of Milvus, as an `Engine`.

    Processes take turns at the PostgreSQL server of the documents. The score of a chunk is that of
    its text and half that of its title, of the chunks with the best texts or titles.

    Args:
        catalogue: what the chunks are of.
        url: the address of Milvus, or the path of a file of Milvus Lite.
        token: `user:password` or a key, if Milvus needs one.
        dim: length of the vectors.
        read_only: change nothing.
    """

    def __init__(
        self, catalogue: PostgresCatalogue, url: str, token: str, dim: int, *, read_only: bool
    ) -> None:
        self._catalogue, self._dim = catalogue, dim
        self._client = connected(url, token)
        self.name = f"{prefix_of(catalogue.identity)}{catalogue.build.id}"
        self._chunks, self._recall = 0, 0.0
        self._reach = Reach(self._usable)
        if not read_only:
            self._drop_others()

    def turn(self, wait_s: float) -> AbstractContextManager[bool]:
        return self._catalogue.server.turn(self.name, wait_s)

    def prepare(self) -> None:
        with translated():
            if self._state() is not None:
                return
            self._client.drop_collection(self.name, timeout=TIMEOUT_S)
            make_collection(self._client, self.name, self._dim, {_LEVEL: "-1", _MADE: self._made})

    def level(self) -> int:
        with translated():
            state = self._state()
        if state is None:
            return -1
        counted = self._read("query", filter="", output_fields=["count(*)"])
        self._chunks = counted[0]["count(*)"]
        return state

    def reach(self, generation: int) -> None:
        with translated():
            self._client.alter_collection_properties(
                self.name, {_LEVEL: str(generation), _MADE: self._made}, timeout=TIMEOUT_S
            )

    def settle(self) -> None:
        """Do nothing: Milvus arranges its segments by itself."""

    def ids(self) -> set[int]:
        return {row["id"] for row in self._all("id")}

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        entries = [_entry(row) for row in rows]
        with translated():
            self._client.upsert(self.name, entries, timeout=TIMEOUT_S)

    def remove(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        with translated():
            self._client.delete(self.name, ids=list(ids), timeout=TIMEOUT_S)

    def differing(self, rows: Sequence[Row]) -> list[int]:
        wanted = {row.chunk_id: _entry(row) for row in rows}
        held = self._read("get", ids=list(wanted), output_fields=["vector", *SIDES])
        return [row["id"] for row in held if not _equal(row, wanted[row["id"]])]

    def recounted(self) -> bool:
        self._drop_others()
        return False  # Milvus counts by itself

    def nearest(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        found = self._search("vector", query.tolist(), k, among, {"nprobe": _PROBES})
        if len(found) < min(k, self._chunks if among is None else len(among)):
            found = self._search("vector", query.tolist(), k, among, {"nprobe": LISTS})
        return [Scored(chunk_id=at, score=score) for at, score in found.items()]

    def worded(
        self, words: Iterable[str], k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        asked = " ".join(words)
        many = min(2 * k + _SPARE, _MOST)
        sides = [self._search(f"{side}_words", asked, many, among) for side in SIDES]
        either = np.array(sorted({at for side in sides for at in side}), dtype=np.int64)
        scores: dict[int, float] = {}
        for name, found, weight in zip(SIDES, sides, (1.0, TITLE_BOOST), strict=True):
            whole = found
            if len(found) == many:  # those that the other side found may have been cut off
                whole = found | self._search(f"{name}_words", asked, len(either), either)
            for at, score in whole.items():
                scores[at] = scores.get(at, 0.0) + weight * score
        best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:k]
        return [Scored(chunk_id=at, score=score) for at, score in best]

    def facts(self) -> Facts:
        size = self._chunks * (4 * self._dim + 8)
        kind = IndexKind.LISTS
        return Facts(kind=kind, vectors=self._chunks, bytes=size, recall=self._recall)

    def measure(self) -> Facts:
        self.level()
        picked = islice(self._all("id", "vector"), _SAMPLE)
        queries = np.array([row["vector"] for row in picked], dtype=np.float32)
        best: list[list[tuple[float, int]]] = [[] for _ in queries]
        rows = self._all("id", "vector")
        while some := list(islice(rows, _BATCH)):  # never all vectors at once
            scores = queries @ np.array([row["vector"] for row in some], dtype=np.float32).T
            for at, line in enumerate(scores.tolist()):
                ids = (row["id"] for row in some)
                best[at] = nlargest(10, [*best[at], *zip(line, ids, strict=True)])
        shares: list[float] = []
        for query, true in zip(queries, best, strict=True):
            found = {one.chunk_id for one in self.nearest(query, 2 * 10 + _SPARE)}
            shares.append(len(found & {chunk_id for _, chunk_id in true}) / len(true))
        self._recall = float(np.mean(shares)) if shares else 1.0
        return replace(self.facts(), recall=self._recall)

    def fault(self) -> str | None:
        return self._reach.fault()

    @property
    def _made(self) -> str:
        return f"{_VERSION}/{self._dim}"

    def _usable(self) -> None:
        """Ask for the collection, which fails without the server."""
        with translated():
            self._client.has_collection(self.name, timeout=TIMEOUT_S)

    def _state(self) -> int | None:
        """Return the generation that was reached last; None if the collection is not usable."""
        if not self._client.has_collection(self.name, timeout=TIMEOUT_S):
            return None
        found = self._client.describe_collection(self.name, timeout=TIMEOUT_S)
        properties: dict[str, str] = dict(found.get("properties") or {})
        if properties.get(_MADE) != self._made:
            return None
        return int(properties.get(_LEVEL, "-1"))

    def _search(
        self,
        field: str,
        sought: Any,
        k: int,
        among: NDArray[np.int64] | None,
        params: dict[str, int] | None = None,
    ) -> dict[int, float]:
        """Return the scores of the best by one field; higher is better."""
        restriction = "" if among is None else f"id in {among.tolist()}"
        found = self._read(
            "search", data=[sought], anns_field=field, limit=min(k, _MOST), filter=restriction,
            search_params={"params": params or {}}, output_fields=["id"],
        )  # fmt: skip
        # Milvus Lite returns scores of words below zero, and also those of texts without any.
        words = field != "vector"
        scores = ((hit["id"], hit["distance"]) for hit in found[0])
        return {at: abs(one) if words else one for at, one in scores if one or not words}

    def _all(self, *fields: str) -> Iterator[dict[str, Any]]:
        with translated():
            if self._state() is None:
                return
        iterator = self._read(
            "query_iterator", filter="", output_fields=list(fields), batch_size=_BATCH
        )
        with translated():
            while rows := iterator.next():
                yield from rows
            iterator.close()

    def _read(self, method: str, **given: Any) -> Any:
        """Return what a method of the client returns for the collection."""
        read = partial(getattr(self._client, method), self.name, timeout=TIMEOUT_S, **given)
        return loaded(self._client, self.name, read)

    def _drop_others(self) -> None:
        """Drop the collections of builds that are no longer there."""
        prefix = prefix_of(self._catalogue.identity)
        with translated():
            found = self._client.list_collections(timeout=TIMEOUT_S)
            # Read after the collections: each of them was made after its build.
            kept = {f"{prefix}{build.id}" for build in self._catalogue.builds()}
            for name in found:
                if name.startswith(prefix) and name not in kept:
                    self._client.drop_collection(name, timeout=TIMEOUT_S)


def _entry(row: Row) -> dict[str, Any]:
    title, text = " ".join(row.title), " ".join(row.text)
    return {"id": row.chunk_id, "vector": row.vector.tolist(), "title": title, "text": text}


def _equal(held: dict[str, Any], wanted: dict[str, Any]) -> bool:
    vectors = np.float32(held["vector"]), np.float32(wanted["vector"])
    return all(held[side] == wanted[side] for side in SIDES) and np.array_equal(*vectors)
