"""What several processes see of one server: each a corpus with a folder of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import pytest
from faults import Known, Words, assert_finds, stored, text_of

from citespan.index import Corpus, Draft
from citespan.index.catalogue.postgres import drop_catalogue
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.corpus import open_catalogue, summary
from citespan.index.errors import ModelUnavailable

Open: TypeAlias = Callable[[Path, CatalogueServer], Corpus]


class SharedContract:
    """Subclass with fixtures `opened_in`, which opens a corpus, and `place`, an empty server."""

    def test_each_finds_what_the_other_stored_and_nothing_that_it_deleted(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        known = Known()
        with opened_in(tmp_path / "a", place) as one, opened_in(tmp_path / "b", place) as two:
            for number in range(6):
                writer = (one, two)[number % 2]
                name = f"doc{number % 4}"
                writer.put(Draft(id=name, text=text_of(number)))
                known.put(name, text_of(number))
                for corpus in (one, two):
                    assert_finds(corpus, known.current(), known.old)
            two.delete("doc1")
            known.delete("doc1")
            for corpus in (one, two):
                assert_finds(corpus, known.current(), known.old)
                assert stored(corpus, known) == known.revisions
                assert (corpus.health.check(), corpus.health.leftovers()) == ([], [])
            assert one.generation == two.generation
        with opened_in(tmp_path / "a", place) as again:
            assert again.health.repaired() == []
            assert_finds(again, known.current(), known.old)
        assert summary(tmp_path / "a", place) is not None
        with open_catalogue(tmp_path / "a", place) as reading:
            assert reading is not None
            assert len(reading.page(None, 9).documents) == 3

    def test_both_store_the_same_documents_at_once(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        with opened_in(tmp_path / "a", place) as one, opened_in(tmp_path / "b", place) as two:

            def store(corpus: Corpus) -> None:
                for number in range(12):
                    corpus.put(Draft(id=f"d{number % 3}", text=text_of(number)))

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(store, (one, two)))
            found = {info.id: one.get(info.id).text for info in one.documents().documents}
            assert found.keys() == {"d0", "d1", "d2"}
            for name in found:
                numbers = [info.revision for info in one.revisions(name)]
                assert numbers == list(range(1, len(numbers) + 1))
            for corpus in (one, two):
                assert_finds(corpus, found)

    def test_derived_files_of_another_state_are_brought_up_to_date(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        with opened_in(tmp_path / "a", place) as one:
            one.put(Draft(id="old", text=text_of(1)))
        with opened_in(tmp_path / "b", place) as two:
            two.delete("old")
            two.put(Draft(id="new", text=text_of(2)))
        with opened_in(tmp_path / "a", place) as one:
            assert_finds(one, {"new": text_of(2)}, [text_of(1)])
        drop_catalogue(place)  # another one is made under the same name
        with opened_in(tmp_path / "a", place) as one:
            assert one.counts() == (0, 0)
            assert one.search("common") == []

    def test_chunks_that_one_has_rebuilt_are_taken_up_by_the_other(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        known = Known()
        with opened_in(tmp_path / "a", place) as one, opened_in(tmp_path / "b", place) as two:
            for number, (maker, other) in enumerate([(one, two), (two, one)] * 2):
                for name in ("gone", "kept", f"new{number}"):
                    maker.put(Draft(id=name, text=text_of(known.last.get(name, 0) + 10 * number)))
                    known.put(name, text_of(known.last.get(name, 0) + 10 * number))
                assert other.search("common")
                list(maker.builds.fill(Words(), chunk_tokens=18 + number % 2))
                maker.builds.switch()  # each time back to the build before the last
                maker.delete("gone")
                known.delete("gone")
                if number % 2:  # the first that the other hears of it may be a question or a text
                    other.put(Draft(id="late", text=text_of(100 + number)))
                    known.put("late", text_of(100 + number))
                for corpus in (other, maker):
                    assert_finds(corpus, known.current(), known.old)
                    assert corpus.build().settings["chunk_tokens"] == str(18 + number % 2)
                    assert corpus.health.leftovers() == []
            assert len(list((tmp_path / "b").glob("build-*"))) <= 3

    def test_searches_go_on_while_another_rebuilds(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        with opened_in(tmp_path / "a", place) as one, opened_in(tmp_path / "b", place) as two:
            one.put(Draft(id="x", text=text_of(1)))
            rebuilt = threading.Event()

            def search() -> int:
                found = 0
                while not rebuilt.is_set() or not found:
                    assert {one.chunk.document_id for one in two.search("common")} == {"x"}
                    found += 1
                return found

            with ThreadPoolExecutor(2) as pool:
                searching = [pool.submit(search) for _ in range(2)]
                for tokens in (18, 19, 20):
                    list(one.builds.fill(Words(), chunk_tokens=tokens))
                    one.builds.switch()
                rebuilt.set()
                assert all(each.result() for each in searching)

    def test_chunks_of_an_embedder_that_is_not_here_are_named(
        self, tmp_path: Path, place: CatalogueServer, opened_in: Open
    ) -> None:
        class Others(Words):
            name = "others"

        with opened_in(tmp_path / "a", place) as one, opened_in(tmp_path / "b", place) as two:
            one.put(Draft(id="x", text=text_of(1)))
            list(one.builds.fill(Others(), chunk_tokens=12))
            one.builds.switch()
            with pytest.raises(ModelUnavailable, match="has made the chunks with others"):
                two.search("common")
            two.delete("x")
            assert one.search("common") == []
