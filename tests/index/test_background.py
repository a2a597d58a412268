"""Chunks that another process makes: the same ones, whatever becomes of that process."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from faults import Words
from processes import children, words_of

from citespan.index import Corpus, Document, Draft, OnnxEmbedder
from citespan.index.background import BackgroundMaker
from citespan.index.corpus import OnChunks, chunked, quiet
from citespan.index.embedding import BUNDLED_MODEL, exported_folder
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import StoreUnavailable
from citespan.index.layout import Layout
from citespan.index.parse import document_of
from citespan.index.types import Chunk, Vectors

GUIDES = Path(__file__).parents[2] / "docs/guides"
MODULE = "citespan.index.background.process"
TOKENS = 150
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks at processes as Linux shows them"
)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    return OnnxEmbedder(exported_folder(tmp_path_factory.mktemp("models"), BUNDLED_MODEL))


@pytest.fixture
def maker() -> Iterator[BackgroundMaker]:
    with closing(BackgroundMaker()) as made:
        yield made


def guide(name: str) -> Document:
    return document_of(Draft(text=(GUIDES / name).read_text(), id=name, media_type="text/markdown"))


class Counting:
    """A maker that says for which documents it was asked."""

    at_once = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def chunked(
        self,
        embedder: Embedder,
        chunk_tokens: int,
        document: Document,
        on_chunks: OnChunks,
        layout: Layout | None = None,
    ) -> tuple[Sequence[Chunk], Vectors]:
        self.asked.append(document.id)
        return chunked(embedder, chunk_tokens, document, on_chunks, layout)


def processes(*kinds: str) -> list[int]:
    """Return the processes of this one that make chunks, by default of both kinds."""
    wanted = set(kinds or ("idle", "soon"))
    started = [(one, words_of(one)) for one in children(os.getpid())]
    return [one for one, words in started if MODULE in words and wanted & set(words)]


def check(maker: BackgroundMaker, embedder: OnnxEmbedder, document: Document) -> None:
    """Check that the maker makes of a document what this process makes of it."""
    chunks, vectors = maker.chunked(embedder, TOKENS, document, quiet)
    here, expected = chunked(embedder, TOKENS, document, quiet)
    assert chunks == here
    assert np.array_equal(vectors, expected)


def test_it_makes_what_this_process_makes(maker: BackgroundMaker, embedder: OnnxEmbedder) -> None:
    documents = [guide(name) for name in ("access.md", "operate.md", "sources.md", "engines.md")]
    with ThreadPoolExecutor(4) as pool:
        checks = [pool.submit(check, maker, embedder, one) for one in documents]
    for one in checks:
        one.result()


def test_a_short_document_waits_for_no_process(
    maker: BackgroundMaker, embedder: OnnxEmbedder
) -> None:
    heard = list[int]()

    def look(_: str, __: int, ___: int) -> None:
        heard.extend(processes("idle"))

    check(maker, embedder, guide("mcp.md"))
    started = processes("idle")
    assert len(started) == 1
    maker.chunked(embedder, TOKENS, guide("mcp.md"), look)  # the next one may as well go there
    assert set(heard) == set(started)


def test_its_process_gives_way(maker: BackgroundMaker, embedder: OnnxEmbedder) -> None:
    check(maker, embedder, guide("access.md"))
    assert os.sched_getscheduler(processes("idle")[0]) == os.SCHED_IDLE


def test_without_an_idle_core_another_process_makes_them(embedder: OnnxEmbedder) -> None:
    with closing(BackgroundMaker(patience_s=0)) as maker:
        check(maker, embedder, guide("access.md"))
        assert len(processes("idle")) == len(processes("soon")) == 1
        os.kill(processes("idle")[0], signal.SIGKILL)
        check(maker, embedder, guide("operate.md"))
        assert not processes("idle")  # for a minute, it is not asked


def test_a_process_that_is_killed_is_replaced(
    maker: BackgroundMaker, embedder: OnnxEmbedder
) -> None:
    document, killed = guide("engines.md"), list[int]()

    def kill(_: str, __: int, total: int) -> None:
        if total and not killed:
            killed.extend(processes())
            os.kill(killed[0], signal.SIGKILL)

    chunks, vectors = maker.chunked(embedder, TOKENS, document, kill)
    assert killed
    here, expected = chunked(embedder, TOKENS, document, quiet)
    assert chunks == here
    assert np.array_equal(vectors, expected)
    check(maker, embedder, guide("access.md"))


def test_a_document_that_ends_every_process_is_refused(
    maker: BackgroundMaker, embedder: OnnxEmbedder
) -> None:
    def kill(_: str, __: int, ___: int) -> None:
        for process in processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    with pytest.raises(StoreUnavailable, match="died"):
        maker.chunked(embedder, TOKENS, guide("access.md"), kill)
    check(maker, embedder, guide("operate.md"))


def test_a_caller_that_gives_up_stops_the_work(
    maker: BackgroundMaker, embedder: OnnxEmbedder
) -> None:
    def give_up(_: str, __: int, total: int) -> None:
        if total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maker.chunked(embedder, TOKENS, guide("engines.md"), give_up)
    before = processes("idle")
    check(maker, embedder, guide("access.md"))
    assert processes("idle") == before


def test_a_process_without_work_ends(embedder: OnnxEmbedder) -> None:
    with closing(BackgroundMaker(unused_s=0.2)) as maker:
        seen = set[int]()

        def look(_: str, __: int, ___: int) -> None:
            seen.update(processes("idle"))

        maker.chunked(embedder, TOKENS, guide("access.md"), look)
        assert len(seen) == 1
        while processes():
            time.sleep(0.05)
        check(maker, embedder, guide("operate.md"))


def test_a_corpus_has_its_maker_make_all_chunks(tmp_path: Path) -> None:
    maker, words = Counting(), Words()
    with Corpus.open(tmp_path, words, chunk_tokens=12, maker=maker) as corpus:
        corpus.put(Draft(id="one", text="The harbour has two piers."))
        assert len(list(corpus.put_many([Draft(id="two", text="The tower has 96 steps.")]))) == 1
        for _ in corpus.builds.fill(words, chunk_tokens=10):
            pass
    assert maker.asked == ["one", "two", "one", "two"]
