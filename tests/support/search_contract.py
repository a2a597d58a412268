"""What every engine of search must do over a catalogue, with brute force as the oracle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest
from contracts import WORDS, bm25, brute_force_dense, chunks_of, pairs
from faults import Words
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import document

from citespan.index import Span, parse_filter
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.searcher import Searcher
from citespan.index.errors import DocumentNotFound
from citespan.index.search.protocol import SearchIndex
from citespan.index.types import Side, Vectors

DIM = 8
IndexOf: TypeAlias = Callable[[Catalogue], SearchIndex]

_names = st.sampled_from(["a", "b", "c", "d"])
_texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
_stored = st.tuples(_names, _texts, st.integers(0, 2))
_changes = st.lists(_stored | _names, min_size=1, max_size=7)  # a name alone is deleted


def unit(seed: int) -> Vectors:
    """A vector that no other number gives."""
    drawn = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


class Shelf:
    """Documents of one chunk each in a catalogue, and what is known of them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.texts: dict[int, str] = {}
        self.vectors: dict[int, Vectors] = {}
        self.parts: dict[int, int] = {}
        self._of: dict[str, int] = {}

    def put(self, name: str, text: str, part: int = 0) -> int:
        revision = self.catalogue.last_revision(name) + 1
        one = replace(document(text, id=name), revision=revision, metadata={"part": part})
        (chunk,) = chunks_of(one, Span(0, len(text)))
        self.catalogue.store(one, [chunk], unit(chunk.id).reshape(1, -1))
        self._forget(name)
        self._of[name] = chunk.id
        self.texts[chunk.id], self.vectors[chunk.id] = text, unit(chunk.id)
        self.parts[chunk.id] = part
        return chunk.id

    def delete(self, name: str) -> None:
        try:
            self.catalogue.delete(name)
        except DocumentNotFound:
            return
        self._forget(name)

    def clear(self) -> None:
        for name in list(self._of):
            self.delete(name)

    def among(self, part: int) -> set[int]:
        return {at for at, its in self.parts.items() if its == part}

    def _forget(self, name: str) -> None:
        at = self._of.pop(name, None)
        if at is not None:
            for known in (self.texts, self.vectors, self.parts):
                del known[at]


