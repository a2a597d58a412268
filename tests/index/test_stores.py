"""Catalogue, dense and lexical index, fusion: each against its contract."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import faiss
import numpy as np
import pytest
from contracts import (
    CatalogueContract,
    DenseContract,
    LexicalContract,
    brute_force_dense,
    chunks_of,
    pairs,
    rows,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import document

from citespan.index import Span
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.disk.hashing import sha256_file
from citespan.index.errors import (
    DocumentDamaged,
    StoreCorrupt,
    StoreMismatch,
    StoreUnavailable,
)
from citespan.index.search.fusion import reciprocal_rank_fusion
from citespan.index.search.lexical import LexicalIndex
from citespan.index.search.vectors.exact import ExactIndex
from citespan.index.search.vectors.ivf import IvfIndex
from citespan.index.search.vectors.lists import trained_index
from citespan.index.search.vectors.protocol import (
    EXACT_MOST,
    IndexKind,
    VectorIndex,
    kind_for,
    measured_recall,
)
from citespan.index.types import Scored, Vectors

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}
_CHUNKS = "chunks of document 'one' are missing or outside its text"


class Store(dict[int, Vectors]):
    """Vectors by id, as a catalogue has them."""

    def vectors_of(self, ids: Sequence[int]) -> tuple[Sequence[int], Vectors]:
        kept = [at for at in ids if at in self]
        return kept, rows(*(self[at].tolist() for at in kept))


class StoredIndex(IvfIndex):
    """Whose vectors are stored as they are added."""

    store: Store

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        self.store.update(zip(ids, vectors, strict=True))
        super().add(ids, vectors)


def approximate_index(dim: int, *, lists: int = 4, **limits: int) -> StoredIndex:
    """An empty index that looks at all lists unless told otherwise."""
    store = Store()
    sample = np.random.default_rng(5).uniform(-3, 3, (80, dim)).astype(np.float32)
    limits = {"probes": lists} | limits
    index = StoredIndex(trained_index(sample, lists), store.vectors_of, **limits)
    index.store = store
    return index


def unit_vectors(count: int, dim: int, *, centres: int, seed: int = 1) -> Vectors:
    """Around so many centres in turn."""
    random = np.random.default_rng(seed)
    near = random.normal(size=(centres, dim))[np.arange(count) % centres]
    found = near + random.normal(size=(count, dim)) / 2
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


class TestDenseIndexes(DenseContract):
    @pytest.fixture(params=["exact", "approximate"])
    def make(self, request: pytest.FixtureRequest) -> Callable[[int], VectorIndex]:
        return ExactIndex if request.param == "exact" else approximate_index

    def test_facts(self, make: Callable[[int], VectorIndex]) -> None:
        index = make(4)
        few = index.facts().bytes
        index.add([3, 9], rows([1, 0, 0, 0], [0, 1, 0, 0]))
        facts = index.facts()
        assert facts.vectors == 2
        assert 2 * (4 + 8) <= facts.bytes - few <= 2 * (4 * 4 + 8)


class TestApproximateIndex:
    @given(st.integers(0, 99), st.integers(1, 15), st.sampled_from([None, 2, 5, 40]))
    def test_of_all_lists_it_finds_what_brute_force_does(
        self, seed: int, k: int, share: int | None
    ) -> None:
        vectors = unit_vectors(400, 8, centres=7, seed=seed)
        index = approximate_index(8, spare=20)
        index.add(range(1000, 1400), vectors)
        among = None if share is None else np.arange(1000, 1400, share)
        left = {at: vectors[at - 1000] for at in range(1000, 1400, share or 1)}
        query = unit_vectors(1, 8, centres=1, seed=seed + 100)[0]
        found, expected = pairs(index.search(query, k, among)), brute_force_dense(left, query, k)
        assert [at for at, _ in found] == [at for at, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)

    def test_a_filter_is_not_lost_among_what_is_nearer(self) -> None:
        vectors = unit_vectors(2000, 16, centres=20)
        index = approximate_index(16, lists=20, probes=1, spare=0)
        index.add(range(2000), vectors)
        for centre in range(1, 20):
            among = np.arange(centre, 2000, 20)
            left = {at: vectors[at] for at in among.tolist()}
            found = [at for at, _ in pairs(index.search(vectors[0], 5, among))]
            assert found == [at for at, _ in brute_force_dense(left, vectors[0], 5)]

    def test_as_many_as_are_held_can_be_asked_for(self) -> None:
        vectors = unit_vectors(300, 8, centres=9)
        index = approximate_index(8, lists=9, probes=1, spare=0)
        index.add(range(300), vectors)
        assert {at for at, _ in pairs(index.search(vectors[0], 300))} == set(range(300))
        assert len(index.search(vectors[0], 1000)) == 300

    def test_recall_at_the_default(self) -> None:
        vectors = unit_vectors(EXACT_MOST + 1, 32, centres=400)
        store = Store(enumerate(vectors))
        index = IvfIndex.build(range(len(vectors)), store.vectors_of)
        assert len(index) == len(vectors)
        queries = unit_vectors(100, 32, centres=100, seed=1)
        assert measured_recall(index, store.vectors_of, queries) >= 0.98

    def test_what_is_stored_no_more_is_told_until_it_is_removed(self) -> None:
        vectors = unit_vectors(500, 8, centres=9)
        index = approximate_index(8)
        index.add(range(500), vectors)
        every = pairs(index.search(vectors[3], 50))
        for at in (3, every[20][0]):
            del index.store[at]
        found = pairs(index.search(vectors[3], 50))
        assert {at for at, _ in found} == {at for at, _ in every}
        assert [score for _, score in found] == pytest.approx([s for _, s in every], abs=0.02)
        few = index.search(vectors[3], 9, np.array([3, 7]))
        assert few == [Scored(chunk_id=7, score=few[0].score), Scored(chunk_id=3, score=-1.0)]
        index.store.clear()
        assert len(index.search(vectors[3], 50)) == 50
        index.remove(range(500))
        assert index.search(vectors[3], 50) == []

    def test_it_answers_while_it_changes(self) -> None:
        vectors = unit_vectors(4000, 16, centres=50)
        index = approximate_index(16, lists=20)
        index.add(range(2000), vectors[:2000])
        among = np.arange(0, 2000, 3)
        expected = index.search(vectors[0], 5, among)
        over = threading.Event()

        def change() -> None:
            for _ in range(5):
                index.add(range(2000, 4000), vectors[2000:])
                index.remove(range(2000, 4000))
            over.set()

        thread = threading.Thread(target=change)
        thread.start()
        while not over.is_set():
            assert index.search(vectors[0], 5, among) == expected
            assert index.ids() >= set(range(2000))
        thread.join()

    def test_equal_contents_make_equal_indexes(self, tmp_path: Path) -> None:
        store = Store(enumerate(unit_vectors(3000, 8, centres=50)))
        threads = faiss.omp_get_max_threads()
        hashes = {
            IvfIndex.build(ids, store.vectors_of).save(tmp_path / "vectors")
            for ids in (range(3000), range(3000), [*range(3000)])
        }
        assert len(hashes) == 1
        assert faiss.omp_get_max_threads() == threads

    def test_building_passes_over_what_is_gone(self) -> None:
        store = Store({at: one for at, one in enumerate(unit_vectors(300, 8, centres=9)) if at % 2})
        assert IvfIndex.build(range(300), store.vectors_of).ids() == set(range(1, 300, 2))
        with pytest.raises(ValueError, match="no vectors"):
            IvfIndex.build(range(0, 300, 2), store.vectors_of)

    def test_a_file_holds_the_same_index(self, tmp_path: Path) -> None:
        file = tmp_path / "vectors"
        vectors = unit_vectors(500, 8, centres=20)
        index = approximate_index(8)
        index.add(range(500), vectors)
        assert index.save(file) == sha256_file(file)
        loaded = IvfIndex.load(file, 8, index.store.vectors_of)
        copy = IvfIndex.load(file, 8, index.store.vectors_of)
        assert copy.save(tmp_path / "copy") == sha256_file(file)  # as it is, still mapped
        file.unlink()
        assert (loaded.ids(), loaded.facts()) == (index.ids(), index.facts())
        for among in (None, np.arange(0, 500, 2)):
            assert loaded.search(vectors[3], 9, among) == index.search(vectors[3], 9, among)
        for one in (loaded, index):  # it is whole: it can be changed, and saved again
            one.remove(range(100))
            one.add([3], vectors[:1])
        assert loaded.ids() == {3, *range(100, 500)}
        assert loaded.search(vectors[3], 9) == index.search(vectors[3], 9)
        assert loaded.save(file) == index.save(file)

    def test_a_full_disk(self) -> None:
        index = approximate_index(8)
        with pytest.raises(OSError, match="space"):
            index.save(Path("/dev/full"))

    @pytest.mark.parametrize("data", [b"", b"garbage", b"IwSq" + b"\0" * 8, b"\xff" * 200])
    def test_garbage_is_refused(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "vectors").write_bytes(data)
        with pytest.raises(ValueError, match="index"):
            IvfIndex.load(tmp_path / "vectors", 3, Store().vectors_of)

    def test_other_dimensions_and_kinds_are_refused(self, tmp_path: Path) -> None:
        approximate_index(3).save(tmp_path / "vectors")
        with pytest.raises(ValueError, match="dimension"):
            IvfIndex.load(tmp_path / "vectors", 4, Store().vectors_of)
        other: Any = faiss.IndexFlatIP(3)
        faiss.write_index(other, str(tmp_path / "vectors"))
        with pytest.raises(ValueError, match="lists"):
            IvfIndex.load(tmp_path / "vectors", 3, Store().vectors_of)

    def test_it_fits_from_half_to_twice_its_size(self) -> None:
        vectors = unit_vectors(1000, 4, centres=10)
        store = Store({at: vectors[at % 1000] for at in range(3000)})
        index = IvfIndex.build(range(1000), store.vectors_of)
        assert index.fits
        index.remove(range(400))
        assert index.fits
        index.remove(range(400, 600))
        assert not index.fits
        index.add(range(1000, 2500), store.vectors_of(range(1000, 2500))[1])
        assert index.fits
        index.add(range(2500, 2800), store.vectors_of(range(2500, 2800))[1])
        assert not index.fits


class TestKinds:
    def test_a_kind_stays_until_it_is_plainly_wrong(self) -> None:
        exact, approximate = IndexKind.EXACT, IndexKind.APPROXIMATE
        assert kind_for(0) is kind_for(EXACT_MOST) is exact
        assert kind_for(EXACT_MOST + 1) is approximate
        assert kind_for(EXACT_MOST, approximate) is approximate
        assert kind_for(EXACT_MOST // 2 + 1, approximate) is approximate
        assert kind_for(EXACT_MOST // 2, approximate) is exact
        assert kind_for(4, exact_most=4) is exact
        assert kind_for(5, exact_most=4) is kind_for(3, approximate, 4) is approximate

    def test_recall_by_hand(self) -> None:
        vectors = unit_vectors(900, 16, centres=300)
        index = approximate_index(16, lists=30, probes=1, spare=0)
        index.add(range(900), vectors)
        every = dict(enumerate(vectors))
        found = 0
        for query in vectors[:50]:
            expected = {at for at, _ in brute_force_dense(every, query, 10)}
            found += len({at for at, _ in pairs(index.search(query, 10))} & expected)
        assert 50 < found < 500  # each finds itself, but not all that is near
        recall = measured_recall(index, index.store.vectors_of, vectors[:50])
        assert recall == pytest.approx(found / 500)

    def test_what_is_exact_finds_all(self) -> None:
        store = Store(enumerate(unit_vectors(50, 4, centres=5)))
        index = ExactIndex(4)
        queries = store.vectors_of(range(5))[1]
        assert measured_recall(index, store.vectors_of, queries) == 1
        index.add(*store.vectors_of(range(50)))
        assert measured_recall(index, store.vectors_of, queries) == 1
        assert measured_recall(index, store.vectors_of, queries, k=99) == 1


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

    def test_what_others_write_is_not_taken_over_unchecked(self, tmp_path: Path) -> None:
        writer = LexicalIndex(tmp_path)
        writer.change([], [(1, "", "cat")])
        reader = LexicalIndex(tmp_path)
        writer.change([], [(2, "", "cat")])
        time.sleep(1.5)  # tantivy would look twice a second
        assert reader.ids() == {1}

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

    def test_a_ranking_counts_by_its_weight(self) -> None:
        fused = reciprocal_rank_fusion([ranking(1, 2), ranking(2, 3)], weights=[1.0, 0.25])
        assert pairs(fused) == [
            (2, pytest.approx(1 / 62 + 0.25 / 61)),
            (1, pytest.approx(1 / 61)),
            (3, pytest.approx(0.25 / 62)),
        ]

    def test_each_ranking_needs_its_weight(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            reciprocal_rank_fusion([ranking(1), ranking(2)], weights=[1.0])

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
        assert catalogue.check() == [str(DocumentDamaged("one"))]

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
