"""The vectors of a corpus as it grows and shrinks: exact or approximate, in memory or in a file."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from contracts import brute_force_dense, pairs
from faults import Words, everything, scratch_folder, text_of
from strategies import document

from citespan.index import Corpus, Draft, Span, parse_filter
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.search.local import LocalSearchIndex
from citespan.index.search.vectors.file import VectorFile
from citespan.index.search.vectors.ivf import IvfIndex
from citespan.index.search.vectors.protocol import IndexKind
from citespan.index.types import Chunk, Side, Vectors

_MOST = 40
_DIM = 16
_EXACT, _APPROXIMATE = IndexKind.EXACT, IndexKind.APPROXIMATE


class Gated(SqliteCatalogue):
    """A catalogue whose vectors are read by the thread that builds only when it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, {})
        self.may_build = threading.Event()
        self.may_build.set()
        self.builds_begun = 0

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        if threading.current_thread().name == "vectors":
            self.builds_begun += 1
            assert self.may_build.wait(60)
        return super().vectors(ids)


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.fixture
def catalogue(room: Path) -> Iterator[Gated]:
    opened = Gated(room / "catalog.db")
    yield opened
    opened.close()


Open = Callable[..., LocalSearchIndex]


@pytest.fixture
def opened(room: Path, catalogue: Gated) -> Open:
    def open_index(*, read_only: bool = False) -> LocalSearchIndex:
        folder = room / "build-1"
        return LocalSearchIndex(folder, catalogue, _DIM, read_only=read_only, exact_most=_MOST)

    return open_index


