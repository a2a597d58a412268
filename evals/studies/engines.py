"""The engines of search compared: their answers, and how well and fast they find vectors.

`python -m citespan.evals.studies.engines [DATASET] --url postgresql://… --engine postgres`: each
question is answered by a service that searches by itself, and by one that an engine searches for.
An answer is equal if its status, text and citations are. Where one is not, the output says whether
the passages of the question differed. Then so many random unit vectors are stored, and searched for
by other ones: the share of the true 10 best that is found, and the time of each search. The
database must be empty, and everything in it is deleted at the end.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import numpy as np
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import open_dataset
from citespan.evals.statistics import spread
from citespan.evals.types import Dataset
from citespan.index import Document, Draft, Passage, Span
from citespan.index.catalogue import CatalogueServer, PostgresCatalogue, drop_catalogue
from citespan.index.disk import sha256_text
from citespan.index.search import served_index
from citespan.index.types import Chunk, Vectors
from citespan.qa import Answer, Service, Settings, load_settings, open_service

_DIM = 384
_PASSAGES = 20
_ASKED, _COMPARED = 50, 10
_BATCH = 500
_SEARCHES = 200


class _Asked(NamedTuple):
    """What a service said to a question, and how long it looked for passages."""

    answer: Answer
    passages: list[Passage]
    ms: float


@click.command()
@click.argument("dataset", default="seed")
@click.option("--url", required=True, help="Address of an empty PostgreSQL database.")
@click.option("--engine", type=click.Choice(["postgres", "milvus"]), default="postgres")
@click.option("--search-url", default="", help="Address of Milvus, or a file of Milvus Lite.")
@click.option("--limit", type=click.IntRange(1), help="Number of questions, spread over all.")
@click.option("--vectors", type=click.IntRange(100), default=10_000, help="Random ones to search.")
def main(
    dataset: str, url: str, engine: str, search_url: str, limit: int | None, vectors: int
) -> None:
    """Compare an engine with the local search."""
    with TemporaryDirectory() as scratch:
        search: dict[str, object] = {"engine": engine, "url": search_url}
        there = _settings(Path(scratch) / "there", store={"url": url}, search=search)
        try:
            _compare(open_dataset(dataset), _settings(Path(scratch) / "here"), there, limit)
        finally:
            drop_catalogue(CatalogueServer(url=url, name=there.data.collection))
        kinds = {vectors: "compared exactly", 0: "found approximately"}
        for exact_most, what in kinds.items() if engine == "postgres" else [(0, "found")]:
            place = CatalogueServer(url=url, name=f"vectors-{exact_most}")
            try:
                _search(place, there, vectors, exact_most, what)
            finally:
                drop_catalogue(place)


def _settings(folder: Path, **flags: dict[str, object]) -> Settings:
    models = str(load_settings().models_path())
    data: dict[str, object] = {"path": str(folder), "models": models, "seed": False}
    return load_settings(flags={"data": data, **flags})


def _compare(dataset: Dataset, here: Settings, there: Settings, limit: int | None) -> None:
    questions = [one.text for one in spread(dataset.questions, limit)]
    with ExitStack() as opened:
        services = [opened.enter_context(open_service(settings=one)) for one in (here, there)]
        for service in services:
            drafts = [
                Draft(id=d.id, text=d.text, title=d.title) for d in dataset.documents.values()
            ]
            stored = service.corpus.put_many(drafts)
            for _ in track(stored, "Storing", len(drafts), console=Console(stderr=True)):
                pass
            service.warm()
        asked = [
            [_ask(service, text) for service in services]
            for text in track(questions, "Asking", console=Console(stderr=True))
        ]
    found = Counter(_difference(*both) for both in asked)
    equal = found.pop("", 0)
    click.echo(f"{dataset.card.name}: {equal} of {len(asked)} answers are equal")
    for why, count in found.most_common():
        click.echo(f"  {count}: {why}")
    for name, times in zip(("local", there.search.engine), zip(*asked, strict=True), strict=True):
        click.echo(f"  passages, {name}: {_times([one.ms for one in times])}")


def _ask(service: Service, text: str) -> _Asked:
    started = time.perf_counter()
    passages = service.search(text, top_k=_PASSAGES)
    ms = 1000 * (time.perf_counter() - started)
    return _Asked(service.ask(text), passages, ms)


def _difference(here: _Asked, there: _Asked) -> str:
    """Return why two answers differ; empty if they are equal."""
    if _said(here.answer) == _said(there.answer):
        return ""
    ours, theirs = ([one.chunk.id for one in asked.passages] for asked in (here, there))
    if ours == theirs:
        return "another answer from the same passages"
    if set(ours) == set(theirs):
        return "another answer, as the same passages were in another order"
    return "another answer, as other passages were found"


def _said(answer: Answer) -> tuple[object, ...]:
    cited = [(one.document.id, one.span) for one in answer.citations]
    return answer.status, answer.text, cited


def _search(
    place: CatalogueServer, there: Settings, count: int, exact_most: int, what: str
) -> None:
    chance = np.random.default_rng(0)
    search = there.engine()
    if search is None:
        return
    settings = {"embedder": "random", "chunk_tokens": "1"}
    with closing(PostgresCatalogue(place, settings)) as catalogue:
        vectors = _unit(chance, count)
        for at in range(0, count, _BATCH):
            _store(catalogue, at, vectors[at : at + _BATCH])
        started = time.perf_counter()
        index = served_index(search, catalogue, _DIM, exact_most=exact_most, read_only=False)
        filled_s = time.perf_counter() - started
        found, times = 0, list[float]()
        for query in _unit(chance, _SEARCHES):
            best = set(np.argsort(-(vectors @ query))[:_COMPARED].tolist())
            started = time.perf_counter()
            hits = index.dense(query, _ASKED)
            times.append(1000 * (time.perf_counter() - started))
            found += len(best & {one.chunk_id for one in hits[:_COMPARED]})
        recall = found / (_SEARCHES * _COMPARED)
    click.echo(
        f"{count} random vectors, {what}: recall@{_COMPARED} {recall:.3f}, {_times(times)};"
        f" made searchable in {filled_s:.1f} s"
    )


def _store(catalogue: PostgresCatalogue, start: int, vectors: Vectors) -> None:
    """Store a document with a chunk of one character for each vector; ids count up."""
    text = "x" * len(vectors)
    document = Document(
        id=str(start), title="", uri=None, text=text, sha256=sha256_text(text), revision=1,
        media_type="text/plain", metadata={}, length=len(text), created_at="",
    )  # fmt: skip
    chunks = [
        Chunk(id=start + at, document_id=document.id, revision=1, span=Span(at, at + 1), tokens=1)
        for at in range(len(vectors))
    ]
    catalogue.store(document, chunks, vectors)


def _unit(chance: np.random.Generator, count: int) -> Vectors:
    drawn = chance.normal(size=(count, _DIM))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def _times(ms: Sequence[float]) -> str:
    p50, p95 = np.percentile(ms, [50, 95]).tolist()
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"


if __name__ == "__main__":
    main()
