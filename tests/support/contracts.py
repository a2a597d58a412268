"""What every implementation of a store must do, with a brute-force oracle for each.

A test module subclasses a contract and supplies the implementation as a fixture.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import document, raw_texts

from citespan.index import Document, Span
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import Changes, IndexedText
from citespan.index.errors import (
    BuildIncomplete,
    CurrentRevision,
    DocumentNotFound,
    StoreMismatch,
)
from citespan.index.search.vectors.protocol import VectorIndex
from citespan.index.types import Chunk, Retired, Scored, Tracked, Vectors
from citespan.qa.evidence.protocol import Reader, Reading, Titled

BM25_K1, BM25_B = 1.2, 0.75


def pairs(found: Sequence[Scored]) -> list[tuple[int, float]]:
    return [(scored.chunk_id, scored.score) for scored in found]


def brute_force_dense(
    vectors: Mapping[int, Vectors], query: Vectors, k: int
) -> list[tuple[int, float]]:
    """All inner products, best first, equal ones by id."""
    ids = sorted(vectors)
    if not ids:
        return []
    scores = np.stack([vectors[at] for at in ids]) @ query
    order = np.argsort(-scores, kind="stable")[:k]
    return [(ids[at], float(scores[at])) for at in order.tolist()]


def bm25(texts: Mapping[int, str], query: str, k: int) -> list[tuple[int, float]]:
    """Okapi BM25 of texts whose words need no stemming, best first, equal ones by id.

    Lucene's form, as tantivy has it: idf = ln(1 + (N - n + 0.5) / (n + 0.5)). Texts of up to 40
    words: the length of longer ones is stored rounded.

    Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.15.
    """
    documents = {at: Counter(text.lower().split()) for at, text in texts.items()}
    if not documents:
        return []
    mean = sum(words.total() for words in documents.values()) / len(documents)
    scores: dict[int, float] = {}
    for word in set(query.lower().split()):
        holders = sum(word in words for words in documents.values())
        idf = math.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5))
        for at, words in documents.items():
            if frequency := words[word]:
                norm = BM25_K1 * (1 - BM25_B + BM25_B * words.total() / mean)
                gain = idf * frequency * (BM25_K1 + 1) / (frequency + norm)
                scores[at] = scores.get(at, 0.0) + gain
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]


class Lexical(Protocol):
    """The lexical side of a search index."""

    def ids(self) -> set[int]: ...
    def change(self, removed: Sequence[int], added: Sequence[tuple[int, str, str]]) -> None: ...
    def search(
        self, query: str, k: int, among: NDArray[np.int64] | None = None
    ) -> list[Scored]: ...


_DIM = 4
# Small whole numbers: exact in float32, in any order of summing, and full of ties.
_exact = st.lists(st.integers(-3, 3), min_size=_DIM, max_size=_DIM).map(
    lambda row: np.array(row, dtype=np.float32)
)
_ids = st.integers(0, 2**63 - 1)


def filled(make: Callable[[int], VectorIndex], vectors: Mapping[int, Vectors]) -> VectorIndex:
    index = make(_DIM)
    if vectors:
        index.add(list(vectors), np.stack(list(vectors.values())))
    return index


class DenseContract:
    """Subclass with a fixture `make` that gives an empty index of a dimension."""

    @given(st.dictionaries(_ids, _exact, max_size=12), _exact, st.integers(1, 15), st.data())
    def test_it_agrees_with_brute_force(
        self,
        make: Callable[[int], VectorIndex],
        vectors: dict[int, Vectors],
        query: Vectors,
        k: int,
        data: st.DataObject,
    ) -> None:
        index = filled(make, vectors)
        assert len(index) == len(vectors)
        assert pairs(index.search(query, k)) == brute_force_dense(vectors, query, k)
        gone = data.draw(st.lists(st.sampled_from([*vectors, 7]), unique=True))
        index.remove(gone)
        kept = {at: vector for at, vector in vectors.items() if at not in gone}
        assert index.ids() == set(kept)
        assert pairs(index.search(query, k)) == brute_force_dense(kept, query, k)

    @given(st.dictionaries(_ids, _exact, max_size=30), _exact, st.integers(1, 9), st.data())
    def test_of_some_it_finds_the_best_as_if_there_were_no_others(
        self,
        make: Callable[[int], VectorIndex],
        vectors: dict[int, Vectors],
        query: Vectors,
        k: int,
        data: st.DataObject,
    ) -> None:
        index = filled(make, vectors)
        among = sorted(data.draw(st.sets(st.sampled_from([*vectors, 7]))))
        left = {at: vector for at, vector in vectors.items() if at in among}
        found = index.search(query, k, np.array(among, dtype=np.int64))
        assert pairs(found) == brute_force_dense(left, query, k)

    def test_it_agrees_with_brute_force_on_unit_vectors(
        self, make: Callable[[int], VectorIndex]
    ) -> None:
        random = np.random.default_rng(11)
        rows = random.normal(size=(500, 64)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        vectors = dict(zip(random.permutation(10_000)[:500].tolist(), rows, strict=True))
        index = make(64)
        index.add(list(vectors), rows)
        for query in rows[:20]:
            found = pairs(index.search(query, 10))
            expected = brute_force_dense(vectors, query, 10)
            assert [at for at, _ in found] == [at for at, _ in expected]
            assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)

    def test_ties_do_not_depend_on_the_order_of_adding(
        self, make: Callable[[int], VectorIndex]
    ) -> None:
        same = np.ones((6, _DIM), dtype=np.float32)
        index = make(_DIM)
        index.add([9, 3, 7, 1, 5, 8], same)
        for k in range(1, 8):
            assert [at for at, _ in pairs(index.search(same[0], k))] == [1, 3, 5, 7, 8, 9][:k]

    def test_a_removed_id_can_be_added_again(self, make: Callable[[int], VectorIndex]) -> None:
        index = make(2)
        index.add([5], np.array([[1, 0]], dtype=np.float32))
        index.remove([5])
        index.add([5], np.array([[0, 1]], dtype=np.float32))
        assert pairs(index.search(np.array([0, 1], dtype=np.float32), 3)) == [(5, 1.0)]


WORDS = ("cat", "dog", "fish", "moss", "rock", "lamp", "wind")  # none is changed by the stemmer
_wordy = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)


class LexicalContract:
    """Subclass with a fixture `make` that gives an empty index."""

    @given(st.dictionaries(_ids, _wordy, min_size=1, max_size=8), _wordy, st.integers(1, 10))
    def test_scores_are_bm25(
        self, make: Callable[[], Lexical], texts: dict[int, str], query: str, k: int
    ) -> None:
        index = make()
        index.change([], [(at, "", text) for at, text in texts.items()])
        expected = dict(bm25(texts, query, len(texts)))
        found = pairs(index.search(query, k))
        assert len(found) == min(k, len(expected))
        for at, score in found:
            assert score == pytest.approx(expected[at], rel=1e-4)
        worst = min((score for _, score in found), default=0.0)
        left_out = [score for at, score in expected.items() if at not in dict(found)]
        assert max(left_out, default=0.0) <= worst + 1e-4
        assert found == sorted(found, key=lambda item: (-item[1], item[0]))

    @given(st.dictionaries(_ids, _wordy, max_size=30), _wordy, st.integers(1, 9), st.data())
    def test_of_some_it_finds_the_best_with_the_same_scores(
        self,
        make: Callable[[], Lexical],
        texts: dict[int, str],
        query: str,
        k: int,
        data: st.DataObject,
    ) -> None:
        index = make()
        index.change([], [(at, "", text) for at, text in texts.items()])
        among = sorted(data.draw(st.sets(st.sampled_from([*texts, 7]))))
        every = pairs(index.search(query, max(1, len(texts))))
        expected = [(at, score) for at, score in every if at in among][:k]
        assert pairs(index.search(query, k, np.array(among, dtype=np.int64))) == expected

    def test_few_and_many_of_the_ids_are_treated_alike(self, make: Callable[[], Lexical]) -> None:
        index = make()
        texts = {at: " ".join(WORDS[: 1 + at % 7] * (1 + at % 3)) for at in range(3000)}
        index.change([], [(at, "", text) for at, text in texts.items()])
        every = pairs(index.search("cat moss", 3000))
        for among in (range(0, 3000, 100), range(0, 3000, 2), range(2990, 3000), range(3000)):
            expected = [(at, score) for at, score in every if at in among][:20]
            assert pairs(index.search("cat moss", 20, np.array(among))) == expected

    def test_a_hand_computed_score(self, make: Callable[[], Lexical]) -> None:
        index = make()
        index.change([], [(1, "", "cat cat dog"), (2, "", "dog")])
        # idf = ln(1 + 1.5 / 1.5), tf part = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
        assert pairs(index.search("cat", 5)) == [(1, pytest.approx(0.835574, abs=1e-6))]

    def test_ties_do_not_depend_on_the_order_of_adding(self, make: Callable[[], Lexical]) -> None:
        index = make()
        for at in (9, 3, 7, 1, 5, 8):
            index.change([], [(at, "", "cat dog")])
        for k in range(1, 8):
            assert [at for at, _ in pairs(index.search("cat", k))] == [1, 3, 5, 7, 8, 9][:k]

    def test_a_title_counts_less_than_the_text(self, make: Callable[[], Lexical]) -> None:
        index = make()
        index.change([], [(1, "cat", "dog"), (2, "dog", "cat"), (3, "moss", "rock")])
        found = pairs(index.search("cat", 5))
        assert [at for at, _ in found] == [2, 1]
        assert found[1][1] == pytest.approx(found[0][1] / 2, rel=1e-4)

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("elections", "the election was held"),
            ("CAFE", "a café"),
            ("Visa?!", "visa-free travel"),
            ('title:cat AND -"dog* (', "the dog"),
        ],
    )
    def test_words_match_in_their_forms(
        self, make: Callable[[], Lexical], query: str, text: str
    ) -> None:
        index = make()
        index.change([], [(1, "", text), (2, "", "nothing of the kind")])
        assert [at for at, _ in pairs(index.search(query, 5))] == [1]

    @pytest.mark.parametrize("query", ["", " ", "?!", "absent"])
    def test_a_query_of_no_known_word_finds_nothing(
        self, make: Callable[[], Lexical], query: str
    ) -> None:
        index = make()
        index.change([], [(1, "", "cat")])
        assert index.search(query, 5) == []

    def test_an_empty_index_finds_nothing(self, make: Callable[[], Lexical]) -> None:
        assert make().ids() == set()
        assert make().search("cat", 5) == []

    def test_what_is_removed_is_not_found(self, make: Callable[[], Lexical]) -> None:
        index = make()
        index.change([], [(1, "", "cat"), (2, "", "cat dog"), (2**63 - 1, "", "cat moss")])
        index.change([2, 99], [(4, "", "cat rock")])
        assert index.ids() == {1, 4, 2**63 - 1}
        assert {at for at, _ in pairs(index.search("cat", 9))} == {1, 4, 2**63 - 1}
        assert index.search("dog", 9) == []

    def test_a_change_can_replace_a_text(self, make: Callable[[], Lexical]) -> None:
        index = make()
        index.change([], [(1, "", "cat")])
        index.change([1], [(1, "", "dog")])
        assert index.ids() == {1}
        assert index.search("cat", 9) == []
        assert [at for at, _ in pairs(index.search("dog", 9))] == [1]


def chunks_of(stored: Document, *spans: Span) -> list[Chunk]:
    """Chunks with ids that tell document, revision and place apart."""
    base = sum(stored.id.encode()) * 10_000 + stored.revision * 100
    return [
        Chunk(
            id=base + at,
            document_id=stored.id,
            revision=stored.revision,
            span=span,
            tokens=len(span),
        )
        for at, span in enumerate(spans)
    ]


def rows(*values: Sequence[float]) -> Vectors:
    return np.array(values, dtype=np.float32)


def held(catalogue: Catalogue, ids: Sequence[int]) -> list[list[float]]:
    """The vectors of these ids, all of which are stored."""
    stored, vectors = catalogue.vectors(ids)
    assert stored == list(ids)
    return vectors.tolist()


class CatalogueContract:
    """Subclass with a fixture `catalogue`: an empty one.

    `examples` are those of a test by hypothesis, and `remembered` generations are told: fewer for
    an engine on a server, which takes milliseconds for each store.
    """

    examples = 100
    remembered = 1000

    @pytest.fixture
    def stored(self, catalogue: Catalogue) -> tuple[Document, list[Chunk], Vectors]:
        one = document("One cat.\nTwo 𝔘 dogs.", id="one")
        chunks = chunks_of(one, Span(0, 8), Span(9, 20))
        vectors = rows([1, 0], [0.6, 0.8])
        catalogue.store(one, chunks, vectors)
        return one, chunks, vectors

    def test_what_is_stored_comes_back(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, chunks, vectors = stored
        assert catalogue.document("one") == one
        assert catalogue.document("one", 1) == one
        info = catalogue.find("one")
        assert info is not None
        assert (info.sha256, info.length, info.revision) == (one.sha256, 20, 1)
        ids = [chunk.id for chunk in chunks]
        assert catalogue.chunk_ids() == set(ids)
        assert catalogue.chunks([*ids, 42]) == {chunk.id: chunk for chunk in chunks}
        assert held(catalogue, ids) == vectors.tolist()
        assert held(catalogue, ids[::-1]) == vectors[::-1].tolist()
        assert catalogue.vectors([42, ids[1]])[0] == [ids[1]]
        assert catalogue.vectors([42])[0] == []
        found = sorted(catalogue.indexed_texts([*ids, 42]), key=lambda row: ids.index(row.chunk.id))
        assert found == [
            IndexedText(chunks[0], "", "One cat."),
            IndexedText(chunks[1], "", "Two 𝔘 dogs."),
        ]
        assert catalogue.counts() == (1, 2)
        assert catalogue.check() == []

    def test_replacing_keeps_old_revisions_but_only_new_chunks(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, _, _ = stored
        new = document("Three.", id="one", revision=2)
        chunks = chunks_of(new, Span(0, 6))
        catalogue.store(new, chunks, rows([0, 1]))
        assert catalogue.document("one") == new
        assert catalogue.document("one", 1) == one
        assert catalogue.document("one", 2) == new
        assert catalogue.chunk_ids() == {chunks[0].id}
        assert catalogue.counts() == (1, 1)
        assert catalogue.check() == []

    def test_deleting_removes_every_revision(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        other = document("Other.", id="other")
        kept = chunks_of(other, Span(0, 6))
        catalogue.store(other, kept, rows([0, 1]))
        catalogue.store(document("Three.", id="one", revision=2), [], rows().reshape(0, 2))
        catalogue.delete("one")
        for revision in (None, 1, 2):
            with pytest.raises(DocumentNotFound):
                catalogue.document("one", revision)
        assert catalogue.find("one") is None
        assert catalogue.chunk_ids() == {kept[0].id}
        assert catalogue.counts() == (1, 1)

    def test_what_is_absent_is_not_found(self, catalogue: Catalogue) -> None:
        with pytest.raises(DocumentNotFound, match="'none'"):
            catalogue.delete("none")
        with pytest.raises(DocumentNotFound, match="'none'"):
            catalogue.document("none")
        assert catalogue.find("none") is None
        assert catalogue.counts() == (0, 0)

    @pytest.mark.parametrize("revision", [0, 2, -1, 2**70])
    def test_other_revisions_are_not_found(
        self,
        catalogue: Catalogue,
        stored: tuple[Document, list[Chunk], Vectors],
        revision: int,
    ) -> None:
        with pytest.raises(DocumentNotFound):
            catalogue.document("one", revision)

    def test_ids_that_are_not_unicode_are_not_found(self, catalogue: Catalogue) -> None:
        assert catalogue.find("\ud800") is None
        with pytest.raises(DocumentNotFound):
            catalogue.document("\ud800")
        with pytest.raises(DocumentNotFound):
            catalogue.delete("\ud800")

    def test_the_generation_grows_with_each_change_and_only_then(
        self, catalogue: Catalogue
    ) -> None:
        seen = [catalogue.generation]
        catalogue.store(document("One.", id="one"), [], rows().reshape(0, 2))
        seen.append(catalogue.generation)
        catalogue.document("one")
        catalogue.record_derived("x", {"a": "b"})
        assert catalogue.generation == seen[-1]
        catalogue.delete("one")
        seen.append(catalogue.generation)
        with pytest.raises(DocumentNotFound):
            catalogue.delete("one")
        assert catalogue.generation == seen[-1]
        assert seen == sorted(set(seen))

    def test_an_entry_is_recorded_with_its_document_and_deleted_with_it(
        self, catalogue: Catalogue
    ) -> None:
        entry = Tracked(source="notes", key="a.md", version="1", sha256="00")
        none = rows().reshape(0, 2)
        catalogue.store(document("One.", id="one"), [], none, tracked=entry)
        assert catalogue.tracking.of("notes") == [replace(entry, document_id="one")]
        moved = replace(entry, key="b.md", version="2")
        catalogue.store(document("One.", id="one", revision=2), [], none, tracked=moved)
        assert catalogue.tracking.of("notes") == [replace(moved, document_id="one")]
        refused = replace(entry, key="c.pdf", reason="encrypted")
        catalogue.tracking.record(refused)
        catalogue.tracking.record(replace(entry, source="others", document_id="one"))
        assert catalogue.tracking.with_document("one") == replace(
            entry, source="others", document_id="one"
        )
        assert catalogue.tracking.sources() == {"notes": 0, "others": 1}
        catalogue.delete("one")
        assert catalogue.tracking.sources() == {"notes": 0}
        catalogue.tracking.forget([refused])
        assert catalogue.tracking.of("notes") == []
        assert catalogue.leftovers() == []

    def test_a_store_that_fails_records_no_entry(self, catalogue: Catalogue) -> None:
        new = document("Three.", id="one")
        with pytest.raises(ValueError, match="argument"):  # one vector too few
            catalogue.store(
                new,
                chunks_of(new, Span(0, 2), Span(3, 6)),
                rows([0, 1]),
                tracked=Tracked(source="notes", key="a", version="1"),
            )
        assert catalogue.tracking.of("notes") == []

    def test_a_store_that_fails_changes_nothing(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, chunks, vectors = stored
        before = catalogue.generation
        new = document("Three.", id="one", revision=2)
        with pytest.raises(ValueError, match="argument"):  # one vector too few
            catalogue.store(new, chunks_of(new, Span(0, 2), Span(3, 6)), rows([0, 1]))
        assert catalogue.document("one") == one
        assert catalogue.generation == before
        assert held(catalogue, [chunk.id for chunk in chunks]) == vectors.tolist()

    def test_changes_tell_what_came_and_went(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, chunks, vectors = stored
        ids = {chunk.id for chunk in chunks}
        first = catalogue.generation
        assert catalogue.changes(first - 1) == Changes(added=ids, removed=set())
        assert catalogue.changes(first) == Changes(added=set(), removed=set())
        other = document("Other.", id="other")
        catalogue.store(other, chunks_of(other, Span(0, 6)), rows([0, 1]))
        (new,) = catalogue.chunk_ids() - ids
        assert catalogue.changes(first) == Changes(added={new}, removed=set())
        catalogue.delete("one")
        assert catalogue.changes(first) == Changes(added={new}, removed=ids)
        catalogue.store(one, chunks, vectors)  # the same ids again
        assert catalogue.changes(first) == Changes(added={new, *ids}, removed=set())

    def test_changes_lead_from_any_state_to_the_present_one(self, catalogue: Catalogue) -> None:
        steps = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12)

        @given(steps, st.data())  # inside, as one test has not several subclasses for hypothesis
        @settings(max_examples=self.examples)
        def check(steps: list[tuple[str, bool]], data: st.DataObject) -> None:
            states = [(catalogue.generation, catalogue.chunk_ids())]
            for name, kept in steps:
                if kept:
                    one = document(
                        f"{name} {len(states)}.",
                        id=name,
                        revision=catalogue.last_revision(name) + 1,
                    )
                    catalogue.store(one, chunks_of(one, Span(0, 4)), rows([1, 0]))
                elif catalogue.find(name):
                    catalogue.delete(name)
                states.append((catalogue.generation, catalogue.chunk_ids()))
            since, held = data.draw(st.sampled_from(states))
            changes = catalogue.changes(since)
            assert changes
            assert (held - changes.removed) | changes.added == states[-1][1]

        check()

    def test_what_changed_long_ago_is_not_told(
        self, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("citespan.index.catalogue.chunks._REMEMBERED", self.remembered)
        first = catalogue.generation
        for revision in range(1, self.remembered + 2):
            one = document(f"{revision}.", id="one", revision=revision)
            catalogue.store(one, [], rows().reshape(0, 2))
        assert catalogue.changes(first) is None
        assert catalogue.changes(first + 1) is not None

    def test_a_build_stands_beside_the_other_until_it_is_switched_to(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, chunks, vectors = stored
        other = catalogue.with_build({"embedder": "another"})
        assert catalogue.with_build({"embedder": "another"}).build == other.build
        assert [build.id for build in other.builds()] == [catalogue.build.id, other.build.id]
        assert (other.missing("", 9), other.missing("one", 9)) == (["one"], [])
        assert other.chunk_ids() == set()
        with pytest.raises(BuildIncomplete, match="lacks"):
            other.switch()
        parts = chunks_of(one, Span(0, 20))
        assert other.fill(one, parts, rows([0, 0, 1]))
        assert other.fill(one, parts, rows([0, 1, 0]))  # again
        assert other.missing("", 9) == []
        assert held(other, [parts[0].id]) == [[0, 1, 0]]
        assert held(catalogue, [chunk.id for chunk in chunks]) == vectors.tolist()
        assert catalogue.current() == catalogue.build.id
        assert (other.filled(), other.previous()) == (1, None)
        other.switch()
        assert catalogue.current() == other.build.id != catalogue.build.id
        assert catalogue.previous() == catalogue.build.id
        assert (other.check(), catalogue.check()) == ([], [])

    def test_what_is_stored_through_one_build_is_missing_in_the_others(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, _, _ = stored
        other = catalogue.with_build({"embedder": "another"})
        (old,) = chunks_of(one, Span(0, 20))
        other.fill(one, [old], rows([0, 1]))
        since = other.generation
        new = document("Three.", id="one", revision=2)
        catalogue.store(new, chunks_of(new, Span(0, 6)), rows([0, 1]))
        assert other.missing("", 9) == ["one"]
        assert not other.fill(one, [old], rows([0, 1]))  # of yesterday
        assert other.chunk_ids() == set()
        assert other.changes(since) == Changes(
            added=set(), removed={chunks_of(one, Span(0, 20))[0].id}
        )
        assert other.fill(new, chunks_of(new, Span(0, 6)), rows([1, 1]))
        catalogue.delete("one")
        assert (other.chunk_ids(), other.missing("", 9)) == (set(), [])

    def test_a_build_is_dropped_unless_it_is_in_use(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        one, chunks, _ = stored
        other = catalogue.with_build({"embedder": "another"})
        other.fill(one, chunks_of(one, Span(0, 20)), rows([0, 1]))
        with pytest.raises(StoreMismatch, match="in use"):
            catalogue.drop(catalogue.build.id)
        catalogue.drop(other.build.id)
        catalogue.drop(other.build.id)
        assert catalogue.builds() == (catalogue.build,)
        assert catalogue.chunk_ids() == {chunk.id for chunk in chunks}
        assert catalogue.with_build({"embedder": "another"}).build.id > other.build.id

    def test_pages_come_in_id_order_and_hold_each_document_once(self, catalogue: Catalogue) -> None:
        ids = [f"doc-{at}" for at in range(7)]
        for at in (3, 0, 6, 2, 5, 1, 4):
            catalogue.store(document(f"Text {at}.", id=ids[at]), [], rows().reshape(0, 2))
        pages: list[list[str]] = []
        after = None
        while True:
            page = catalogue.page(after, 3)
            pages.append([info.id for info in page.documents])
            after = page.next_cursor
            if after is None:
                break
        assert pages == [ids[:3], ids[3:6], ids[6:]]
        assert catalogue.page(None, 7).next_cursor is None

    def test_revisions_are_listed_and_purged(
        self, catalogue: Catalogue, stored: tuple[Document, list[Chunk], Vectors]
    ) -> None:
        history = [stored[0], *(document(f"N{n}.", id="one", revision=n) for n in range(2, 6))]
        for one in history[1:]:
            catalogue.store(one, [], rows().reshape(0, 2))
        other = [document(f"O{n}.", id="other", revision=n) for n in (3, 8)]
        catalogue.store(other[1], [], rows().reshape(0, 2), past=other[:1])
        assert catalogue.revisions("one") == tuple(one.info() for one in history)
        assert catalogue.revisions("other") == tuple(one.info() for one in other)
        assert catalogue.document("other") == other[1]
        assert catalogue.document("other", 3) == other[0]
        assert catalogue.revisions("none") == ()
        generation = catalogue.generation
        assert catalogue.purge("one", 2) == 2
        assert [one.revision for one in catalogue.revisions("one")] == [3, 4, 5]
        catalogue.purge_revision("one", 4)
        assert [one.revision for one in catalogue.revisions("one")] == [3, 5]
        for gone in (1, 2, 4):
            with pytest.raises(DocumentNotFound, match=f"revision {gone}: it was purged, or never"):
                catalogue.document("one", gone)
        assert catalogue.document("one", 3) == history[2]
        assert catalogue.purge("one", 2**53) == 0
        assert catalogue.purge(None, 0) == 2
        assert catalogue.purge(None, 0) == 0
        assert catalogue.revisions("one") == (history[-1].info(),)
        assert catalogue.revisions("other") == (other[-1].info(),)
        assert [catalogue.last_revision(name) for name in ("one", "other")] == [5, 8]
        assert catalogue.generation == generation
        assert catalogue.leftovers() == []

    def test_a_document_is_found_by_its_current_text(self, catalogue: Catalogue) -> None:
        one, two = document("One.", id="one"), document("Two.", id="one", revision=2)
        copy = document("Two.", id="copy")
        assert catalogue.with_text(one.sha256) is None
        for stored in (one, two, copy):
            catalogue.store(stored, [], rows().reshape(0, 2))
        assert catalogue.with_text(one.sha256) is None  # a past revision has it
        assert catalogue.with_text(two.sha256) == copy.info()
        catalogue.delete("copy")
        assert catalogue.with_text(two.sha256) == two.info()

    def test_past_revisions_are_kept_by_the_rule(self, catalogue: Catalogue) -> None:
        removed = [
            catalogue.store(document(f"{n}.", id="x", revision=n), [], rows().reshape(0, 2), keep=2)
            for n in range(1, 6)
        ]
        assert removed == [0, 0, 0, 1, 1]
        assert [one.revision for one in catalogue.revisions("x")] == [3, 4, 5]

    @pytest.mark.parametrize("revision", [0, 2, -1, 2**70])
    def test_what_is_not_a_past_revision_is_not_purged(
        self,
        catalogue: Catalogue,
        stored: tuple[Document, list[Chunk], Vectors],
        revision: int,
    ) -> None:
        with pytest.raises(DocumentNotFound, match=f"no revision {revision}"):
            catalogue.purge_revision("one", revision)
        with pytest.raises(CurrentRevision, match="revision 1 is the current one"):
            catalogue.purge_revision("one", 1)
        for name in ("none", "\ud800"):
            with pytest.raises(DocumentNotFound):
                catalogue.purge(name, 0)
            with pytest.raises(DocumentNotFound):
                catalogue.purge_revision(name, 1)
        assert catalogue.document("one", 1) == stored[0]

    def test_retired_numbers_only_grow(self, catalogue: Catalogue) -> None:
        assert catalogue.retired(None, 5) == []
        for name, revision in (("b", 4), ("a", 2), ("c", 1), ("b", 3)):
            catalogue.retire(name, revision)
        assert catalogue.last_revision("b") == 4
        first = catalogue.retired(None, 2)
        assert first == [Retired(id="a", revision=2), Retired(id="b", revision=4)]
        assert catalogue.retired("b", 2) == [Retired(id="c", revision=1)]
        catalogue.store(document("Again.", id="a", revision=7), [], rows().reshape(0, 2))
        catalogue.delete("a")
        assert catalogue.retired(None, 1) == [Retired(id="a", revision=7)]
        assert catalogue.counts() == (0, 0)

    def test_derived_records_are_replaced_whole(self, catalogue: Catalogue) -> None:
        assert catalogue.derived("vectors") == {}
        catalogue.record_derived("vectors", {"file": "a", "sha256": "b"})
        catalogue.record_derived("vectors", {"file": "c"})
        assert catalogue.derived("vectors") == {"file": "c"}
        assert catalogue.derived("lexical") == {}

    def test_more_ids_than_one_statement_takes(self, catalogue: Catalogue) -> None:
        many = document("x" * 1200, id="many")
        chunks = chunks_of(many, *(Span(at, at + 1) for at in range(1200)))
        random = np.random.default_rng(5).normal(size=(1200, 2)).astype(np.float32)
        catalogue.store(many, chunks, random)
        ids = [chunk.id for chunk in chunks][::-1]
        assert held(catalogue, ids) == random[::-1].tolist()
        assert list(catalogue.chunks(ids)) != []
        assert len(catalogue.chunks(ids)) == 1200


Told: TypeAlias = list[tuple[float, Reading]]


def told(reader: Reader, question: str, passages: Sequence[Titled]) -> Told:
    """What a reader says of passages: at a first look, and when it has read them."""
    return [(look.relevance, look.read()) for look in reader.look(question, passages)]


def read(reader: Reader, question: str, text: str) -> Reading:
    ((_, reading),) = told(reader, question, [Titled("", text)])
    return reading


def figures(found: Told) -> list[float]:
    return [
        figure
        for relevance, reading in found
        for figure in (
            relevance,
            reading.relevance,
            reading.probability,
            *(mark.evidence for mark in reading.marks),
        )
    ]


def spans(found: Told) -> list[tuple[Span | None, list[Span]]]:
    return [(reading.answer, [mark.span for mark in reading.marks]) for _, reading in found]


def assert_sound(reading: Reading, text: str) -> None:
    """What holds for every reading, whatever the text."""
    assert 0 <= reading.probability <= 1
    assert math.isfinite(reading.relevance)
    marked = [mark.span for mark in reading.marks]
    assert marked == sorted(set(marked))
    for mark in reading.marks:
        assert mark.span.of(text)  # refuses what is not inside
        assert 0 <= mark.evidence <= 1
    assert reading.answer is None or reading.answer.of(text).strip()


def unmarked(reading: Reading, text: str) -> str:
    """The characters that are neither marked nor white space."""
    marked = {at for mark in reading.marks for at in range(mark.span.start, mark.span.end)}
    return "".join(c for at, c in enumerate(text) if at not in marked and not c.isspace())


RIVER = "Which river is large?"
PASSAGES = [
    Titled("", "The river is large. The cat, too!"),
    Titled("Of dogs", "A dog (large) sleeps; it is 3.5 km from the river."),
    Titled("The river", "The cat is large."),
    Titled("", "The large dog. " * 40 + "The end is near."),
    Titled("", ""),
]
AWKWARD = [
    "", " \n\t\u3000", "\u0301", "\u200b\ufeff", "?!", "👩\u200d👧 🇺🇾 𝔘𝔫", "مرحبا بك. كيف حالك؟",
    "e\u0301te\u0301 a\u0323\u0302", "One.\r\nTwo.\r\n\r\n", "他来了。她走了！真的吗？",
    "각력한 문장입니다.", "[CLS] the [SEP] cat [PAD]", "x" * 300, "a\0b", "\ufffd",
]  # fmt: skip


class ReaderContract:
    """Subclass with a fixture `reader`; `tolerance` of figures, if batches change them a little."""

    tolerance = 0.0

    def assert_same(self, one: Told, other: Told) -> None:
        assert spans(one) == spans(other)
        assert figures(one) == pytest.approx(figures(other), rel=0, abs=self.tolerance)

    def test_a_reading_depends_on_its_pair_alone(self, reader: Reader) -> None:
        together = told(reader, RIVER, PASSAGES)
        assert len(together) == len(PASSAGES)
        assert len({round(relevance, 4) for relevance, _ in together}) == len(PASSAGES)
        self.assert_same(together, told(reader, RIVER, PASSAGES[::-1])[::-1])
        single = [told(reader, RIVER, [one])[0] for one in PASSAGES]
        self.assert_same([(0, one) for _, one in together], [(0, one) for _, one in single])
        best = max(range(len(PASSAGES)), key=lambda at: together[at][0])
        self.assert_same([together[best]], [single[best]])

    def test_a_look_can_be_read_late_and_again(self, reader: Reader) -> None:
        looks = reader.look(RIVER, PASSAGES[:2])
        read(reader, "Why is the cat large?", "The dog.")
        late = [(look.relevance, look.read()) for look in looks]
        self.assert_same(late, told(reader, RIVER, PASSAGES[:2]))
        self.assert_same(late, [(look.relevance, look.read()) for look in looks])

    def test_no_passages_have_no_looks(self, reader: Reader) -> None:
        assert reader.look(RIVER, []) == []

    def test_the_question_matters(self, reader: Reader) -> None:
        one, other = (told(reader, question, PASSAGES[:1]) for question in (RIVER, "The cat?"))
        assert figures(one) != pytest.approx(figures(other), rel=0, abs=1e-3)

    @pytest.mark.parametrize("passage", PASSAGES, ids=range(len(PASSAGES)))
    def test_all_of_a_passage_is_marked(self, reader: Reader, passage: Titled) -> None:
        ((_, reading),) = told(reader, RIVER, [passage])
        assert_sound(reading, passage.text)
        assert unmarked(reading, passage.text) == ""
        assert bool(reading.marks) == bool(passage.text)

    @pytest.mark.parametrize("title", ["", "The dog", "The large river " * 100, " ", "🇺🇾\r\n"])
    def test_spans_are_those_of_the_text_whatever_the_title(
        self, reader: Reader, title: str
    ) -> None:
        text = "The cat is large."
        ((_, reading),) = told(reader, RIVER, [Titled(title, text)])
        assert_sound(reading, text)
        assert spans([(0, reading)])[0][1] == spans([(0, read(reader, RIVER, text))])[0][1]

    def test_a_long_passage_is_read_to_its_end(self, reader: Reader) -> None:
        text = "The river is large. " * 200 + "The cat sleeps on 3 mats."
        reading = read(reader, RIVER, text)
        assert_sound(reading, text)
        assert unmarked(reading, text) == ""
        assert reading.marks[-1].span.end == len(text)

    @pytest.mark.parametrize("words", [10, 28, 60, 666])
    def test_a_long_question_leaves_room_for_the_passage(self, reader: Reader, words: int) -> None:
        text = "The large river. " * 20
        reading = read(reader, "is " * words, text)
        assert_sound(reading, text)
        assert unmarked(reading, text) == ""

    @pytest.mark.parametrize("text", AWKWARD)
    def test_awkward_texts_are_read(self, reader: Reader, text: str) -> None:
        ((relevance, reading),) = told(reader, RIVER, [Titled("", text)])
        assert math.isfinite(relevance)
        assert_sound(reading, text)
        assert not [c for c in unmarked(reading, text) if c.isalnum()]
        assert_sound(read(reader, text, "The river."), "The river.")

    def test_any_text_is_read(self, reader: Reader) -> None:
        @given(raw_texts)  # inside, as one test has not several subclasses for hypothesis
        @settings(max_examples=25)
        def check(text: str) -> None:
            reading = read(reader, RIVER, text)
            assert_sound(reading, text)
            assert not [c for c in unmarked(reading, text) if c.isalnum()]

        check()

    def test_many_threads_may_read(self, reader: Reader) -> None:
        alone = told(reader, RIVER, PASSAGES[:3])
        with ThreadPoolExecutor(4) as pool:
            found = [pool.submit(told, reader, RIVER, PASSAGES[:3]) for _ in range(8)]
        for one in found:
            self.assert_same(one.result(), alone)
