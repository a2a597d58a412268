"""Other chunks and vectors beside those in use, and catalogues of other versions."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from faults import tampered

from citespan.index import Corpus, Draft, OnnxEmbedder, Passage
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.corpus import CUTTING, Searcher
from citespan.index.disk.folder import CATALOGUE
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import BuildInUse, StoreMismatch
from citespan.index.types import Vectors
from citespan.qa.collections.reindexing import going_back
from citespan.qa.settings.sections import load_settings

TEXTS = {
    "cats": "Cats sleep for most of the day. They hunt at dusk.",
    "trade": "Exports of copper grew by a third last year. Imports of grain fell.",
    "rivers": "The Amazon carries more water than any other river. The Nile is long.",
}


class Turned:
    """The real embedder, each vector turned round: other vectors that find the same."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name = f"turned-{real.name}"
        self.dim, self.max_tokens = real.dim, real.max_tokens

    def count_tokens(self, text: str) -> int:
        return self._real.count_tokens(text)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.ascontiguousarray(self._real.embed_documents(texts)[:, ::-1])

    def embed_query(self, text: str) -> Vectors:
        return np.ascontiguousarray(self._real.embed_query(text)[::-1])


@pytest.fixture
def folder(tmp_path: Path, embedder: OnnxEmbedder) -> Path:
    made = tmp_path / "data"
    with Corpus.open(made, embedder) as corpus:
        for name, text in TEXTS.items():
            corpus.put(Draft(id=name, text=text))
    return made


@pytest.fixture
def corpus(folder: Path, embedder: OnnxEmbedder) -> Iterator[Corpus]:
    with Corpus.open(folder, embedder) as opened:
        yield opened


def found(corpus: Corpus | Searcher, query: str = "How long do cats sleep?") -> list[str]:
    return [passage.text for passage in corpus.search(query)]


def shape(passages: list[Passage]) -> list[tuple[str, float | None]]:
    return [(p.text, p.scores.dense and round(p.scores.dense, 5)) for p in passages]


