"""Times and space of a corpus as it grows.

`python -m citespan.evals.bench.size FOLDER --chunks 2000 --chunks 100000`.

The documents of a data set are stored as they are, then again as copies with edits until there are
enough chunks. In a copy every tenth word is another word of the same length. Each vector of a copy
is the real one, moved by a twentieth of the difference of two others. So only the first documents
are embedded. Everything else is as for users. The questions are embedded, searched for by
meaning and by words, and fused. A document is put and deleted through `Corpus`. Times are the
median and the 95th percentile over the questions, in this process, one at a time. `--plot FILE`
draws how they grow.
"""

import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import click
import numpy as np
import regex
from rich.console import Console
from rich.progress import Progress

from citespan.evals.bench.growth import Size, draw
from citespan.evals.datasets import open_dataset
from citespan.evals.statistics import spread
from citespan.evals.types import Dataset
from citespan.index import Corpus, Document, Draft
from citespan.index.catalogue import SqliteCatalogue
from citespan.index.corpus import Searcher, build_settings, chunk_of, quiet
from citespan.index.disk import CATALOGUE, sha256_text
from citespan.index.embedding.protocol import Embedder
from citespan.index.parse import document_of
from citespan.index.types import Chunk, Side, Vectors
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder

_WORD = regex.compile(r"\p{L}+")
_CHUNK_TOKENS = 150
_EDITED = 0.1  # share of the words of a copy
_MOVED = 0.05
_WARM = 5  # questions before the first timed one


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
def main(
    folder: str,
    sizes: tuple[int, ...],
    questions: int,
    documents: int,
    keep: Path | None,
    plot: Path | None,
) -> None:
    """Measure a corpus of copies of the documents in FOLDER, at each size."""
    dataset = open_dataset(folder)
    settings = load_settings()
    embedder = build_embedder(settings, click.echo)
    asked = [question.text for question in spread(dataset.questions, questions)]
    real: list[tuple[Document, list[Chunk], Vectors]] = []
    measured: list[Size] = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in sorted(sizes):
            made = (keep or Path(scratch)) / str(size)
            if not (made / CATALOGUE).exists():
                real = real or _embedded(dataset, embedder, documents)
                made.mkdir(parents=True)
                _fill(made, embedder, real, size)
            measured.append(_measure(made, embedder, asked, size))
            if not keep:
                shutil.rmtree(made)
    if plot:
        draw(measured, plot)


def _embedded(
    dataset: Dataset, embedder: Embedder, documents: int
) -> list[tuple[Document, list[Chunk], Vectors]]:
    chosen = spread(list(dataset.documents.values()), documents)
    nowhere: Any = None
    maker = Searcher(nowhere, nowhere, embedder, _CHUNK_TOKENS)
    found: list[tuple[Document, list[Chunk], Vectors]] = []
    for one in chosen:
        document = document_of(Draft(id=one.id, text=one.text, title=one.title))
        chunks, vectors = maker.chunked(document, quiet)
        found.append((document, list(chunks), vectors))
    return found


def _fill(
    folder: Path,
    embedder: Embedder,
    real: list[tuple[Document, list[Chunk], Vectors]],
    size: int,
) -> None:
    catalogue = SqliteCatalogue(folder / CATALOGUE, build_settings(embedder, _CHUNK_TOKENS))
    stored = 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"{size:,} chunks", total=size)
        for document, chunks, vectors in _copies(real):
            left = size - stored
            catalogue.store(document, chunks[:left], vectors[:left])
            stored += len(chunks[:left])
            progress.update(bar, completed=stored)
            if stored == size:
                break
    catalogue.close()


def _copies(
    real: list[tuple[Document, list[Chunk], Vectors]],
) -> Iterator[tuple[Document, list[Chunk], Vectors]]:
    draw, noise = random.Random(0), np.random.default_rng(0)  # noqa: S311  (not a secret)
    words: dict[int, list[str]] = {}
    for document, _, _ in real:
        for word in set(_WORD.findall(document.text)):
            words.setdefault(len(word), []).append(word)
    words = {length: sorted(same) for length, same in words.items()}
    every = np.concatenate([vectors for _, _, vectors in real])

    def other(match: "regex.Match[str]") -> str:
        word = match.group()
        return draw.choice(words[len(word)]) if draw.random() < _EDITED else word

    yield from real
    for copy in count(1):
        for document, chunks, vectors in real:
            text = _WORD.sub(other, document.text)
            edited = replace(
                document, id=f"{document.id}-{copy}", text=text, sha256=sha256_text(text)
            )
            pairs = noise.integers(len(every), size=(2, len(chunks)))
            moved = vectors + _MOVED * (every[pairs[0]] - every[pairs[1]])
            moved /= np.linalg.norm(moved, axis=1, keepdims=True)
            yield edited, [chunk_of(edited, c.span, c.tokens) for c in chunks], moved


def _measure(folder: Path, embedder: Embedder, questions: list[str], chunks: int) -> Size:
    started = time.perf_counter()
    with Corpus.open(folder, embedder) as corpus:
        first_s = time.perf_counter() - started
        built_s, vectors = _timed(corpus.health.measure_vectors)
    click.echo(
        f"{chunks:>9,} chunks: nearest vectors {vectors.kind}, recall@10 {vectors.recall:.4f},"
        f" {vectors.bytes_per_million / 1e6:,.0f} MB a million;"
        f" built and measured in {built_s:.0f} s"
    )
    started = time.perf_counter()
    with Corpus.open(folder, embedder) as corpus:
        opened_s = time.perf_counter() - started
        disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        both_ms = _search(corpus, questions, list(Side))
        dense_ms = _search(corpus, questions, [Side.DENSE])
        lexical_ms = _search(corpus, questions, [Side.LEXICAL])
        draft = Draft(id="added", text=_long(corpus))
        added_s, stored = _timed(lambda: corpus.put(draft))
        added = corpus.counts()[1] - chunks
        deleted_s, _ = _timed(lambda: corpus.delete(stored.document.id))
    size = Size(
        chunks, both_ms, dense_ms, lexical_ms, opened_s, added_s, deleted_s, disk / 1e6, _peak_mb()
    )
    click.echo(
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
