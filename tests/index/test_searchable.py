"""Both sides of a search at once: the same as one after the other, whatever happens meanwhile."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from faults import Words, scratch_folder, text_of
from numpy.typing import NDArray

from citespan.index import Corpus, Draft, Passage, parse_filter
from citespan.index.catalogue.filters import Filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.corpus.opening import Parts
from citespan.index.corpus.searcher import Searcher
from citespan.index.errors import StoreUnavailable
from citespan.index.runtime.processor import Cores
from citespan.index.search.lexical import LexicalIndex
from citespan.index.search.local import LocalSearchIndex
from citespan.index.search.vectors.protocol import IndexKind
from citespan.index.types import Chunk, Scored, Side

_DOCUMENTS = 120
_TOKENS = 12
_FILTERS = [{}, {"third": 1}, {"number": {"$lt": 5}}, {"number": -1}]
_QUERIES = ["tale7 fact1", "the common number", "told here as number 2", "tale99", "nowhere", "%"]


class Spied:
    """Which threads look for words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[threading.Thread] = []
        search = LexicalIndex.search

        def spied(
            index: LexicalIndex, query: str, k: int, among: NDArray[np.int64] | None = None
        ) -> list[Scored]:
            self.threads.append(threading.current_thread())
            return search(index, query, k, among)

        monkeypatch.setattr(LexicalIndex, "search", spied)
        self._set = monkeypatch.setattr

    def split(self, *, always: bool) -> None:
        """From now on split every search, or none."""
        self._set("citespan.index.corpus.searcher._MANY", 0 if always else 10**9)
        self._set("citespan.index.corpus.searcher.cores", lambda: Cores(2))
        self.threads.clear()

    @property
    def elsewhere(self) -> bool:
        """Whether all words were looked for on other threads, which have ended."""
        mine = threading.current_thread()
        return all(one is not mine and not one.is_alive() for one in self.threads)


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> Spied:
    return Spied(monkeypatch)


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


def fill(corpus: Corpus) -> None:
    drafts = (
        Draft(id=f"d{at}", text=text_of(at), metadata={"third": at % 3, "number": at})
        for at in range(_DOCUMENTS)
    )
    assert len(list(corpus.put_many(drafts))) == _DOCUMENTS


@pytest.mark.parametrize(
    ("exact_most", "kind"), [(10_000, IndexKind.EXACT), (50, IndexKind.APPROXIMATE)]
)
def test_split_searches_find_the_same(
    room: Path, spied: Spied, exact_most: int, kind: IndexKind
) -> None:
    with Corpus.open(room, Words(), chunk_tokens=_TOKENS, exact_most=exact_most) as corpus:
        fill(corpus)
        assert corpus.health.measure_vectors().kind is kind

        def results(sides: Collection[Side]) -> list[list[Passage]]:
            vectors = [None, corpus.embed("common tale1")]
            return [
                corpus.search(query, sides=sides, filters=parse_filter(only), vector=vector)
                for only in _FILTERS
                for query in _QUERIES
                for vector in vectors
            ]

        for sides in (tuple(Side), [Side.DENSE], [Side.LEXICAL]):
            spied.split(always=False)
            expected = results(sides)
            assert any(expected)
            assert set(spied.threads) <= {threading.current_thread()}
            spied.split(always=True)
            assert results(sides) == expected
            assert spied.elsewhere == (sides != [Side.LEXICAL])


class Meddled(SqliteCatalogue):
    """A catalogue before whose next read of chunks something else happens."""

    meddle: Callable[[], None] | None = None

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        meddle, self.meddle = self.meddle, None
        if meddle:
            meddle()
        return super().chunks(ids)


@pytest.mark.parametrize("only", [{}, {"third": 1}])
def test_what_is_replaced_before_it_is_read_is_looked_for_again_on_one_thread(
    room: Path, spied: Spied, only: dict[str, int]
) -> None:
    with Corpus.open(room, Words(), chunk_tokens=_TOKENS) as writer:
        fill(writer)
        settings = {"embedder": Words.name, "chunk_tokens": str(_TOKENS)}
        catalogue = Meddled(room / "catalog.db", settings, read_only=True)

        def index_of(seen: Catalogue, dim: int) -> LocalSearchIndex:
            return LocalSearchIndex(room / "build-1", seen, dim, read_only=True)

        live = Searcher(catalogue, index_of(catalogue, Words.dim), Words(), _TOKENS)

        def live_one(_: Catalogue) -> Searcher:
            return live

        spied.split(always=True)
        with Corpus(Parts(live, live_one, index_of)) as corpus:
            new = Draft(id="d7", text="All of tale7 is new.", metadata={"third": 1})

            def replaced() -> None:
                writer.put(new)

            catalogue.meddle = replaced
            passages = corpus.search("tale7", filters=parse_filter(only))
        first, second = spied.threads
        assert first is not threading.current_thread() is second
        assert passages[0].text == new.text


@pytest.mark.parametrize("always", [True, False])
@pytest.mark.parametrize("side", ["dense", "lexical"])
def test_what_a_side_raises_arrives_as_it_is(
    room: Path, spied: Spied, monkeypatch: pytest.MonkeyPatch, side: str, *, always: bool
) -> None:
    fault = StoreUnavailable("the disk is gone")

    def failing(*_: object) -> list[Scored]:
        raise fault

    with Corpus.open(room, Words(), chunk_tokens=_TOKENS) as corpus:
        fill(corpus)
        spied.split(always=always)
        monkeypatch.setattr(LocalSearchIndex, side, failing)
        with pytest.raises(StoreUnavailable) as raised:
            corpus.search("tale7")
        assert raised.value is fault
        assert spied.elsewhere


@pytest.mark.parametrize("always", [True, False])
def test_a_filter_is_matched_once_for_both_sides(
    room: Path, spied: Spied, monkeypatch: pytest.MonkeyPatch, *, always: bool
) -> None:
    matched: list[Filter] = []
    matching = SqliteCatalogue.matching

    def counted(catalogue: SqliteCatalogue, filters: Filter) -> NDArray[np.int64]:
        matched.append(filters)
        return matching(catalogue, filters)

    monkeypatch.setattr(SqliteCatalogue, "matching", counted)
    with Corpus.open(room, Words(), chunk_tokens=_TOKENS) as corpus:
        fill(corpus)
        spied.split(always=always)
        only = [parse_filter({"number": at}) for at in range(40)]
        for one in only:
            corpus.search("tale7", filters=one)
    assert matched == only
