"""The engines that search: each against the contracts, and what is its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from contracts import DenseContract, LexicalContract, chunks_of, pairs
from faults import Known, Words, assert_finds, text_of
from numpy.typing import NDArray
from postgres_server import PostgresServer
from search_contract import DIM, IndexOf, SearchContract, Shelf, assert_right, unit
from shared_contract import SharedContract

from citespan.index import Corpus, Draft, Span, parse_filter
from citespan.index.catalogue.postgres import PostgresCatalogue
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.errors import SearchBehind, StoreMismatch, StoreUnavailable
from citespan.index.search import EngineKind, LocalSearchIndex, SearchServer, served_index
from citespan.index.search.bm25 import rounded_length, words_of
from citespan.index.search.engine import Row
from citespan.index.search.postgres import PostgresEngine
from citespan.index.search.protocol import SearchIndex
from citespan.index.search.vectors import ranked_exactly
from citespan.index.search.vectors.protocol import IndexKind
from citespan.index.types import Scored, Vectors

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}
_POSTGRES = SearchServer(kind=EngineKind.POSTGRES)


@pytest.fixture
def stored_there(place: CatalogueServer) -> Iterator[PostgresCatalogue]:
    with closing(PostgresCatalogue(place, _SETTINGS)) as opened:
        yield opened


@pytest.fixture
def tamper(
    server: PostgresServer, place: CatalogueServer, stored_there: PostgresCatalogue
) -> Callable[[str], object]:
    """Changes the tables of the catalogue behind its back."""
    asked = "SELECT number FROM citespan.catalogues WHERE name = %s"
    number = server.run(asked, place.url, (place.name,))[0][0]
    url = f"{place.url}&options=-csearch_path%3Dcitespan_{number},citespan"
    return lambda statement: server.run(statement, url)


def index_there(
    catalogue: Catalogue, *, exact_most: int = 1000, read_only: bool = False
) -> SearchIndex:
    return served_index(_POSTGRES, catalogue, DIM, exact_most=exact_most, read_only=read_only)


class TestLocal(SearchContract):
    examples = 5
    exact_scores = False  # it counts deleted chunks until it merges their files

    @pytest.fixture
    def catalogue(self, tmp_path: Path) -> Iterator[SqliteCatalogue]:
        with closing(SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS)) as opened:
            yield opened

    @pytest.fixture
    def index_of(self, tmp_path: Path) -> IndexOf:
        return lambda seen: LocalSearchIndex(tmp_path / f"build-{seen.build.id}", seen, DIM)


class TestLocalOverPostgres(TestLocal):
    @pytest.fixture
    def catalogue(self, stored_there: PostgresCatalogue) -> PostgresCatalogue:
        return stored_there


class TestPostgres(SearchContract):
    @pytest.fixture
    def catalogue(self, stored_there: PostgresCatalogue) -> PostgresCatalogue:
        return stored_there

    @pytest.fixture
    def index_of(self) -> IndexOf:
        return index_there


class TestPostgresOfSeveral(SharedContract):
    @pytest.fixture
    def opened_in(self) -> Callable[[Path, CatalogueServer], Corpus]:
        return opened


def opened(folder: Path, place: CatalogueServer, *, read_only: bool = False) -> Corpus:
    return Corpus.open(
        folder, Words(), chunk_tokens=12, server=place, search=_POSTGRES, read_only=read_only
    )


class Nearest:
    """The vectors of an engine, with those that it is given as the stored ones."""

    fits = True

    def __init__(self, engine: PostgresEngine, dim: int) -> None:
        self._engine = engine
        self._stored: dict[int, Vectors] = {}
        self._dim = dim

    def __len__(self) -> int:
        return len(self._stored)

    def ids(self) -> set[int]:
        return self._engine.ids()

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        self._stored |= dict(zip(ids, vectors, strict=True))
        rows = [Row(at, [], [], vector) for at, vector in zip(ids, vectors, strict=True)]
        self._engine.add(rows)
        self._engine.level()

    def remove(self, ids: Sequence[int]) -> None:
        for at in ids:
            self._stored.pop(at, None)
        self._engine.remove(ids)

    def search(
        self, query: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]:
        found = self._engine.nearest(query, 2 * k + 50, among)
        return ranked_exactly({one.chunk_id: one.score for one in found}, query, k, self._of)

    def facts(self) -> Any:
        return self._engine.facts()

    def _of(self, ids: Sequence[int]) -> tuple[Sequence[int], Vectors]:
        kept = [at for at in ids if at in self._stored]
        empty = np.empty((0, self._dim), dtype=np.float32)
        return kept, np.stack([self._stored[at] for at in kept]) if kept else empty


class TestPostgresVectors(DenseContract):
    @pytest.fixture
    def make(self, stored_there: PostgresCatalogue) -> Callable[[int], Nearest]:
        def made(dim: int) -> Nearest:
            engine = PostgresEngine(stored_there, dim, exact_most=1000, read_only=False)
            engine.prepare()
            engine.remove(list(engine.ids()))
            return Nearest(engine, dim)

        return made


class WordsAlone:
    """The words of an engine."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    def ids(self) -> set[int]:
        return self._engine.ids()

    def change(self, removed: Sequence[int], added: Sequence[tuple[int, str, str]]) -> None:
        self._engine.remove(removed)
        self._engine.add(
            [Row(at, words_of(title), words_of(text), unit(1)) for at, title, text in added]
        )
        self._engine.level()

    def search(self, query: str, k: int, among: NDArray[np.int64] | None = None) -> list[Scored]:
        return self._engine.worded(dict.fromkeys(words_of(query)), k, among)


