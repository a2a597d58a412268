"""The engines of search compared by their answers.

`python -m citespan.evals.studies.engines [DATASET] --url postgresql://… --engine postgres`: each
question is answered by a service that searches by itself, and by one that an engine searches for.
An answer is equal if its status, text and citations are. Where one is not, the output says whether
the passages of the question differed. The database must be empty, and everything in it is deleted
at the end. How fast and how well an engine finds, `citespan.evals.bench.size --url` measures.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
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
from citespan.index import Draft, Passage
from citespan.index.catalogue import CatalogueServer, drop_catalogue
from citespan.qa import Answer, Service, Settings, load_settings, open_service

_PASSAGES = 20


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
def main(dataset: str, url: str, engine: str, search_url: str, limit: int | None) -> None:
    """Compare an engine with the local search."""
    with TemporaryDirectory() as scratch:
        search: dict[str, object] = {"engine": engine, "url": search_url}
        there = _settings(Path(scratch) / "there", store={"url": url}, search=search)
        try:
            _compare(open_dataset(dataset), _settings(Path(scratch) / "here"), there, limit)
        finally:
            drop_catalogue(CatalogueServer(url=url, name=there.data.collection))


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


def _times(ms: Sequence[float]) -> str:
    p50, p95 = np.percentile(ms, [50, 95]).tolist()
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"


if __name__ == "__main__":
    main()