class TestReindexing:
    def test_smaller_chunks_are_made_beside_and_switched_to(
        self, folder: Path, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        before = found(corpus)
        steps = list(corpus.builds.fill(embedder, chunk_tokens=8))
        assert steps == [(1, 3), (2, 3), (3, 3)]
        assert found(corpus) == before
        assert found(corpus.builds.made())[0] == "Cats sleep for most of the day."
        assert found(corpus) == before
        corpus.builds.switch()
        assert found(corpus)[0] == "Cats sleep for most of the day."
        assert corpus.counts() == (3, 6)
        assert corpus.health.check() == []
        corpus.close()
        with Corpus.open(folder, embedder, chunk_tokens=8) as again:
            assert found(again)[0] == "Cats sleep for most of the day."
            assert again.health.repaired() == []
        with pytest.raises(StoreMismatch, match="chunk_tokens = 8, now it is 150"):
            Corpus.open(folder, embedder)

    def test_another_embedder_finds_the_same(self, corpus: Corpus, embedder: OnnxEmbedder) -> None:
        before = shape(corpus.search("copper exports"))
        list(corpus.builds.fill(Turned(embedder), chunk_tokens=150))
        corpus.builds.switch()
        assert corpus.embedder == f"turned-{embedder.name}"
        assert shape(corpus.search("copper exports")) == before

    def test_one_goes_back_to_what_was_there_with_what_was_stored_since(
        self, folder: Path, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        first = corpus.build()
        list(corpus.builds.fill(embedder, chunk_tokens=8))
        corpus.builds.switch()
        corpus.put(Draft(id="cats", text="Cats purr. Dogs bark."))
        corpus.put(Draft(id="new", text="Volcanoes erupt now and then."))
        corpus.delete("trade")
        assert list(corpus.builds.fill(embedder, chunk_tokens=150)) == [(2, 3), (3, 3)]
        corpus.builds.switch()
        assert corpus.build() == first
        assert found(corpus, "cats")[0] == "Cats purr. Dogs bark."
        assert found(corpus, "volcanoes")[0] == "Volcanoes erupt now and then."
        assert corpus.search("copper exports", k=9) == [
            p for p in corpus.search("copper exports", k=9) if p.chunk.document_id != "trade"
        ]
        corpus.close()
        with Corpus.open(folder, embedder) as again:
            assert found(again, "cats")[0] == "Cats purr. Dogs bark."

    def test_what_is_stored_while_it_is_made_is_in_it(
        self, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        filling = corpus.builds.fill(embedder, chunk_tokens=8)
        next(filling)
        corpus.put(Draft(id="cats", text="Cats purr. Dogs bark."))
        corpus.put(Draft(id="aardvark", text="Aardvarks dig. They eat ants."))
        list(filling)
        corpus.delete("rivers")
        corpus.builds.switch()
        assert found(corpus, "What do cats do?")[0] == "Cats purr. Dogs bark."
        assert "Aardvarks dig." in found(corpus, "aardvarks")[0]
        assert all(p.chunk.document_id != "rivers" for p in corpus.search("river", k=99))
        assert corpus.counts()[0] == 3
        assert corpus.health.check() == []

    def test_it_goes_on_after_a_stop(
        self, folder: Path, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        next(corpus.builds.fill(embedder, chunk_tokens=8))
        corpus.close()
        with Corpus.open(folder, embedder) as again:
            assert list(again.builds.fill(embedder, chunk_tokens=8)) == [(2, 3), (3, 3)]
            again.builds.switch()
            assert again.counts() == (3, 6)

    def test_the_last_two_builds_are_kept(self, corpus: Corpus, embedder: OnnxEmbedder) -> None:
        for tokens in (8, 16, 32):
            list(corpus.builds.fill(embedder, chunk_tokens=tokens))
            corpus.builds.switch()
        sizes = [build.settings["chunk_tokens"] for build in corpus.builds.all()]
        assert sizes == ["16", "32"]

    def test_what_was_before_is_told_and_what_was_given_up_is_not_it(
        self, folder: Path, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        first = corpus.build()
        next(corpus.builds.fill(embedder, chunk_tokens=8))
        assert corpus.builds.previous() is None
        list(corpus.builds.fill(embedder, chunk_tokens=16))
        corpus.builds.switch()
        assert corpus.builds.previous() == first
        next(corpus.builds.fill(embedder, chunk_tokens=8))
        assert len(corpus.builds.all()) == 3
        corpus.builds.drop_unfinished()
        assert corpus.builds.all() == (first, corpus.build())
        corpus.close()
        with Corpus.open(folder, embedder, chunk_tokens=16) as again:
            assert again.builds.previous() == first
            with pytest.raises(BuildInUse):
                next(again.builds.fill(embedder, chunk_tokens=16))

    def test_nothing_made_is_nothing_to_switch_to(self, corpus: Corpus) -> None:
        with pytest.raises(StoreMismatch, match="call `fill` first"):
            corpus.builds.switch()
        with pytest.raises(StoreMismatch, match="call `fill` first"):
            corpus.builds.made()

    def test_no_question_fails_and_none_is_empty_meanwhile(
        self, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        failures: list[BaseException] = []
        done = threading.Event()

        def ask() -> None:
            try:
                while not done.is_set():
                    passages = corpus.search("copper exports")
                    assert passages[0].text.startswith("Exports of copper grew")
            except BaseException as error:  # noqa: BLE001  (shown by the assert below)
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for tokens in (20, 150) * 10:
            list(corpus.builds.fill(embedder, chunk_tokens=tokens))
            corpus.builds.switch()
        done.set()
        for thread in threads:
            thread.join()
        assert failures == []

    def test_a_reader_stays_with_the_build_it_opened(
        self, folder: Path, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        with Corpus.open(folder, embedder, read_only=True) as reader:
            before = found(reader)
            list(corpus.builds.fill(embedder, chunk_tokens=8))
            corpus.builds.switch()
            assert found(reader) == before
            list(corpus.builds.fill(embedder, chunk_tokens=16))
            corpus.builds.switch()  # only the last two are kept
            with pytest.raises(StoreMismatch, match="open it again"):
                found(reader)


_SET_VERSION = "UPDATE meta SET value = '{}' WHERE key = 'schema_version'"


@pytest.mark.parametrize("version", ["1", "2", "99"])
def test_another_version_is_refused_and_left_alone(
    folder: Path, embedder: OnnxEmbedder, version: str
) -> None:
    tampered(folder, _SET_VERSION.format(version))
    before = (folder / "catalog.db").read_bytes()
    for read_only in (True, False):
        with pytest.raises(StoreMismatch, match=rf"version '{version}'.*knows '4'"):
            Corpus.open(folder, embedder, read_only=read_only)
    assert (folder / "catalog.db").read_bytes() == before


class TestEarlierCutting:
    """Chunks that were cut by earlier rules are searched until they are made anew."""

    @pytest.fixture
    def folder(self, tmp_path: Path, embedder: OnnxEmbedder) -> Path:
        made = tmp_path / "earlier"
        made.mkdir()
        settings = {"embedder": embedder.name, "chunk_tokens": "150"}
        SqliteCatalogue(made / CATALOGUE, settings).close()
        with Corpus.open(made, embedder) as corpus:
            for name, text in TEXTS.items():
                corpus.put(Draft(id=name, text=text))
        return made

    def test_they_are_opened_and_searched(self, corpus: Corpus) -> None:
        assert "cutting" not in corpus.build().settings
        assert len(found(corpus)) == len(TEXTS)

    def test_they_are_made_anew_with_the_same_size(
        self, corpus: Corpus, embedder: OnnxEmbedder
    ) -> None:
        before = found(corpus)
        list(corpus.builds.fill(embedder, chunk_tokens=150))
        corpus.builds.switch()
        assert corpus.build().settings["cutting"] == CUTTING
        assert found(corpus) == before
        with pytest.raises(BuildInUse):
            next(corpus.builds.fill(embedder, chunk_tokens=150))

    def test_they_can_be_gone_back_to(
        self, folder: Path, corpus: Corpus, models_folder: Path, embedder: OnnxEmbedder
    ) -> None:
        first = corpus.build().id
        list(corpus.builds.fill(embedder, chunk_tokens=150))
        corpus.builds.switch()
        corpus.put(Draft(id="new", text="Frogs croak."))
        settings = load_settings(environ={"CITESPAN_DATA__MODELS": str(models_folder)})
        back = going_back(corpus, settings)
        list(back.fill())
        back.switch()
        assert corpus.build().id == first
        assert len(found(corpus)) == len(TEXTS) + 1