class TestPostgresWords(LexicalContract):
    @pytest.fixture
    def make(self, stored_there: PostgresCatalogue) -> Callable[[], WordsAlone]:
        engine = PostgresEngine(stored_there, DIM, exact_most=1000, read_only=False)

        def made() -> WordsAlone:
            engine.prepare()
            engine.remove(list(engine.ids()))
            return WordsAlone(engine)

        return made

    def test_long_texts_score_as_in_the_local_index(self, make: Callable[[], WordsAlone]) -> None:
        from citespan.index.search.lexical import LexicalIndex

        chance = np.random.default_rng(3)
        known = [f"w{at}" for at in range(60)]
        rows = [
            (
                at,
                " ".join(chance.choice(known, at % 5)),
                " ".join(chance.choice(known, 1 + 3 * at)),
            )
            for at in range(120)
        ]
        here, there = LexicalIndex(None), make()
        here.change([], rows)
        there.change([], rows)
        for query in ("w1", "w1 w2 w3", " ".join(known[:32])):
            for k in (3, 20, 200):
                expected, found = pairs(here.search(query, k)), pairs(there.search(query, k))
                assert [at for at, _ in found] == [at for at, _ in expected]
                assert dict(found) == pytest.approx(dict(expected), rel=1e-5)

    def test_each_occurrence_counts_up_to_255(self, make: Callable[[], WordsAlone]) -> None:
        from citespan.index.search.lexical import LexicalIndex

        here, there = LexicalIndex(None), make()
        rows = [(at, "often " * (at % 7), "often " * at + "seldom " * 3) for at in range(250)]
        rows += [(at, "", "seldom") for at in range(250, 900)]
        here.change([], rows)
        there.change([], rows)
        found, expected = there.search("often", 300), here.search("often", 300)
        assert dict(pairs(found)) == pytest.approx(dict(pairs(expected)), rel=3e-6)

    def test_of_a_long_query_the_rarest_words_count(self, make: Callable[[], WordsAlone]) -> None:
        there = make()
        rare = [f"w{at}" for at in range(32)]
        there.change([], [(1, "", " ".join(rare)), *((at, "", "common") for at in range(2, 5))])
        assert [at for at, _ in pairs(there.search(" ".join(("common", *rare)), 9))] == [1]
        assert len(pairs(there.search(" ".join(("common", *rare[1:])), 9))) == 4


