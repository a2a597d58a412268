"""Times of questions while documents are stored, or all chunks are rebuilt.

`python -m citespan.evals.bench.meanwhile [FOLDER]`. First four threads search in this process:
while it is otherwise idle, then while all chunks are rebuilt repeatedly. Three chunk sizes take
turns, so that each reindex has something to do. Then one client asks a server over HTTP, before and
while a job stores copies of the documents. Idle and busy are measured in one run, with as many
clients.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

import click
import httpx
import msgspec
import numpy as np

from citespan.evals.bench.server import serving
from citespan.evals.datasets import open_dataset
from citespan.evals.errors import RunError
from citespan.evals.statistics import spread
from citespan.evals.types import SourceDocument
from citespan.index import Corpus, Draft
from citespan.index.embedding.protocol import Embedder
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder

_READERS = 4
_SIZES = (100, 125, 150)  # tokens of a chunk; the last is the first build's
_LINES = {"content-type": "application/x-ndjson"}
_TIMEOUT_S = 120.0


@click.command()
@click.argument("folder", default="seed")
@click.option(
    "--documents", type=click.IntRange(1), default=20, help="Number of them, spread over all."
)
@click.option(
    "--questions", type=click.IntRange(1), default=100, help="Number of them, spread over all."
)
@click.option("--switches", type=click.IntRange(1), default=20, help="Number of reindexes.")
@click.option(
    "--copies",
    type=click.IntRange(1),
    default=200,
    help="Copies of all documents that the job stores.",
)
def main(folder: str, documents: int, questions: int, switches: int, copies: int) -> None:
    """Measure questions to the documents in FOLDER (by default the seed), idle and busy."""
    dataset, settings = open_dataset(folder), load_settings()
    chosen = spread(list(dataset.documents.values()), documents)
    asked = [question.text for question in spread(dataset.questions, questions)]
    embedder = build_embedder(settings, click.echo)
    with tempfile.TemporaryDirectory() as scratch:
        _fill(Path(scratch), embedder, chosen, _SIZES[-1])
        with Corpus.open(Path(scratch), embedder, chunk_tokens=_SIZES[-1]) as corpus:
            click.echo(f"{len(chosen)} documents, {corpus.counts()[1]} chunks")
            _reindexing(corpus, embedder, asked, switches)
    with tempfile.TemporaryDirectory() as scratch:
        _fill(Path(scratch), embedder, chosen, settings.chunking.max_tokens)
        with (
            serving(Path(scratch), settings.models_path()) as server,
            httpx.Client(base_url=server.url, timeout=_TIMEOUT_S) as client,
        ):
            _ingest(client, chosen, asked, copies)


def _fill(
    folder: Path, embedder: Embedder, documents: Sequence[SourceDocument], tokens: int
) -> None:
    drafts = [Draft(id=one.id, text=one.text, title=one.title) for one in documents]
    with Corpus.open(folder, embedder, chunk_tokens=tokens) as corpus:
        for _ in corpus.put_many(drafts):
            pass


def _reindexing(
    corpus: Corpus, embedder: Embedder, questions: Sequence[str], switches: int
) -> None:
    def reindex() -> None:
        for _, tokens in zip(range(switches), cycle(_SIZES), strict=False):
            for _ in corpus.builds.fill(embedder, chunk_tokens=tokens):
                pass
            corpus.builds.switch()

    idle, empty = _searched_while(corpus, questions, lambda: time.sleep(5.0))
    started = time.perf_counter()
    busy, none = _searched_while(corpus, questions, reindex)
    seconds = time.perf_counter() - started
    click.echo(f"{switches} re-indexings in {seconds:.1f} s; {empty + none} results were empty")
    compare(f"search, {_READERS} threads", idle, busy, 99)


def _searched_while(
    corpus: Corpus, questions: Sequence[str], work: Callable[[], None]
) -> tuple[list[float], int]:
    """Return milliseconds of all searches while some work is done, and how many found nothing.

    Raises:
        RunError: a search failed.
    """
    done = threading.Event()
    taken: list[float] = []
    empty: list[str] = []
    failures: list[Exception] = []

    def search() -> None:
        for question in cycle(questions):
            if done.is_set():
                return
            begun = time.perf_counter()
            try:
                found = corpus.search(question)
            except Exception as error:  # noqa: BLE001  (reported below)
                failures.append(error)
                return
            taken.append(1000 * (time.perf_counter() - begun))
            if not found:
                empty.append(question)

    threads = [threading.Thread(target=search) for _ in range(_READERS)]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if failures:
        raise RunError(f"a search failed: {failures[0]}") from failures[0]
    return taken, len(empty)


def _ingest(
    client: httpx.Client,
    documents: Sequence[SourceDocument],
    questions: Sequence[str],
    copies: int,
) -> None:
    kinds = {"search": "query", "ask": "question"}
    idle = {kind: asked(client, kind, field, questions) for kind, field in kinds.items()}
    lines = [
        msgspec.json.encode(
            {"id": f"{document.id}-{copy}", "text": f"Copy {copy}. {document.text}"}
        )
        for copy in range(copies)
        for document in documents
    ]
    accepted = client.post("/v1/jobs", content=b"\n".join(lines), headers=_LINES)
    accepted.raise_for_status()
    url = accepted.headers["location"]
    while not client.get(url).json()["chunks"]:
        time.sleep(0.05)
    begun, before = time.perf_counter(), client.get(url).json()["chunks"]
    busy = {kind: asked(client, kind, field, questions) for kind, field in kinds.items()}
    job, seconds = client.get(url).json(), time.perf_counter() - begun
    if job["finished_at"]:
        raise RunError("the job ended before all questions were asked; raise --copies")
    client.delete(url).raise_for_status()
    click.echo(f"a job stored {(job['chunks'] - before) / seconds:.0f} chunks/s meanwhile")
    for kind in kinds:
        compare(f"/v1/{kind}, one client", idle[kind], busy[kind], 95)


def asked(client: httpx.Client, kind: str, field: str, questions: Sequence[str]) -> list[float]:
    """Return how long a server took for each question, in milliseconds."""
    taken: list[float] = []
    for number, question in enumerate([*questions[:2], *questions]):
        begun = time.perf_counter()
        client.post(f"/v1/{kind}", json={field: question}).raise_for_status()
        if number >= 2:  # the first questions warm up
            taken.append(1000 * (time.perf_counter() - begun))
    return taken


def compare(what: str, idle: Sequence[float], busy: Sequence[float], high: int) -> None:
    """Print the median and a high percentile, idle and meanwhile."""
    for percent in (50, high):
        before, during = (float(np.percentile(taken, percent)) for taken in (idle, busy))
        click.echo(
            f"  {what}: p{percent} {before:7.2f} ms idle, {during:7.2f} ms meanwhile,"
            f" {during / before:.2f} times ({len(idle)} and {len(busy)} questions)"
        )


if __name__ == "__main__":
    main()
