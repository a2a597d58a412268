"""Times and space of a corpus as it grows.

`python -m citespan.evals.bench.size FOLDER --chunks 2000 --chunks 100000`.

The documents of a data set are stored as they are, then again as copies with edits (`copies`) until
there are enough chunks. Everything else is as for users. The questions are embedded, searched for
by meaning and by words, and fused. A document is put and deleted through `Corpus`. Times are the
median and the 95th percentile over the questions, in this process, one at a time. The nearest
chunks of each question are compared with those of all vectors. `--plot FILE` draws how they grow.

With `--url`, documents are on a PostgreSQL server, in an empty database, and `--engine` searches.
What is stored there is deleted at the end, except with `--keep`.
"""

import resource
import shutil
import sys
import tempfile
import time
from contextlib import closing
from heapq import nlargest
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from citespan.evals.bench.copies import Embedded, embedded, fill
from citespan.evals.bench.growth import Size, draw
from citespan.evals.datasets import open_dataset
from citespan.evals.statistics import spread
from citespan.index import Corpus, Draft
from citespan.index.catalogue import (
    CatalogueServer,
    PostgresCatalogue,
    SqliteCatalogue,
    drop_catalogue,
)
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus import build_settings, summary
from citespan.index.disk import CATALOGUE
from citespan.index.embedding.protocol import Embedder
from citespan.index.search import SearchServer, drop_served
from citespan.index.types import Side, Vectors
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder

