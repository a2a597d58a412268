"""Milvus Lite, which runs the client of Milvus, as an engine of search.

It runs as a server, in a process of its own. What Lite cannot do, and Milvus can: be used by two
processes as a file, and count words across its files, so that scores of words are those of all.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from faults import Known, Words, assert_finds, text_of
from milvus_server import PATIENCE_S, MilvusServer, milvus_server
from postgres_server import PostgresServer
from search_contract import DIM, IndexOf, SearchContract, Shelf, assert_right, unit

from citespan.index import Corpus, Draft
from citespan.index.catalogue.postgres import PostgresCatalogue, identity_on
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.errors import StoreUnavailable
from citespan.index.search import SearchServer, drop_served, served_index

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}


@pytest.fixture(scope="module")
def server_of_milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    with milvus_server(tmp_path_factory.mktemp("milvus")) as started:
        yield started


@pytest.fixture
def milvus(server_of_milvus: MilvusServer) -> SearchServer:
    return server_of_milvus.search


class TestMilvus(SearchContract):
    examples = 4
    exact_scores = False  # Lite counts words by file, and also those of deleted chunks

    @pytest.fixture
    def catalogue(self, place: CatalogueServer) -> Iterator[PostgresCatalogue]:
        with closing(PostgresCatalogue(place, _SETTINGS)) as opened:
            yield opened

    @pytest.fixture
    def index_of(self, milvus: SearchServer) -> IndexOf:
        return lambda seen: served_index(milvus, seen, DIM, exact_most=1000, read_only=False)


class TestMilvusOfSeveral:
    """Two corpora of one process, each with a folder of its own."""

    def test_each_finds_what_the_other_stored_until_the_collection_is_deleted(
        self, tmp_path: Path, place: CatalogueServer, milvus: SearchServer
    ) -> None:
        def opened(name: str) -> Corpus:
            return Corpus.open(
                tmp_path / name, Words(), chunk_tokens=12, server=place, search=milvus
            )

        known = Known()
        with opened("a") as one, opened("b") as two:
            for number in range(3):
                (one, two)[number % 2].put(Draft(id=f"doc{number % 2}", text=text_of(number)))
                known.put(f"doc{number % 2}", text_of(number))
            two.delete("doc1")
            known.delete("doc1")
            list(one.builds.fill(Words(), chunk_tokens=18))
            one.builds.switch()
            for corpus in (two, one):
                assert_finds(corpus, known.current(), known.old)
                assert (corpus.health.compare(), corpus.health.leftovers()) == ([], [])
        from citespan.index.search.milvus.client import connected

        identity = identity_on(place)
        client = connected(milvus.url, "")
        held = [name for name in client.list_collections() if f"_{identity}_" in name]
        assert len(held) == 2  # the former one, until it is dropped with the build
        drop_served(milvus, place)
        assert not any(f"_{identity}_" in name for name in client.list_collections())


class TestMilvusDrift:
    @pytest.fixture
    def catalogue(self, place: CatalogueServer) -> Iterator[PostgresCatalogue]:
        with closing(PostgresCatalogue(place, _SETTINGS)) as opened:
            yield opened

    def test_what_was_changed_behind_its_back_is_repaired(
        self, catalogue: PostgresCatalogue, milvus: SearchServer
    ) -> None:
        from citespan.index.search.milvus.client import connected

        shelf = Shelf(catalogue)
        index = served_index(milvus, catalogue, DIM, exact_most=1000, read_only=False)
        for name in "abc":
            shelf.put(name, f"cat {name}")
        index.refresh()
        client, name = connected(milvus.url, ""), f"citespan_{catalogue.identity}_1"
        gone, changed = sorted(shelf.texts)[:2]
        client.delete(name, ids=[gone])
        entry = {"id": changed, "vector": unit(5).tolist(), "title": "", "text": "moss"}
        client.upsert(name, [entry, {**entry, "id": 5}])
        found = " ".join(index.mend())
        for said in ("not stored", "lacks entries of 1", "1 entries that were not as stored"):
            assert said in found
        assert (index.mend(), index.leftovers()) == ([], [])
        assert_right(index, shelf, scores=False)


class TestMilvusOutages:
    def test_without_milvus_it_says_so_and_goes_on_once_it_is_back(
        self, tmp_path: Path, place: CatalogueServer, server_of_milvus: MilvusServer
    ) -> None:
        search = server_of_milvus.search
        with Corpus.open(tmp_path, Words(), chunk_tokens=12, server=place, search=search) as corpus:
            corpus.put(Draft(id="x", text=text_of(1)))
            server_of_milvus.kill()
            for _ in range(2):
                asked = time.monotonic()
                with pytest.raises(StoreUnavailable, match="Milvus cannot be used"):
                    corpus.search("common")
                assert time.monotonic() - asked < 60
            with pytest.raises(StoreUnavailable):
                corpus.put(Draft(id="y", text=text_of(2)))  # stored, but not found yet
            server_of_milvus.start()
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until:  # the client tries again after a pause
                with suppress(StoreUnavailable):
                    corpus.search("common")
                    break
                time.sleep(0.1)
            assert_finds(corpus, {"x": text_of(1), "y": text_of(2)})


class TestMilvusLimits:
    def test_of_a_file_of_lite_a_second_process_is_refused(
        self, server: PostgresServer, tmp_path: Path
    ) -> None:
        from citespan.index.search.milvus.client import connected

        file = str(tmp_path / "lite.db")
        first = connected(file, "")
        code = (
            "import sys\n"
            "from citespan.index.search.milvus.client import connected\n"
            "connected(sys.argv[1], '').list_collections()\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code, file], capture_output=True, text=True, check=False
        )
        assert run.returncode != 0
        assert "StoreUnavailable: Milvus cannot be used" in run.stderr
        first.close()

    def test_without_the_client_the_error_names_the_extra(self) -> None:
        code = (
            "import sys\n"
            "sys.modules['pymilvus'] = None\n"
            "import citespan.index.search.milvus.client\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert "StoreMismatch: search.engine = milvus needs citespan[milvus]" in run.stderr

    def test_a_server_that_is_not_there_is_unavailable(self, milvus: SearchServer) -> None:
        from citespan.index.search.milvus.client import connected

        with pytest.raises(StoreUnavailable, match="Milvus cannot be used"):
            connected("http://127.0.0.1:1", "")