def assert_right(index: SearchIndex, shelf: Shelf, k: int = 50, *, scores: bool = True) -> None:
    """Both sides give what brute force gives, with filters, too; and `scores` like its own."""
    query = unit(0)
    for part in (None, 0, 1):
        only = shelf.texts.keys() if part is None else shelf.among(part)
        filters = None if part is None else parse_filter({"part": part})
        found = pairs(index.dense(query, k, filters))
        vectors = {at: shelf.vectors[at] for at in only}
        expected = brute_force_dense(vectors, query, k)
        assert [at for at, _ in found] == [at for at, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
        found = pairs(index.lexical("cat moss lamp", k, filters))
        every = dict(bm25(shelf.texts, "cat moss lamp", len(shelf.texts)))
        expected = {at: score for at, score in every.items() if at in only}
        assert dict(found).keys() == expected.keys()
        if scores:
            assert dict(found) == pytest.approx(expected, rel=1e-4)
        assert found == sorted(found, key=lambda one: (-one[1], one[0]))


class SearchContract:
    """Subclass with fixtures `catalogue`, an empty one, and `index_of`, which opens its index.

    `examples` are those of the test by hypothesis. Without `exact_scores`, those of words are not
    compared with those of brute force.
    """

    examples, exact_scores = 15, True

    @pytest.fixture
    def shelf(self, catalogue: Catalogue) -> Shelf:
        return Shelf(catalogue)

    @pytest.fixture
    def index(self, catalogue: Catalogue, index_of: IndexOf) -> Iterator[SearchIndex]:
        with ExitStack() as opened:
            made = index_of(catalogue)
            opened.callback(made.close)
            yield made

    def test_it_finds_what_brute_force_finds_after_any_changes(
        self, index: SearchIndex, shelf: Shelf
    ) -> None:
        @given(_changes, st.integers(1, 4))
        @settings(max_examples=self.examples)
        def check(changes: list[tuple[str, str, int] | str], at_once: int) -> None:
            shelf.clear()
            for number, change in enumerate(changes):
                if isinstance(change, str):
                    shelf.delete(change)
                else:
                    shelf.put(*change)
                if number % at_once == 0:
                    index.refresh()
            index.refresh()
            assert_right(index, shelf, scores=self.exact_scores)

        check()

    def test_one_that_was_away_takes_up_what_others_did(
        self, catalogue: Catalogue, index_of: IndexOf, shelf: Shelf
    ) -> None:
        first = index_of(catalogue)
        shelf.put("a", "cat moss")
        shelf.put("b", "dog", 1)
        first.refresh()
        first.close()
        shelf.delete("a")
        shelf.put("c", "cat", 1)
        second = index_of(catalogue)
        assert_right(second, shelf, scores=self.exact_scores)
        second.close()

    def test_what_is_deleted_is_not_returned_though_the_engine_lags(
        self, index: SearchIndex, shelf: Shelf
    ) -> None:
        kept, gone = shelf.put("a", "cat moss"), shelf.put("b", "cat cat")
        index.refresh()
        shelf.delete("b")
        hits = {one.chunk_id for one in index.lexical("cat", 9)}
        hits |= {one.chunk_id for one in index.dense(unit(gone), 9)}
        assert kept in hits
        searcher = Searcher(shelf.catalogue, index, Words(), 12)  # it does not refresh
        for side in Side:
            passages = searcher.search("cat", vector=unit(gone), sides=[side])
            assert [one.chunk.id for one in passages] == [kept]

    def test_inside_steady_both_hold_one_state(self, index: SearchIndex, shelf: Shelf) -> None:
        at = shelf.put("a", "cat moss")
        with index.steady():
            writer = threading.Thread(target=shelf.put, args=("a", "dog"))
            writer.start()
            writer.join(0.2)  # some wait until it is over
            assert [one.chunk_id for one in index.lexical("moss", 9)] == [at]
            assert [one.chunk_id for one in index.dense(unit(at), 9)] == [at]
            assert at in shelf.catalogue.chunks([at])
        writer.join()
        index.refresh()
        assert index.lexical("moss", 9) == []
        assert [one.chunk_id for one in index.lexical("dog", 9)] == [at + 100]

    def test_nothing_is_left_and_nothing_lacks(self, index: SearchIndex, shelf: Shelf) -> None:
        for name in "abc":
            shelf.put(name, f"cat {name}")
        index.refresh()
        shelf.delete("b")
        assert (index.leftovers(), index.mend(), index.problems()) == ([], [], [])
        assert index.facts().vectors == index.measure().vectors == 2
        assert index.measure().recall == 1.0
        index.compact()
        assert index.uncompacted() == 0
        assert_right(index, shelf, scores=self.exact_scores)

    def test_a_build_is_filled_and_found_beside_the_other(
        self, catalogue: Catalogue, index_of: IndexOf, index: SearchIndex, shelf: Shelf
    ) -> None:
        at = shelf.put("a", "cat moss")
        index.refresh()
        other = catalogue.with_build({"embedder": "another", "chunk_tokens": "9"})
        new = index_of(other)
        one = other.document("a")
        parts = [replace(chunk, id=at + 7) for chunk in chunks_of(one, Span(4, 8))]
        assert other.fill(one, parts, unit(7).reshape(1, -1))
        new.refresh()
        index.refresh()
        assert [hit.chunk_id for hit in new.lexical("moss cat", 9)] == [at + 7]
        assert [hit.chunk_id for hit in index.lexical("moss cat", 9)] == [at]
        other.switch()
        catalogue.at_current().drop(catalogue.build.id)
        new.refresh()
        assert [hit.chunk_id for hit in new.dense(unit(7), 9)] == [at + 7]
        new.close()

    @pytest.mark.parametrize(
        "query",
        ["", "?!", "it's \\ & | ! <-> cat:* 'dog", "cat\0moss", "\U0001d518 \u0301", "%s ?"],
    )
    def test_any_text_may_be_searched_for(
        self, index: SearchIndex, shelf: Shelf, query: str
    ) -> None:
        at = shelf.put("a", "cat's moss, dog\\fish & 'lamp' %s ? :1A")
        shelf.put("b", "rock")
        index.refresh()
        found = [one.chunk_id for one in index.lexical(query, 9)]
        assert found == ([at] if "cat" in query or "%s" in query else [])
        assert index.lexical(query, 9, parse_filter({"part": 5})) == []
        assert index.dense(unit(at), 9, parse_filter({"part": 5})) == []
