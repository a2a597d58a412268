"""The corpus: what is stored is found, what is deleted is not, whatever happens to its files."""

import dataclasses
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from citespan.index import Corpus, Draft, OnnxEmbedder, Passage, Span
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.corpus.opening import Parts
from citespan.index.corpus.searcher import Searcher
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import (
    DocumentNotFound,
    DocumentRejected,
    DuplicateDocument,
    StoreCorrupt,
    StoreLocked,
    StoreMismatch,
    StoreUnavailable,
)
from citespan.index.search.local import LocalSearchIndex
from citespan.index.types import Chunk, Context, Outcome, Side, Vectors
from citespan.qa.composition.seed import seed_draft

CATS = Draft(id="cats", text="Cats sleep for most of the day.", title="Cats")
TRADE = Draft(id="trade", text="Exports of copper grew by a third last year.", title="Trade")
RIVERS = Draft(id="rivers", text="The Amazon carries more water than any other river.")
QUERIES = ("how long do cats sleep", "copper exports", "largest river", "U.S. hegemony", "summit")


class Counting:
    """The real embedder, counting the texts it is given."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.dim, self.max_tokens = real.name, real.dim, real.max_tokens
        self.texts = 0

    def count_tokens(self, text: str) -> int:
        return self._real.count_tokens(text)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return self._real.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        return self._real.embed_query(text)


@pytest.fixture
def folder(tmp_path: Path, embedder: OnnxEmbedder) -> Path:
    """A closed corpus of four documents."""
    folder = tmp_path / "filled"
    with Corpus.open(folder, embedder) as corpus:
        for draft in (seed_draft(), CATS, TRADE, RIVERS):
            corpus.put(draft)
    return folder


def results(corpus: Corpus) -> list[list[Passage]]:
    return [corpus.search(query) for query in QUERIES]


def found(corpus: Corpus, query: str, k: int = 10) -> list[str]:
    return [passage.chunk.document_id for passage in corpus.search(query, k=k)]


class TestStoring:
    def test_a_document_comes_back_as_it_was(self, corpus: Corpus) -> None:
        draft = Draft(
            id="x",
            text="Un café.\r\n𝔘 fin.",
            title=" A \n title ",
            uri="file:///x",
            metadata={"n": 1},
        )
        stored = corpus.add(draft)
        assert stored.outcome is Outcome.ADDED
        document = corpus.get("x")
        assert document.text == "Un café.\n𝔘 fin."
        assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()
        assert (document.title, document.uri, document.revision) == ("A title", "file:///x", 1)
        assert (document.length, document.metadata) == (15, {"n": 1})
        assert corpus.info("x") == stored.document
        assert corpus.counts() == (1, 1)

    def test_the_same_again_changes_nothing(self, corpus: Corpus) -> None:
        corpus.add(CATS)
        generation, passages = corpus.generation, corpus.search("cats")
        for store in (corpus.add, corpus.put):
            assert store(CATS).outcome is Outcome.UNCHANGED
        assert corpus.generation == generation
        assert corpus.search("cats") == passages

    def test_adding_does_not_replace_and_putting_does(self, corpus: Corpus) -> None:
        corpus.add(CATS)
        other = Draft(id="cats", text="Lions hunt at night.")
        with pytest.raises(DuplicateDocument, match="'cats'"):
            corpus.add(other)
        assert corpus.get("cats").text == CATS.text
        stored = corpus.put(other)
        assert (stored.outcome, stored.document.revision) == (Outcome.REPLACED, 2)
        assert corpus.get("cats").text == "Lions hunt at night."
        assert corpus.get("cats", 1).text == CATS.text
        assert [passage.text for passage in corpus.search("cats sleep")] == ["Lions hunt at night."]
        with pytest.raises(DocumentNotFound, match="no revision 3"):
            corpus.get("cats", 3)

    def test_metadata_of_another_type_is_other_content(self, corpus: Corpus) -> None:
        corpus.put(Draft(id="a", text="Text.", metadata={"x": 1}))
        stored = corpus.put(Draft(id="a", text="Text.", metadata={"x": True}))
        assert (stored.outcome, stored.document.revision) == (Outcome.REPLACED, 2)

    def test_closing_on_another_thread_lets_others_write(
        self, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        opened: list[Corpus] = []
        folder = tmp_path / "threads"
        opening = threading.Thread(target=lambda: opened.append(Corpus.open(folder, embedder)))
        opening.start()
        opening.join()
        opened[0].close()
        Corpus.open(folder, embedder).close()

    def test_a_lost_catalogue_is_not_taken_for_an_empty_one(
        self, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        folder = tmp_path / "lost"
        with Corpus.open(folder, embedder) as corpus:
            corpus.put(CATS)
        (folder / "catalog.db").write_bytes(b"")
        with pytest.raises(StoreCorrupt, match="missing or empty"):
            Corpus.open(folder, embedder)

    def test_a_revision_number_is_never_used_again(self, corpus: Corpus) -> None:
        corpus.put(Draft(id="a", text="Old text."))
        corpus.put(Draft(id="a", text="Newer text."))
        corpus.delete("a")
        assert corpus.put(Draft(id="a", text="Other text.")).document.revision == 3
        with pytest.raises(DocumentNotFound):
            corpus.get("a", 1)

    def test_closing_gives_up_an_ingest_between_batches(
        self, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("citespan.index.corpus.making._EMBED_BATCH", 1)
        drafts = iter([CATS, Draft(id="long", text="One sentence. " * 500)])
        storing = corpus.put_many(drafts)
        next(storing)
        corpus.close()
        with pytest.raises(StoreUnavailable):
            next(storing)

    def test_a_deleted_document_is_never_returned(self, corpus: Corpus) -> None:
        for draft in (CATS, TRADE):
            corpus.put(draft)
        corpus.delete("cats")
        assert found(corpus, "cats sleep for most of the day", k=100) == ["trade"]
        with pytest.raises(DocumentNotFound):
            corpus.get("cats")
        with pytest.raises(DocumentNotFound):
            corpus.delete("cats")
        assert corpus.add(CATS).outcome is Outcome.ADDED
        assert found(corpus, "cats sleep")[0] == "cats"

    def test_deleted_words_take_no_place_among_the_candidates(self, corpus: Corpus) -> None:
        for at in range(5):
            corpus.put(Draft(id=f"gone-{at}", text="copper copper copper"))
        corpus.put(TRADE)
        for at in range(5):
            corpus.delete(f"gone-{at}")
        passages = corpus.search("copper", k=5, candidates=1)
        assert [passage.chunk.document_id for passage in passages] == ["trade"]
        assert passages[0].scores.lexical is not None

    def test_a_new_title_is_a_new_vector(self, corpus: Corpus) -> None:
        corpus.put(CATS)
        before = corpus.search("cats")[0]
        corpus.put(Draft(id="cats", text=CATS.text, title="The stock exchange"))
        after = corpus.search("cats")[0]
        assert (before.text, after.title) == (after.text, "The stock exchange")
        assert before.chunk.id != after.chunk.id
        assert before.scores.dense is not None
        assert after.scores.dense is not None
        assert after.scores.dense < before.scores.dense - 0.01
        assert corpus.search("stock exchange")[0].scores.lexical is not None

    def test_many_are_stored_in_order_and_found(self, corpus: Corpus) -> None:
        drafts = [CATS, TRADE, CATS, Draft(id="cats", text="New."), RIVERS]
        outcomes = [stored.outcome for stored in corpus.put_many(iter(drafts))]
        assert outcomes == [
            Outcome.ADDED, Outcome.ADDED, Outcome.UNCHANGED, Outcome.REPLACED, Outcome.ADDED,
        ]  # fmt: skip
        assert set(found(corpus, "anything", k=100)) == {"cats", "trade", "rivers"}
        assert corpus.get("cats").text == "New."

    def test_many_that_end_in_an_error_keep_what_came_before(self, corpus: Corpus) -> None:
        with pytest.raises(DocumentRejected):
            list(corpus.put_many([CATS, Draft(text=" "), TRADE]))
        assert found(corpus, "copper cats", k=100) == ["cats"]

    def test_ids_come_from_the_address_or_the_text(self, corpus: Corpus) -> None:
        def id_of(draft: Draft) -> str:
            return corpus.put(draft).document.id

        digest = hashlib.sha256(b"http://a/b").hexdigest()
        assert id_of(Draft(text="One.", uri="http://a/b")) == f"doc_{digest[:20]}"
        assert id_of(Draft(text="Two.", uri="http://a/b")) == f"doc_{digest[:20]}"
        assert id_of(Draft(text="Two.")) == f"doc_{hashlib.sha256(b'Two.').hexdigest()[:20]}"

    @pytest.mark.parametrize("id_", ["", "a/b", "a\nb", "\ud800", "x" * 201, "\0"])
    def test_unusable_ids_are_rejected(self, corpus: Corpus, id_: str) -> None:
        with pytest.raises(DocumentRejected, match="document id"):
            corpus.put(Draft(id=id_, text="Some text."))

    @pytest.mark.parametrize(
        ("draft", "named"),
        [
            (Draft(text="a\ud800"), "character 1"),
            (Draft(text="a", title="\udfff"), "title"),
            (Draft(text="a", uri="x:\ud800"), "uri"),
            (Draft(text="a", media_type="\ud800"), "media type"),
            (Draft(text="a", title="t" * 2001), "title has 2001 characters; 2000 are allowed"),
            (Draft(text="a", uri="u" * 4001), "uri has 4001"),
            (Draft(text="a", media_type="m" * 201), "media type has 201"),
            (Draft(text="a", metadata={"k": "v" * 20_000}), "metadata has 20008 bytes"),
            (Draft(text="a", metadata={"k": "\ud800"}), "value of 'k'"),
            (Draft(text="a", metadata={"\ud800": 1}), "key"),
            (Draft(text="a", metadata={"k": float("nan")}), "'k' is nan"),
            (Draft(text="a", metadata={"k": float("-inf")}), "'k' is -inf"),
            (Draft(text="a", metadata={"k": ["\ud800", "b"]}), "value of 'k'"),
            (Draft(text="a", metadata={"k": [1.5, float("inf")]}), "'k' is inf"),
        ],
    )
    def test_what_cannot_be_stored_is_rejected_by_name(
        self, corpus: Corpus, draft: Draft, named: str
    ) -> None:
        with pytest.raises(DocumentRejected, match=named):
            corpus.put(draft)
        assert corpus.counts() == (0, 0)
        assert corpus.generation == 0

    def test_chunk_ids_never_change(self, corpus: Corpus) -> None:
        corpus.put(CATS)
        chunk = corpus.search("cats")[0].chunk
        # sha256("cats\0Cats\0<sha256 of the text>\0" "0\0" "31"), first 8 bytes, shifted right
        assert chunk.id == 5_674_807_444_381_602_218
        assert (chunk.span, chunk.tokens) == (Span(0, 31), 8)

    def test_chunks_are_cut_from_the_text(self, corpus: Corpus) -> None:
        corpus.put(seed_draft())
        text = corpus.get("seed").text
        passages = corpus.search("China", k=100)
        assert len(passages) == corpus.counts()[1]
        assert all(passage.text == passage.chunk.span.of(text) for passage in passages)


class TestListing:
    def test_pages(self, corpus: Corpus) -> None:
        ids = [f"d{at}" for at in range(5)]
        for at in (2, 0, 4, 1, 3):
            corpus.put(Draft(id=ids[at], text=f"Text {at}."))
        first = corpus.documents(limit=2)
        second = corpus.documents(cursor=first.next_cursor, limit=2)
        third = corpus.documents(cursor=second.next_cursor, limit=2)
        pages = (first, second, third)
        assert [[info.id for info in page.documents] for page in pages] == [
            ids[:2],
            ids[2:4],
            ids[4:],
        ]
        assert third.next_cursor is None

    def test_a_page_goes_on_when_the_document_it_ended_with_is_deleted(
        self, corpus: Corpus
    ) -> None:
        for name in "abc":
            corpus.put(Draft(id=name, text=f"Text {name}."))
        first = corpus.documents(limit=2)
        corpus.delete("b")
        second = corpus.documents(cursor=first.next_cursor, limit=2)
        assert [info.id for info in second.documents] == ["c"]

    def test_any_text_is_a_place_in_the_list(self, corpus: Corpus) -> None:
        corpus.put(Draft(id="b", text="Text."))
        sizes = [len(corpus.documents(cursor=cursor).documents) for cursor in ("", "a", "b", "z")]
        assert sizes == [1, 1, 0, 0]


class TestSearch:
    def test_each_topic_is_found(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(folder, embedder) as corpus:
            tops = [found(corpus, query)[0] for query in QUERIES]
        assert tops == ["cats", "trade", "rivers", "seed", "seed"]

    def test_scores_are_those_of_the_stages(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(folder, embedder) as corpus:
            passages = corpus.search("copper exports", k=100, candidates=100)
            query = embedder.embed_query("copper exports")
            by_words = [passage for passage in passages if passage.scores.lexical is not None]
            by_words.sort(key=lambda passage: -(passage.scores.lexical or 0.0))
            by_meaning = sorted(passages, key=lambda passage: -(passage.scores.dense or 0.0))
            for passage in passages:
                title = f"{passage.title}\n" if passage.title else ""
                vector = embedder.embed_documents([title + passage.text])[0]
                assert passage.scores.dense == pytest.approx(float(vector @ query), abs=1e-5)
                fused = 1 / (61 + by_meaning.index(passage))
                if passage in by_words:
                    fused += 1 / (61 + by_words.index(passage))
                assert passage.scores.fused == pytest.approx(fused)
            fused_scores = [passage.scores.fused or 0.0 for passage in passages]
            assert fused_scores == sorted(fused_scores, reverse=True)

    def test_k_cuts_the_same_ranking(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(folder, embedder) as corpus:
            everything = corpus.search("regional summit", k=100)
            assert corpus.search("regional summit", k=3) == everything[:3]

    def test_an_empty_corpus_finds_nothing(self, corpus: Corpus) -> None:
        assert corpus.search("cats") == []

    def test_a_vector_given_is_the_one_used(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(folder, embedder) as corpus:
            vector = corpus.embed("cats")
            assert corpus.search("cats", vector=vector) == corpus.search("cats")

    @pytest.mark.parametrize("sides", [[Side.DENSE], [Side.LEXICAL], list(Side)])
    def test_a_context_is_fused_with_the_query(
        self, folder: Path, embedder: OnnxEmbedder, sides: list[Side]
    ) -> None:
        with Corpus.open(folder, embedder) as corpus:
            asked, beside = "who sleeps", "copper exports"
            alone = [
                corpus.search(one, k=100, sides=[side]) for one in (asked, beside) for side in sides
            ]
            weights = [1.0] * len(sides) + [0.5] * len(sides)
            scores: dict[int, float] = {}
            for found, weight in zip(alone, weights, strict=True):
                for rank, passage in enumerate(found, start=1):
                    key = passage.chunk.id
                    scores[key] = scores.get(key, 0.0) + weight / (60 + rank)
            context = Context(query=beside, weight=0.5)
            found = corpus.search(asked, k=100, sides=sides, context=context)
            assert {one.chunk.id: one.scores.fused for one in found} == pytest.approx(scores)
            own = {one.chunk.id: one.scores for ranked in alone[: len(sides)] for one in ranked}
            for one in found:
                known = own.get(one.chunk.id)
                assert one.scores.lexical is None or known is not None
                assert (one.scores.dense is None) == (Side.DENSE not in sides or known is None)


class TestOpening:
    def test_a_restart_embeds_nothing_and_finds_the_same(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        counting = Counting(embedder)
        with Corpus.open(folder, counting) as corpus:
            before = results(corpus)
        with Corpus.open(folder, counting) as corpus:
            assert results(corpus) == before
            assert corpus.health.repaired() == []
            assert corpus.health.check() == []
        assert counting.texts == 0

    def test_each_chunk_is_embedded_once(self, tmp_path: Path, embedder: OnnxEmbedder) -> None:
        counting = Counting(embedder)
        with Corpus.open(tmp_path / "x", counting) as corpus:
            corpus.put(seed_draft())
            corpus.put(seed_draft())
            assert counting.texts == corpus.counts()[1]

    def test_a_second_writer_is_told_who_holds_it(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        with Corpus.open(folder, embedder):
            start = time.perf_counter()
            with pytest.raises(StoreLocked, match=f"process {os.getpid()} "):
                Corpus.open(folder, embedder)
            assert time.perf_counter() - start < 2
        Corpus.open(folder, embedder).close()  # and it was let go

    def test_a_reader_beside_a_writer_sees_later_changes(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        with (
            Corpus.open(folder, embedder) as writer,
            Corpus.open(folder, embedder, read_only=True) as reader,
        ):
            assert results(reader) == results(writer)
            writer.put(Draft(id="new", text="Volcanoes erupt in Iceland."))
            writer.put(Draft(id="trade", text="Silver was exported."))
            writer.delete("cats")
            assert found(reader, "volcanoes in Iceland")[0] == "new"
            assert "cats" not in found(reader, "cats sleep", k=100)
            assert reader.get("trade").revision == 2
            assert {p.chunk.id for p in reader.search("x", k=100)} == {
                p.chunk.id for p in writer.search("x", k=100)
            }
            with pytest.raises(StoreUnavailable):
                reader.delete("new")

    def test_a_reader_leaves_the_folder_as_it_is(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        def state() -> dict[str, bytes]:
            return {
                str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file() and "catalog.db-" not in path.name
            }

        next((folder / "build-1" / "lexical").glob("*.store")).write_bytes(b"damaged")
        before = state()
        with Corpus.open(folder, embedder, read_only=True) as reader:
            assert found(reader, "cats sleep")[0] == "cats"
            assert reader.health.repaired() == []  # that is for the writer to tell
        assert state() == before

    def test_a_reader_of_nothing_is_refused(self, tmp_path: Path, embedder: OnnxEmbedder) -> None:
        with pytest.raises(StoreUnavailable):
            Corpus.open(tmp_path / "none", embedder, read_only=True)
        assert not (tmp_path / "none").exists()

    def test_a_folder_that_cannot_be_written_is_refused(
        self, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        (tmp_path / "file").write_text("a regular file")
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            Corpus.open(tmp_path / "file" / "corpus", embedder)

    def test_other_chunk_sizes_are_refused(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with pytest.raises(StoreMismatch, match="chunk_tokens = 150, now it is 100"):
            Corpus.open(folder, embedder, chunk_tokens=100)
        Corpus.open(folder, embedder).close()  # the lock was let go

    def test_another_embedder_is_refused(self, folder: Path, embedder: OnnxEmbedder) -> None:
        other = Counting(embedder)
        other.name = "another"
        with pytest.raises(StoreMismatch, match="another"):
            Corpus.open(folder, other)

    @pytest.mark.parametrize("tokens", [0, -1, 222, 10_000])
    def test_chunks_that_do_not_fit_the_embedder_are_refused(
        self, tmp_path: Path, embedder: OnnxEmbedder, tokens: int
    ) -> None:
        with pytest.raises(StoreMismatch, match="this embedder takes 1 to 221"):
            Corpus.open(tmp_path / "x", embedder, chunk_tokens=tokens)

    def test_a_damaged_catalogue_is_not_papered_over(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        (folder / "catalog.db").write_bytes(b"garbage" * 1000)
        with pytest.raises(StoreCorrupt):
            Corpus.open(folder, embedder)


class TestDamage:
    """Derived files are never trusted: damage is named, and results stay the same."""

    def test_a_lexical_folder_that_is_gone_is_made_again(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        before = self._results(folder, embedder)
        for path in (folder / "build-1" / "lexical").iterdir():
            path.unlink()
        (folder / "build-1" / "lexical").rmdir()
        assert self._results(folder, embedder) == before

    def test_everything_derived_is_gone(self, folder: Path, embedder: OnnxEmbedder) -> None:
        before = self._results(folder, embedder)
        for path in (folder / "build-1" / "lexical").iterdir():
            path.unlink()
        counting = Counting(embedder)
        with Corpus.open(folder, counting) as corpus:
            assert results(corpus) == before
            assert len(corpus.health.repaired()) == 1
        assert counting.texts == 0

    @pytest.mark.parametrize("few", [0, 5000])
    def test_what_was_made_again_stands_at_the_next_start(
        self, folder: Path, embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        monkeypatch.setattr(
            "citespan.index.search.local._FEW", few
        )  # more are read inside a snapshot
        shutil.rmtree(folder / "build-1")
        Corpus.open(folder, embedder).close()
        with Corpus.open(folder, embedder) as corpus:
            assert corpus.health.repaired() == []

    def test_a_kill_between_catalogue_and_index_is_caught_up(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        corpus = Corpus.open(folder, embedder)
        writing = corpus.put_many([Draft(id="late", text="Volcanoes erupt."), CATS])
        next(writing)  # in the catalogue, not yet in the index
        with Corpus.open(folder, embedder, read_only=True) as reader:
            assert found(reader, "volcanoes")[0] == "late"
        list(writing)
        corpus.close()

    def _results(self, folder: Path, embedder: OnnxEmbedder) -> list[list[Passage]]:
        with Corpus.open(folder, embedder) as corpus:
            assert corpus.health.repaired() == []
            return results(corpus)


class Meddled(SqliteCatalogue):
    """A catalogue during whose reads something else happens, once."""

    meddle: Callable[[], None] | None = None

    def chunk_ids(self) -> set[int]:
        ids = super().chunk_ids()
        self._now()
        return ids

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        found = super().chunks(ids)
        self._now()
        return found

    def _now(self) -> None:
        meddle, self.meddle = self.meddle, None
        if meddle:
            meddle()


class Watched(SqliteCatalogue):
    """A catalogue that has something done after vectors were read."""

    look: Callable[[], None] = staticmethod(lambda: None)

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        found = super().vectors(ids)
        self.look()
        return found


class TestRaces:
    def test_while_everything_is_replaced_something_is_found(
        self, folder: Path, embedder: OnnxEmbedder
    ) -> None:
        catalogue = Watched(folder / "catalog.db", {}, read_only=True)
        index = LocalSearchIndex(folder / "build-1", catalogue, embedder.dim, read_only=True)
        with Corpus.open(folder, embedder) as writer:
            for draft in (seed_draft(), CATS, TRADE, RIVERS):
                writer.put(dataclasses.replace(draft, title="Another"))
        query, seen = embedder.embed_query("cats"), list[int]()
        catalogue.look = lambda: seen.append(len(index.dense(query, 3)))
        index.refresh()
        catalogue.close()
        assert seen == [3]

    @pytest.fixture
    def reader(self, folder: Path, embedder: OnnxEmbedder) -> Iterator[tuple[Meddled, Corpus]]:
        settings = {"embedder": embedder.name, "chunk_tokens": "150"}
        catalogue = Meddled(folder / "catalog.db", settings, read_only=True)

        def index_of(seen: Catalogue, dim: int) -> LocalSearchIndex:
            return LocalSearchIndex(folder / "build-1", seen, dim, read_only=True)

        live = Searcher(catalogue, index_of(catalogue, embedder.dim), embedder, 150)

        def live_one(_: Catalogue) -> Searcher:
            return live

        corpus = Corpus(Parts(live, live_one, index_of))
        yield catalogue, corpus
        corpus.close()

    def test_a_document_deleted_while_the_index_catches_up(
        self, folder: Path, embedder: OnnxEmbedder, reader: tuple[Meddled, Corpus]
    ) -> None:
        catalogue, corpus = reader
        with Corpus.open(folder, embedder) as writer:
            writer.put(Draft(id="new", text="Volcanoes erupt."))
            catalogue.meddle = lambda: writer.delete("new")
            corpus.search("volcanoes")
            assert catalogue.meddle is None
            assert "new" not in found(corpus, "volcanoes", k=100)

    def test_a_document_deleted_while_passages_are_read(
        self, folder: Path, embedder: OnnxEmbedder, reader: tuple[Meddled, Corpus]
    ) -> None:
        catalogue, corpus = reader
        with Corpus.open(folder, embedder) as writer:
            catalogue.meddle = lambda: writer.delete("cats")
            corpus.search("cats sleep")
            assert catalogue.meddle is None
            assert "cats" not in found(corpus, "cats sleep", k=100)

    def test_searches_beside_a_writing_thread(self, corpus: Corpus) -> None:
        corpus.put(TRADE)
        failures: list[BaseException] = []
        done = threading.Event()

        def search() -> None:
            try:
                while not done.is_set():
                    passages = corpus.search("cats sleep copper", k=100)
                    assert {p.chunk.document_id for p in passages} <= {"cats", "trade"}
                    assert "trade" in {p.chunk.document_id for p in passages}
            except BaseException as error:  # noqa: BLE001  (shown by the assert below)
                failures.append(error)

        threads = [threading.Thread(target=search) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            corpus.put(CATS)
            corpus.delete("cats")
        done.set()
        for thread in threads:
            thread.join()
        assert failures == []


def test_vectors_are_kept_bit_for_bit(corpus: Corpus, embedder: OnnxEmbedder) -> None:
    corpus.put(RIVERS)
    passage = corpus.search("river")[0]
    vector = embedder.embed_documents([RIVERS.text])[0]
    query = embedder.embed_query("river")
    assert passage.scores.dense == pytest.approx(float(np.dot(vector, query)), abs=1e-6)