def test_lengths_are_rounded_as_lucene_does() -> None:
    table = [0, 1, 23, 24, 39, 40, 41, 42, 54, 56, 57, 60, 84, 88, 95, 96, 168, 2013265944]
    rounded = [0, 1, 23, 24, 39, 40, 40, 42, 54, 56, 56, 60, 84, 88, 88, 96, 168, 2013265944]
    assert [rounded_length(one) for one in table] == rounded


def made_for(catalogue: PostgresCatalogue) -> list[int]:
    """The numbers of lists that the vectors are in, of each index of them."""
    rows = catalogue.server.rows(
        "SELECT reloptions::text FROM pg_class WHERE relname LIKE 'search\\_1\\_lists%'"
        " AND relnamespace = current_schema()::regnamespace"
    )
    return [int(options[0].strip("{}").removeprefix("lists=")) for options in rows]


def filled(catalogue: PostgresCatalogue, count: int) -> PostgresEngine:
    engine = PostgresEngine(catalogue, DIM, exact_most=50, read_only=False)
    engine.prepare()
    engine.remove(list(engine.ids()))
    engine.add([Row(at, [], [], unit(at)) for at in range(count)])
    engine.level()
    return engine


class TestLists:
    """Where there are too many vectors to compare each."""

    def test_it_finds_nearly_all_that_is_nearest(self, stored_there: PostgresCatalogue) -> None:
        engine = PostgresEngine(stored_there, 64, exact_most=50, read_only=False)
        engine.prepare()
        chance = np.random.default_rng(1)
        vectors = chance.normal(size=(600, 64)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        engine.add([Row(at, [], [], vector) for at, vector in enumerate(vectors)])
        engine.reach(0)
        assert engine.level() == 0
        engine.settle()
        facts = engine.measure()
        assert (facts.kind, facts.vectors) == (IndexKind.LISTS, 600)
        assert facts.recall >= 0.98
        for among in (np.arange(0, 600, 3), np.arange(0, 600, 20), np.arange(590, 2000)):
            for query in vectors[:5]:
                scores = np.where(np.isin(np.arange(600), among), vectors @ query, -2)
                best = np.argsort(-scores)[: min(10, (scores > -2).sum())]
                found = [one.chunk_id for one in engine.nearest(query, 70, among)]
                assert set(found) <= set(among.tolist())
                assert len(set(best.tolist()) & set(found)) >= len(best) - 1

    def test_they_are_made_again_for_four_times_as_many(
        self, stored_there: PostgresCatalogue
    ) -> None:
        engine = filled(stored_there, 50)
        made: list[list[int]] = []
        for count in (50, 100, 300, 500):
            engine.add([Row(at, [], [], unit(at)) for at in range(count)])
            engine.level()
            engine.settle()
            made.append(made_for(stored_there))
        assert made == [[], [20], [20], [45]]

    def test_searches_do_not_wait_for_who_reads_the_tables_for_long(
        self, stored_there: PostgresCatalogue, url: str
    ) -> None:
        """As a dump of the database does: the lists of before are dropped after it."""
        engine = filled(stored_there, 100)
        engine.settle()
        engine.add([Row(at, [], [], unit(at)) for at in range(500)])
        engine.level()
        ((schema,),) = stored_there.server.rows("SELECT current_schema()")
        with psycopg.connect(url) as dump:
            dump.execute(f"LOCK TABLE {schema}.search_1 IN ACCESS SHARE MODE".encode())
            engine.settle()
            assert sorted(made_for(stored_there)) == [20, 45]
            assert engine.nearest(unit(7), 1)[0].chunk_id == 7
        engine.settle()
        assert made_for(stored_there) == [45]

    def test_searches_need_none(
        self, stored_there: PostgresCatalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = filled(stored_there, 100)
        monkeypatch.setattr(PostgresEngine, "_memory_kb", -1)  # which PostgreSQL refuses
        engine.settle()
        assert made_for(stored_there) == []
        assert engine.nearest(unit(7), 1)[0].chunk_id == 7


class TestDrift:
    """What was changed behind the engine's back is found and repaired."""

    @pytest.mark.parametrize(
        ("tampering", "said"),
        [
            ("DELETE FROM search_1 WHERE id % 2 = 0", "lacks entries of"),
            ("UPDATE search_1 SET words = 'x:1'", "entries that were not as stored"),
            ("UPDATE search_1 SET vector = '[1,0,0,0,0,0,0,0]'", "not as stored"),
            ("UPDATE search_1_words SET in_texts = 9 WHERE word = 'cat'", "counted words wrongly"),
            ("UPDATE search_1_level SET text_words = 1", "counted words wrongly"),
            (
                "INSERT INTO search_1 SELECT 1, vector, words, 1, 0, 1, 0 FROM search_1 LIMIT 1",
                "holds entries of 1 chunks",
            ),
        ],
    )
    def test_it_is_repaired(
        self,
        stored_there: PostgresCatalogue,
        tamper: Callable[[str], object],
        tampering: str,
        said: str,
    ) -> None:
        shelf, index = Shelf(stored_there), index_there(stored_there)
        for at, name in enumerate("abcdef"):
            shelf.put(name, f"cat {name} moss", at % 3)
        index.refresh()
        tamper(tampering)
        found = index.mend()
        assert any(said in one for one in found), found
        assert (index.mend(), index.leftovers()) == ([], [])
        index.refresh()
        assert_right(index, shelf)

    def test_tables_of_another_version_are_made_again(
        self, stored_there: PostgresCatalogue, tamper: Callable[[str], object]
    ) -> None:
        shelf = Shelf(stored_there)
        shelf.put("a", "cat moss")
        index_there(stored_there)
        tamper("UPDATE search_1_level SET version = 0")
        tamper("UPDATE search_1 SET words = 'old:1'")
        assert_right(index_there(stored_there), shelf)

    def test_who_only_reads_waits_for_who_writes(
        self,
        stored_there: PostgresCatalogue,
        place: CatalogueServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("citespan.index.search.served._READER_S", 0.1)
        shelf = Shelf(stored_there)
        shelf.put("a", "cat moss")
        with closing(PostgresCatalogue(place, {}, read_only=True)) as reading:
            with pytest.raises(SearchBehind):
                index_there(reading, read_only=True)
            index = index_there(stored_there)
            reader = index_there(reading, read_only=True)
            assert_right(reader, shelf)
            shelf.put("b", "cat", 1)
            with pytest.raises(SearchBehind):
                reader.refresh()
            index.refresh()
            reader.refresh()
            assert_right(reader, shelf)
            assert (reader.mend(), reader.leftovers()) == ([], [])

    def test_a_dropped_build_leaves_no_tables(
        self, server: PostgresServer, stored_there: PostgresCatalogue, place: CatalogueServer
    ) -> None:
        shelf = Shelf(stored_there)
        shelf.put("a", "cat moss")
        index_there(stored_there)
        asked = "SELECT count(*) FROM pg_tables WHERE schemaname = %s AND tablename LIKE 'search%%'"
        schema = (stored_there.server.rows("SELECT current_schema")[0][0],)
        assert server.run(asked, place.url, schema) == [(3,)]
        other = stored_there.with_build({"embedder": "another"})
        one = other.document("a")
        other.fill(one, chunks_of(one, Span(0, 3)), unit(1).reshape(1, -1))
        index = index_there(other)
        assert server.run(asked, place.url, schema) == [(6,)]
        other.switch()
        other.drop(stored_there.build.id)
        assert server.run(asked, place.url, schema) == [(3,)]
        index.refresh()
        assert len(index.lexical("cat", 9)) == 1


class TestExtension:
    def test_what_is_missing_is_said_with_what_to_do(
        self, server: PostgresServer, tmp_path: Path
    ) -> None:
        bare = server.database()
        place = CatalogueServer(url=bare, name="x")
        with closing(PostgresCatalogue(place, _SETTINGS)) as made:
            with pytest.raises(StoreMismatch, match="run CREATE EXTENSION vector"):
                index_there(made, read_only=True)
            with pytest.raises(StoreMismatch, match="up to 4000 numbers, and these have 5000"):
                PostgresEngine(made, 5000, exact_most=9, read_only=False)
            server.run("CREATE ROLE guest LOGIN")
            for grant in ("citespan", "citespan_1"):
                server.run(f"GRANT USAGE ON SCHEMA {grant} TO guest", bare)
                server.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {grant} TO guest", bare)
            guest = CatalogueServer(url=bare.replace("postgres@", "guest@"), name="x")
            with (
                closing(PostgresCatalogue(guest, _SETTINGS)) as opened_by_guest,
                pytest.raises(StoreMismatch, match="have an administrator run CREATE EXTENSION"),
            ):
                index_there(opened_by_guest)
            index_there(made)
        assert server.run("SELECT extname FROM pg_extension WHERE extname = 'vector'", bare)

    def test_servers_that_start_at_once_install_it_once(self, server: PostgresServer) -> None:
        for _ in range(3):
            place = CatalogueServer(url=server.database(), name="x")
            with ExitStack() as opened, ThreadPoolExecutor(8) as pool:
                made = [
                    opened.enter_context(closing(PostgresCatalogue(place, _SETTINGS)))
                    for _ in range(8)
                ]
                for engine in pool.map(index_there, made):
                    engine.close()
            assert server.run("SELECT 1 FROM pg_extension WHERE extname = 'vector'", place.url)

    def test_it_needs_documents_in_a_database(self, tmp_path: Path) -> None:
        with pytest.raises(StoreMismatch, match=r"set store\.url"):
            Corpus.open(tmp_path, Words(), chunk_tokens=12, search=_POSTGRES)


class TestOutage:
    def test_without_the_server_it_says_so_and_goes_on_once_it_is_back(
        self, tmp_path: Path, server: PostgresServer, place: CatalogueServer
    ) -> None:
        with opened(tmp_path, replace(place, timeout_s=1)) as corpus:
            corpus.put(Draft(id="x", text=text_of(1)))
            server.stop()
            with pytest.raises(StoreUnavailable):
                corpus.search("common")
            server.start()
            corpus.put(Draft(id="y", text=text_of(2)))
            assert_finds(corpus, {"x": text_of(1), "y": text_of(2)})


_WRITER = """
import sys
from pathlib import Path
from faults import Words, text_of
from citespan.index import Corpus, Draft
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.search import EngineKind, SearchServer
place = CatalogueServer(url=sys.argv[2], name=sys.argv[3])
search = SearchServer(kind=EngineKind.POSTGRES)
corpus = Corpus.open(Path(sys.argv[1]), Words(), chunk_tokens=12, server=place, search=search)
for number in range(100):
    corpus.put(Draft(id=f"doc{number % 5}", text=text_of(number)))
    print("done", flush=True)
"""


@pytest.mark.parametrize("point", ["added:2", "removed:2", "level:8"])
def test_of_one_that_is_killed_another_continues(
    tmp_path: Path, place: CatalogueServer, point: str
) -> None:
    with opened(tmp_path / "other", place) as other:
        run = subprocess.run(
            [sys.executable, "-c", _WRITER, tmp_path / "writer", place.url, place.name],
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(sys.path), "CITESPAN_CRASH_AT": f"search.{point}"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert run.returncode == -9, run.stderr
        known = Known()
        for number in range(run.stdout.count("done") + 1):  # the last is stored, but unsaid
            known.put(f"doc{number % 5}", text_of(number))
        assert_finds(other, known.current(), known.old)
        assert (other.health.leftovers(), other.health.compare()) == ([], [])
        with opened(tmp_path / "reader", place, read_only=True) as reader:
            assert_finds(reader, known.current(), known.old)
            assert reader.search("common", filters=parse_filter({"none": 1})) == []
        other.put(Draft(id="next", text=text_of(999)))  # no lock is left behind
        other.delete("next")
