"""Catalogue, dense and lexical index, fusion: each against its contract."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from contracts import CatalogueContract, DenseContract, LexicalContract, chunks_of, pairs, rows
from hypothesis import given
from hypothesis import strategies as st
from strategies import document

from index import Span
from index.catalog import SqliteCatalogue
from index.errors import StoreCorrupt, StoreMismatch, StoreUnavailable
from index.fusion import reciprocal_rank_fusion
from index.lexical import LexicalIndex
from index.types import Scored
from index.vectors import VectorIndex

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}
_CHUNKS = "chunks of document 'one' are missing or outside its text"


class TestVectorIndex(DenseContract):
    @pytest.fixture
    def make(self) -> Callable[[int], VectorIndex]:
        return VectorIndex


class TestLexicalIndex(LexicalContract):
    @pytest.fixture(params=["disk", "memory"])
    def make(
        self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Callable[[], LexicalIndex]:
        if request.param == "memory":
            return lambda: LexicalIndex(None)
        return lambda: LexicalIndex(tmp_path_factory.mktemp("lexical"))

    def test_it_reads_back_what_it_wrote(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.change([], [(1, "", "cat cat dog"), (2, "moss", "dog"), (3, "", "cat rock")])
        index.change([3], [(4, "", "fish")])
        found = {word: pairs(index.search(word, 9)) for word in ("cat", "dog", "moss", "fish")}
        again = LexicalIndex(tmp_path)
        assert again.ids() == {1, 2, 4}
        assert {word: pairs(again.search(word, 9)) for word in found} == found
        assert again.file_hashes() == index.file_hashes()

    def test_the_files_stand_still_until_a_change(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.change([], [(1, "", "cat")])
        before = index.file_hashes()
        assert "meta.json" in before
        index.search("cat", 3)
        LexicalIndex(tmp_path).search("cat", 3)
        assert index.file_hashes() == before
        index.change([], [(2, "", "cat")])
        assert index.file_hashes() != before

    def test_an_index_in_memory_has_no_files(self) -> None:
        assert LexicalIndex(None).file_hashes() == {}

    def test_files_that_are_no_index_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "meta.json").write_text("garbage")
        with pytest.raises(ValueError, match="lexical index"):
            LexicalIndex(tmp_path)


def ranking(*ids: int) -> list[Scored]:
    return [Scored(chunk_id=at, score=1.0 - place) for place, at in enumerate(ids)]


class TestFusion:
    def test_by_hand(self) -> None:
        fused = pairs(reciprocal_rank_fusion([ranking(1, 2, 3), ranking(3, 4)]))
        assert fused == [
            (3, pytest.approx(1 / 63 + 1 / 61)),
            (1, pytest.approx(1 / 61)),
            (2, pytest.approx(1 / 62)),
            (4, pytest.approx(1 / 62)),
        ]

    def test_k_is_the_one_given(self) -> None:
        assert pairs(reciprocal_rank_fusion([ranking(5, 6)], k=1)) == [(5, 1 / 2), (6, 1 / 3)]

    def test_nothing_gives_nothing(self) -> None:
        assert reciprocal_rank_fusion([]) == []
        assert reciprocal_rank_fusion([[], []]) == []

    @given(st.lists(st.lists(st.integers(0, 9), unique=True), max_size=3))
    def test_it_is_the_sum_over_rankings(self, ids: list[list[int]]) -> None:
        fused = reciprocal_rank_fusion([ranking(*row) for row in ids])
        assert {scored.chunk_id for scored in fused} == {at for row in ids for at in row}
        for scored in fused:
            gains = [1 / (61 + row.index(scored.chunk_id)) for row in ids if scored.chunk_id in row]
            assert scored.score == pytest.approx(sum(gains))
        order = [(-scored.score, scored.chunk_id) for scored in fused]
        assert order == sorted(order)


class TestSqliteCatalogue(CatalogueContract):
    @pytest.fixture
    def catalogue(self, tmp_path: Path) -> Iterator[SqliteCatalogue]:
        opened = SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS)
        yield opened
        opened.close()

    def test_it_is_durable(self, tmp_path: Path, catalogue: SqliteCatalogue) -> None:
        one = document("One.", id="one")
        catalogue.store(one, chunks_of(one, Span(0, 4)), rows([1, 0]))
        catalogue.close()
        again = SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS)
        assert again.document("one") == one
        assert again.generation == 1
        again.close()

    def test_a_reader_sees_later_changes_and_writes_nothing(
        self, tmp_path: Path, catalogue: SqliteCatalogue
    ) -> None:
        reader = SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS, read_only=True)
        assert reader.generation == 0
        catalogue.store(document("One.", id="one"), [], rows().reshape(0, 2))
        assert reader.generation == 1
        assert reader.document("one").text == "One."
        with pytest.raises(StoreUnavailable, match="readonly"):
            reader.delete("one")
        with pytest.raises(StoreUnavailable, match="readonly"):
            reader.record_derived("x", {})
        assert catalogue.document("one").text == "One."
        reader.close()

    def test_a_reader_makes_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailable):
            SqliteCatalogue(tmp_path / "none.db", _SETTINGS, read_only=True)
        assert not (tmp_path / "none.db").exists()

    def test_a_text_changed_behind_its_back_is_found(
        self, tmp_path: Path, catalogue: SqliteCatalogue
    ) -> None:
        for name in ("one", "two"):
            stored = document("A cat.", id=name)
            catalogue.store(stored, chunks_of(stored, Span(0, 6)), rows([1, 0]))
        self._tamper(tmp_path, "UPDATE revisions SET text = 'A dog.' WHERE document_id = 'one'")
        with pytest.raises(StoreCorrupt, match="'one'"):
            catalogue.document("one")
        assert catalogue.document("two").text == "A cat."
        assert catalogue.check() == ["the text of document 'one' is not what was stored"]

    def test_a_chunk_beyond_its_text_is_found(
        self, tmp_path: Path, catalogue: SqliteCatalogue
    ) -> None:
        one = document("One.", id="one")
        catalogue.store(one, chunks_of(one, Span(0, 4)), rows([1, 0]))
        assert catalogue.check() == []
        self._tamper(tmp_path, 'UPDATE chunks_1 SET "end" = 5')
        assert catalogue.check() == [_CHUNKS]

    @pytest.mark.parametrize(
        ("tampering", "problem"),
        [
            ("DELETE FROM chunks_1", _CHUNKS),
            ("UPDATE chunks_1 SET start = 4", _CHUNKS),
            ("UPDATE revisions SET text = CAST(x'ff' AS TEXT)", "is damaged"),
            ("UPDATE revisions SET metadata = '{'", "the metadata of document 'one'"),
            ("UPDATE documents SET revision = 7", "has lost its current revision"),
        ],
    )
    def test_damage_is_found_and_named(
        self, tmp_path: Path, catalogue: SqliteCatalogue, tampering: str, problem: str
    ) -> None:
        one = document("One.", id="one")
        catalogue.store(one, chunks_of(one, Span(0, 4)), rows([1, 0]))
        self._tamper(tmp_path, tampering)
        assert any(problem in found for found in catalogue.check())

    @pytest.mark.parametrize(
        ("key", "value"), [("embedder", "another@model"), ("chunk_tokens", "99")]
    )
    def test_other_settings_are_refused_by_name(
        self, tmp_path: Path, catalogue: SqliteCatalogue, key: str, value: str
    ) -> None:
        with pytest.raises(StoreMismatch, match=f"{key} = {_SETTINGS[key]}, now it is {value}"):
            SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS | {key: value})

    @pytest.mark.parametrize("read_only", [False, True])
    def test_a_file_that_is_no_database_is_corrupt(self, tmp_path: Path, read_only: bool) -> None:  # noqa: FBT001
        file = tmp_path / "catalog.db"
        file.write_bytes(b"this is not a database at all, " * 200)
        with pytest.raises(StoreCorrupt, match="backup"):
            SqliteCatalogue(file, _SETTINGS, read_only=read_only)
        assert file.read_bytes() == b"this is not a database at all, " * 200

    def test_damaged_pages_are_corrupt_not_wrong(
        self, tmp_path: Path, catalogue: SqliteCatalogue
    ) -> None:
        for at in range(200):
            catalogue.store(document(f"Text {at}." * 50, id=f"{at}"), [], rows().reshape(0, 2))
        catalogue.close()
        file = tmp_path / "catalog.db"
        data = bytearray(file.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        file.write_bytes(data)
        with pytest.raises(StoreCorrupt):
            SqliteCatalogue(file, _SETTINGS).document("7")

    def _tamper(self, folder: Path, statement: str) -> None:
        raw: Any = apsw.Connection(str(folder / "catalog.db"))
        raw.execute(statement)
        raw.close()
