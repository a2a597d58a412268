"""The two kinds of dense index compared by size.

These are the kinds that `index.search.vectors.protocol` chooses from.
`python -m citespan.evals.bench.vectors FOLDER --sizes 2000 --sizes 100000 --sizes 1000000` embeds
the chunks of a data set and its questions, and searches for the questions. Beyond the real vectors
each one is a real vector, moved by a tenth to half of the difference of two other real ones and
scaled to unit norm. Edits of the text move vectors alike, in the directions in which texts differ.
All are in a catalogue on the disk. From it the approximate index is built, and its candidates are
scored again; it is searched as mapped from its file. The 50 best are requested, of all and of
random shares of the ids. The 10 best of these are compared with the exact ones.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import open_dataset
from citespan.evals.statistics import spread
from citespan.index import Document, Span
from citespan.index.catalogue import SqliteCatalogue
from citespan.index.disk import sha256_text
from citespan.index.search.vectors import ExactIndex, IvfIndex
from citespan.index.search.vectors.protocol import VectorIndex
from citespan.index.text import chunk_spans
from citespan.index.types import Chunk, Scored, Vectors
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder

_ASKED, _COMPARED = 50, 10
_SHARES = (1, 2, 100)
_BATCH = 1000


class _Searched(NamedTuple):
    """Results of each question, the time of each, and the share of it that had a core."""

    found: list[list[Scored]]
    ms: list[float]
    cpu_ms: list[float]

    def times(self) -> str:
        p50, p95 = np.percentile(self.ms, [50, 95]).tolist()
        return f"{p50:.2f} {p95:.2f} ({median(self.cpu_ms):.2f})"


@click.command()
@click.argument("folder")
@click.option("--sizes", type=click.IntRange(100), multiple=True, default=(2_000, 20_000, 100_000))
@click.option(
    "--chunks", type=click.IntRange(100), default=5_000, help="Number of them, spread over all."
)
@click.option(
    "--questions", type=click.IntRange(1), default=300, help="Number of them, spread over all."
)
@click.option(
    "--kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the embedded vectors from this .npz file; write it if it is missing.",
)
def main(folder: str, sizes: tuple[int, ...], kept: Path | None, **limits: int) -> None:
    """Build and search both kinds of index over the chunks of the data set in FOLDER."""
    real, questions = _embedded(folder, kept, **limits)
    click.echo(
        f"{len(real):,} real chunks, {len(questions):,} questions; ms: p50, p95 (p50 of CPU)"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            _measure(real, questions, size, Path(scratch))


def _measure(real: Vectors, questions: Vectors, size: int, scratch: Path) -> None:
    catalogue = SqliteCatalogue(scratch / "catalog.db", {})
    exact = ExactIndex(real.shape[1])
    for ids, vectors in track(
        _stored(catalogue, real, size),
        f"Storing {size:,}",
        (size - 1) // _BATCH + 1,
        console=Console(stderr=True),
        transient=True,
    ):
        exact.add(ids, vectors)

    every = sorted(exact.ids())
    started = time.perf_counter()
    built = IvfIndex.build(every, catalogue.vectors)
    took = time.perf_counter() - started
    file = scratch / "vectors.faiss"
    built.save(file)
    approximate = IvfIndex.load(file, real.shape[1], catalogue.vectors)
    click.echo(
        f"{size:>9,} vectors: built in {took:.1f} s; bytes a vector: exact"
        f" {exact.facts().bytes / size:.0f}, approximate {built.facts().bytes / size:.0f}, on the"
        f" disk {file.stat().st_size / size:.0f}"
    )
    for share in _SHARES:
        _compare(exact, approximate, questions, _sample(every, share))
    catalogue.close()


def _compare(
    exact: VectorIndex,
    approximate: VectorIndex,
    questions: Vectors,
    among: NDArray[np.int64] | None,
) -> None:
    truth, found = (_search(index, questions, among) for index in (exact, approximate))
    right = [
        len({one.chunk_id for one in a[:_COMPARED]} & {one.chunk_id for one in b[:_COMPARED]})
        / len(a[:_COMPARED])
        for a, b in zip(truth.found, found.found, strict=True)
    ]
    click.echo(
        f"  among {'all' if among is None else f'{len(among):,}':>9}"
        f"  exact {truth.times():>21}  approximate"
        f" {found.times():>21}  recall@{_COMPARED} {np.mean(right):.4f}"
    )


def _search(index: VectorIndex, questions: Vectors, among: NDArray[np.int64] | None) -> _Searched:
    searched = _Searched([], [], [])
    index.search(questions[0], _ASKED, among)
    for question in questions:
        started, running = time.perf_counter(), time.thread_time()
        searched.found.append(index.search(question, _ASKED, among))
        searched.cpu_ms.append(1000 * (time.thread_time() - running))
        searched.ms.append(1000 * (time.perf_counter() - started))
    return searched


def _sample(ids: Sequence[int], share: int) -> NDArray[np.int64] | None:
    if share == 1:
        return None
    return np.sort(
        np.random.default_rng(share).choice(np.array(ids), len(ids) // share, replace=False)
    )


def _stored(
    catalogue: SqliteCatalogue, real: Vectors, size: int
) -> Iterator[tuple[list[int], Vectors]]:
    """Store all vectors, and yield ids and vectors by document."""
    ids = np.random.default_rng(0).permutation(size) * 9_223_372
    for number, vectors in enumerate(_enlarged(real, size)):
        batch: list[int] = ids[number * _BATCH :][: len(vectors)].tolist()
        document = _document(f"{number}")
        chunks = [
            Chunk(id=at, document_id=document.id, revision=1, span=Span(0, 1), tokens=1)
            for at in batch
        ]
        catalogue.store(document, chunks, vectors)
        yield batch, vectors


def _enlarged(real: Vectors, size: int) -> Iterator[Vectors]:
    random = np.random.default_rng(1)
    for at in range(0, size, _BATCH):
        count = min(_BATCH, size - at)
        first = real[at : at + count]
        base, one, other = (real[random.integers(0, len(real), count)] for _ in range(3))
        moved = base + random.uniform(0.1, 0.5, (count, 1)) * (one - other)
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        yield np.concatenate([first, moved[len(first) :]]).astype(np.float32)


def _document(name: str) -> Document:
    return Document(
        id=name,
        title="",
        uri=None,
        sha256=sha256_text("."),
        revision=1,
        media_type="text/plain",
        metadata={},
        length=1,
        created_at="",
        text=".",
    )


def _embedded(
    folder: str, kept: Path | None, chunks: int, questions: int
) -> tuple[Vectors, Vectors]:
    """Return vectors of chunks and of questions."""
    if kept and kept.exists():
        with np.load(kept) as arrays:
            return arrays["chunks"], arrays["questions"]
    settings = load_settings()
    embedder = build_embedder(settings)
    dataset = open_dataset(folder)
    console = Console(stderr=True)
    texts = [
        span.of(one.text)
        for one in dataset.documents.values()
        for span in chunk_spans(one.text, settings.chunking.max_tokens, embedder.count_tokens)
    ]
    texts = spread(texts, chunks)
    real = [
        embedder.embed_documents(texts[at : at + 32])
        for at in track(range(0, len(texts), 32), "Embedding", console=console, transient=True)
    ]
    asked = [embedder.embed_query(one.text) for one in spread(dataset.questions, questions)]
    embedded = np.concatenate(real), np.stack(asked)
    if kept:
        np.savez(kept, chunks=embedded[0], questions=embedded[1])
    return embedded


if __name__ == "__main__":
    main()