def vector_of(number: int) -> Vectors:
    vector = np.random.default_rng(number).normal(size=_DIM).astype(np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def store(catalogue: SqliteCatalogue, numbers: range) -> None:
    """A document for each number, with one chunk, whose id is the number."""
    for number in numbers:
        made = replace(document(f"Tale {number}.", id=f"d{number}"), metadata={"third": number % 3})
        chunk = Chunk(
            id=number, document_id=made.id, revision=1, span=Span(0, len(made.text)), tokens=1
        )
        catalogue.store(made, [chunk], vector_of(number)[np.newaxis])


def delete(catalogue: SqliteCatalogue, numbers: range) -> None:
    for number in numbers:
        catalogue.delete(f"d{number}")


def assert_finds(index: LocalSearchIndex, numbers: Sequence[int]) -> None:
    """The nearest of these and no others; with filters, wide and narrow, of those that pass."""
    query = vector_of(10_000)
    for share, filters in ((1, None), (3, parse_filter({"third": 0}))):
        vectors = {at: vector_of(at) for at in numbers if at % share == 0}
        for k in (1, 10, 500):
            expected = brute_force_dense(vectors, query, k)
            found = pairs(index.dense(query, k, filters))
            assert [at for at, _ in found] == [at for at, _ in expected]
            assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
    assert index.leftovers() == []


def file_of(folder: Path) -> Path:
    return folder / "build-1" / "vectors.faiss"


def test_the_kind_follows_the_size_and_stays_about_the_limit(
    room: Path, catalogue: Gated, opened: Open
) -> None:
    index = opened()
    store(catalogue, range(_MOST))
    index.refresh()
    assert (index.measure().kind, file_of(room).exists()) == (_EXACT, False)
    store(catalogue, range(_MOST, _MOST + 1))
    index.refresh()
    facts = index.measure()
    assert (facts.kind, facts.vectors, facts.recall) == (_APPROXIMATE, _MOST + 1, 1)
    assert file_of(room).exists()
    assert_finds(index, range(_MOST + 1))
    begun = catalogue.builds_begun
    for _ in range(5):
        delete(catalogue, range(_MOST // 2 + 1, _MOST + 1))
        index.refresh()
        assert_finds(index, range(_MOST // 2 + 1))
        store(catalogue, range(_MOST // 2 + 1, _MOST + 1))
        index.refresh()
    assert index.measure().kind is _APPROXIMATE
    assert catalogue.builds_begun == begun
    delete(catalogue, range(_MOST // 2, _MOST + 1))
    index.refresh()
    assert (index.measure().kind, file_of(room).exists()) == (_EXACT, False)
    assert_finds(index, range(_MOST // 2))
    index.close()
    assert opened().problems() == []


def test_questions_and_changes_go_on_while_an_index_is_built(
    catalogue: Gated, opened: Open
) -> None:
    index = opened()
    for numbers, kind in ((range(60), _EXACT), (range(60, 400), _APPROXIMATE)):
        catalogue.may_build.clear()
        store(catalogue, numbers)
        index.refresh()  # begins to build
        assert index.facts().kind is kind
        assert_finds(index, range(numbers.stop))
        delete(catalogue, range(numbers.start, numbers.start + 5))
        store(catalogue, range(1000, 1010))
        index.refresh()
        kept = [*range(numbers.start), *range(numbers.start + 5, numbers.stop), *range(1000, 1010)]
        assert_finds(index, kept)
        catalogue.may_build.set()
        assert index.measure().kind is _APPROXIMATE
        assert_finds(index, kept)
        delete(catalogue, range(1000, 1010))
        store(catalogue, range(numbers.start, numbers.start + 5))
        index.refresh()
    assert catalogue.builds_begun > 2


def test_closing_does_not_wait_for_what_is_built(
    room: Path, catalogue: Gated, opened: Open
) -> None:
    catalogue.may_build.clear()
    store(catalogue, range(100))
    index = opened()
    assert_finds(index, range(100))
    index.close()
    assert not file_of(room).exists()
    catalogue.may_build.set()
    index.measure()
    assert not file_of(room).exists()
    again = opened()
    assert again.problems() == []
    assert again.measure().kind is _APPROXIMATE
    assert_finds(again, range(100))


def test_a_file_is_mapped_and_what_changed_since_is_applied(
    room: Path, catalogue: Gated, opened: Open
) -> None:
    store(catalogue, range(100))
    index = opened()
    measured = index.measure()
    index.close()
    begun = catalogue.builds_begun
    again = opened()
    assert (again.facts(), again.problems()) == (measured, [])
    assert_finds(again, range(100))
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert str(file_of(room)) in mapped.read_text()
    delete(catalogue, range(10, 20))
    store(catalogue, range(100, 110))
    once_more = opened()
    assert once_more.problems() == []
    assert_finds(once_more, [*range(10), *range(20, 110)])
    assert catalogue.builds_begun == begun


def test_compaction_leaves_no_vectors_of_what_was_deleted(
    room: Path, catalogue: Gated, opened: Open
) -> None:
    store(catalogue, range(100))
    index = opened()
    index.measure()
    delete(catalogue, range(3))
    index.refresh()
    assert index.uncompacted() == 3
    assert IvfIndex.load(file_of(room), _DIM, catalogue.vectors).ids() == {*range(100)}
    assert index.compact() == 3
    assert (index.uncompacted(), index.compact()) == (0, 0)
    loaded = IvfIndex.load(file_of(room), _DIM, catalogue.vectors)
    assert loaded.ids() == {*range(3, 100)}


def test_a_reader_takes_what_the_writer_has_saved(catalogue: Gated, opened: Open) -> None:
    store(catalogue, range(30))
    writer, reader = opened(), opened(read_only=True)
    store(catalogue, range(30, 100))
    reader.refresh()
    assert reader.measure().kind is _EXACT  # the writer has saved nothing yet
    assert_finds(reader, range(100))
    writer.refresh()
    writer.measure()
    store(catalogue, range(100, 101))
    reader.refresh()
    assert reader.measure().kind is _APPROXIMATE
    assert_finds(reader, range(101))
    store(catalogue, range(101, 900))
    for index in (writer, reader):
        index.refresh()
        assert_finds(index, range(900))
        index.measure()
    store(catalogue, range(900, 901))
    reader.refresh()
    assert_finds(reader, range(901))
    writer.close()
    reader.close()


def test_what_cannot_be_saved_is_kept_in_memory(room: Path, catalogue: Gated, opened: Open) -> None:
    (file_of(room).parent / "vectors.faiss.new").mkdir(parents=True)
    store(catalogue, range(100))
    index = opened()
    assert index.measure().kind is _APPROXIMATE
    assert_finds(index, range(100))
    index.close()
    assert not file_of(room).exists()


def damages(data: bytes) -> Iterator[bytes]:
    """The data with single bits flipped, and cut short."""
    random = np.random.default_rng(7)
    for bit in random.integers(8 * len(data), size=200).tolist():
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    for size in random.integers(len(data), size=50).tolist():
        yield data[:size]


def test_damage_is_found_and_the_file_made_again(
    room: Path, catalogue: Gated, opened: Open
) -> None:
    store(catalogue, range(100))
    index = opened()
    index.measure()
    index.close()
    file = file_of(room)
    whole = file.read_bytes()
    kept = VectorFile(file.parent, catalogue)
    for number, data in enumerate(damages(whole)):
        file.write_bytes(data)
        with pytest.raises(ValueError, match="checksum"):
            kept.load(_DIM)
        if number % 50 == 0:
            reader = opened(read_only=True)
            assert reader.facts().kind is _EXACT
            assert_finds(reader, range(100))
            writer = opened()
            assert_finds(writer, range(100))
            (problem,) = writer.problems()
            assert "checksum" in problem
            assert writer.measure().kind is _APPROXIMATE
            writer.close()
            assert file.read_bytes() == whole
    file.write_bytes(whole)
    catalogue.record_derived("vectors", {**catalogue.derived("vectors"), "vectors": "99"})
    assert "more or fewer" in opened().problems()[0]
    assert not file.exists()


def test_an_older_file_in_place_of_a_newer_one(room: Path, catalogue: Gated, opened: Open) -> None:
    store(catalogue, range(100))
    index = opened()
    index.measure()
    older = file_of(room).read_bytes()
    delete(catalogue, range(20))
    store(catalogue, range(100, 120))
    index.refresh()
    index.close()
    assert file_of(room).read_bytes() != older
    file_of(room).write_bytes(older)
    again = opened()
    assert "checksum" in again.problems()[0]
    assert again.measure().kind is _APPROXIMATE
    assert_finds(again, range(20, 120))


def test_a_corpus_finds_the_same_with_either_kind(room: Path) -> None:
    found: list[list[object]] = []
    for most in (_MOST, 10_000):
        folder = room / str(most)
        with Corpus.open(folder, Words(), chunk_tokens=12, exact_most=most) as corpus:
            for number in range(40):
                metadata = {"half": number % 2, "rare": number == 7}
                corpus.put(Draft(id=f"d{number}", text=text_of(number), metadata=metadata))
            for number in range(10):
                corpus.put(Draft(id=f"d{number}", text=text_of(number + 100)))
            for number in range(30, 35):
                corpus.delete(f"d{number}")
            assert (corpus.health.measure_vectors().kind is _APPROXIMATE) == (most == _MOST)
            every = everything(corpus, Side.DENSE)
            assert len(every) == corpus.counts()[1]
            found.append([every, corpus.search("fact2 of tale17")])
            for wanted in ({"half": 1}, {"rare": True}, {"half": 0, "rare": False}):
                filters = parse_filter(wanted)
                found[-1].append(corpus.search("fact0 of tale12", filters=filters, k=12))
            assert corpus.health.leftovers() == []
    assert found[0] == found[1]