_CHUNK_TOKENS = 150
_TABLES = (
    "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)
_WARM = 5  # questions before the first timed one
_COMPARED = 10
_BATCH = 5_000


class _Place(NamedTuple):
    """Where a corpus is: in a folder, or on a server that an engine may search in its place."""

    folder: Path
    server: CatalogueServer | None = None
    search: SearchServer | None = None

    def catalogue(self, embedder: Embedder) -> Catalogue:
        settings = build_settings(embedder, _CHUNK_TOKENS)
        if self.server:
            return PostgresCatalogue(self.server, settings, folder=self.folder)
        return SqliteCatalogue(self.folder / CATALOGUE, settings)

    def corpus(self, embedder: Embedder) -> Corpus:
        return Corpus.open(self.folder, embedder, server=self.server, search=self.search)

    def bytes(self, catalogue: Catalogue) -> int:
        """Return the bytes on the disk, of the folder and of the tables on the server."""
        here = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        if isinstance(catalogue, PostgresCatalogue):
            here += catalogue.server.rows(_TABLES)[0][0]
        return here

    def drop(self) -> None:
        """Delete the corpus, wherever it is."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.server:
            if self.search:
                drop_served(self.search, self.server)
            drop_catalogue(self.server)


@click.command()
@click.argument("folder")
@click.option("--chunks", "sizes", type=click.IntRange(1), multiple=True, default=(2_000, 20_000))
@click.option(
    "--questions", type=click.IntRange(1), default=200, help="Number of questions, spread over all."
)
@click.option(
    "--documents",
    type=click.IntRange(1),
    default=60,
    help="Number of documents to embed, spread over all.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the corpora in this folder; one that exists is measured as it is.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the growth of the measures to this .svg or .png.",
)
@click.option("--url", default="", help="Store on this PostgreSQL server, in an empty database.")
@click.option("--engine", type=click.Choice(["local", "postgres", "milvus"]), default="local")
@click.option("--search-url", default="", help="Address of Milvus, or a file of Milvus Lite.")
def main(
    folder: str,
    sizes: tuple[int, ...],
    questions: int,
    documents: int,
    keep: Path | None,
    plot: Path | None,
    **server: str,
) -> None:
    """Measure a corpus of copies of the documents in FOLDER, at each size."""
    if server["engine"] != "local" and not server["url"]:
        raise click.UsageError("--engine needs --url, the PostgreSQL server of the documents")
    dataset = open_dataset(folder)
    embedder = build_embedder(load_settings(), click.echo)
    asked = [question.text for question in spread(dataset.questions, questions)]
    real: list[Embedded] = []
    measured: list[Size] = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in sorted(sizes):
            place = _place((keep or Path(scratch)) / str(size), **server)
            try:
                stored = summary(place.folder, place.server)
                if stored and stored.chunks != size:
                    if keep:
                        raise click.UsageError(f"{place.folder} has {stored.chunks} chunks")
                    place.drop()  # what a run that was killed has left on the server
                    stored = None
                if not stored:
                    real = real or embedded(dataset, embedder, documents, _CHUNK_TOKENS)
                    place.folder.mkdir(parents=True, exist_ok=True)
                    with closing(place.catalogue(embedder)) as catalogue:
                        fill(catalogue, real, size)
                measured.append(_measure(place, embedder, asked, size))
            finally:
                if not keep:
                    place.drop()
    if plot:
        draw(measured, plot)


def _place(folder: Path, url: str, engine: str, search_url: str) -> _Place:
    if not url:
        return _Place(folder)
    search = {"engine": engine, "url": search_url}
    settings = load_settings(flags={"store": {"url": url}, "search": search})
    return _Place(folder, settings.store.at(f"size-{folder.name}"), settings.engine())


def _measure(place: _Place, embedder: Embedder, questions: list[str], chunks: int) -> Size:
    started = time.perf_counter()
    with place.corpus(embedder) as corpus:
        first_s = time.perf_counter() - started
        built_s, vectors = _timed(corpus.health.measure_vectors)
    click.echo(
        f"{chunks:>9,} chunks: nearest vectors {vectors.kind}, recall@10 {vectors.recall:.4f},"
        f" {vectors.bytes_per_million / 1e6:,.0f} MB a million;"
        f" built and measured in {built_s:.0f} s"
    )
    started = time.perf_counter()
    with place.corpus(embedder) as corpus:
        opened_s = time.perf_counter() - started
        both_ms = _search(corpus, questions, list(Side))
        dense_ms = _search(corpus, questions, [Side.DENSE])
        lexical_ms = _search(corpus, questions, [Side.LEXICAL])
        found = [_nearest(corpus, question) for question in questions]
        draft = Draft(id="added", text=_long(corpus))
        added_s, stored = _timed(lambda: corpus.put(draft))
        added = corpus.counts()[1] - chunks
        deleted_s, _ = _timed(lambda: corpus.delete(stored.document.id))
    with closing(place.catalogue(embedder)) as catalogue:
        disk = place.bytes(catalogue)
        true = _true_nearest(catalogue, np.stack([embedder.embed_query(q) for q in questions]))
    recall = np.mean([len(a & b) / len(b) for a, b in zip(found, true, strict=True)])
    size = Size(
        chunks, both_ms, dense_ms, lexical_ms, opened_s, added_s, deleted_s, disk / 1e6, _peak_mb()
    )
    click.echo(
        f"  recall@{_COMPARED} of the questions {recall:.4f}\n"
        f"  a document of {added} chunks: added in {added_s:.2f} s,"
        f" deleted in {deleted_s * 1000:.0f} ms\n"
        f"  opened in {opened_s:.2f} s (at first in {first_s:.1f} s);"
        f" {disk / chunks:.0f} bytes of disk a chunk; peak memory {size.memory_mb:.0f} MB"
    )
    return size


def _search(corpus: Corpus, questions: list[str], sides: list[Side]) -> tuple[float, float]:
    for question in questions[:_WARM]:
        corpus.search(question, sides=sides)
    taken = [_timed(lambda q=question: corpus.search(q, sides=sides))[0] for question in questions]
    p50, p95 = (1000 * float(at) for at in np.percentile(taken, [50, 95]))
    click.echo(f"  {' and '.join(sides):<18} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms")
    return p50, p95


def _nearest(corpus: Corpus, question: str) -> set[int]:
    found = corpus.search(question, k=_COMPARED, sides=[Side.DENSE])
    return {one.chunk.id for one in found}


def _true_nearest(catalogue: Catalogue, queries: Vectors) -> list[set[int]]:
    """Return the ids of the nearest chunks of each of (n, dim) queries, of all stored vectors."""
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    every = sorted(catalogue.chunk_ids())
    for at in range(0, len(every), _BATCH):
        ids, vectors = catalogue.vectors(every[at : at + _BATCH])
        for query, scores in enumerate((queries @ vectors.T).tolist()):
            best[query] = nlargest(_COMPARED, [*best[query], *zip(scores, ids, strict=True)])
    return [{chunk_id for _, chunk_id in one} for one in best]


def _timed(work: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _long(corpus: Corpus) -> str:
    """Return text of some 60 chunks that is not stored."""
    text = ""
    for info in corpus.documents(limit=20).documents:
        text += corpus.get(info.id).text + "\n\n"
        if len(text) > 40_000:
            break
    return text[:40_000].replace(" the ", " that ")


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
