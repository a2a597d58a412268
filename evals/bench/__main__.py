"""`python -m citespan.evals.bench`: speed, memory and size, next to a naive baseline.

The baseline is measured in the same run.
"""

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from citespan.evals.bench.figures import Figure
from citespan.evals.bench.http import measure_http
from citespan.evals.bench.ingest import measure_ingest
from citespan.evals.bench.plan import BenchPlan
from citespan.evals.bench.query import measure_query
from citespan.evals.bench.start import measure_start
from citespan.evals.bench.tables import print_figures
from citespan.evals.bench.workers import Citespan, NaiveSystem, Worker, open_folder
from citespan.evals.datasets import open_dataset
from citespan.evals.errors import DatasetError
from citespan.evals.runs.provenance import machine, measured_settings, versions
from citespan.evals.types import Dataset
from citespan.index.errors import StoreError
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder
from citespan.qa.errors import QAError

_GROUPS = ("ingest", "query", "http", "start")
_PACKAGES = ("citespan", "faiss-cpu", "onnxruntime", "sentence-transformers", "tantivy", "torch")


@click.command()
@click.argument("folder", default="seed")
@click.option(
    "--only", type=click.Choice(_GROUPS), multiple=True, help="Measure only this; repeatable."
)
@click.option(
    "--questions", type=click.IntRange(1), default=50, show_default=True, help="A sample."
)
@click.option(
    "--clients",
    type=click.IntRange(1),
    multiple=True,
    default=(1, 8, 32),
    show_default=True,
    help="Number of concurrent clients; repeatable.",
)
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the JSON to this file [default: standard output].",
)
def main(folder: str, only: tuple[str, ...], out: Path | None, **options: Any) -> None:
    """Measure citespan on the data set in FOLDER (by default the seed) next to a naive baseline.

    FOLDER is a folder with corpus.jsonl and queries.jsonl, a SQuAD .json file, or `seed`. The
    baseline is the usual first version: sentence-transformers, fixed windows of tokens, FAISS. Each
    figure is the median of the repeats, with its ratio to the baseline.
    """
    if out and not out.parent.is_dir():  # refused before the measurement, not after it
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    console = Console(stderr=True)
    try:
        dataset = open_dataset(folder)
        with tempfile.TemporaryDirectory(prefix="citespan-bench-") as work:
            plan = _plan(dataset, Path(work), console, **options)
            figures = _measure(plan, only or _GROUPS)
    except (QAError, StoreError) as error:
        raise click.ClickException(str(error)) from error
    print_figures(figures, console)
    report = msgspec.json.encode(_report(dataset, plan, figures))
    text = msgspec.json.format(report, indent=2).decode() + "\n"
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


def _plan(
    dataset: Dataset,
    work: Path,
    console: Console,
    *,
    questions: int,
    clients: tuple[int, ...],
    repeats: int,
) -> BenchPlan:
    texts = [question.text for question in dataset.questions]
    if not texts or not dataset.documents:
        raise DatasetError(f"{dataset.card.name}: documents and questions are needed")
    random.Random(0).shuffle(texts)  # noqa: S311  (a sample, not a secret)
    settings = load_settings()
    if not settings.data.models:
        data = msgspec.structs.replace(settings.data, models=str(work / "models"))
        settings = msgspec.structs.replace(settings, data=data)
    build_embedder(settings, say=console.print)  # exports the model once
    return BenchPlan(
        documents=tuple(dataset.documents.values()),
        questions=tuple(texts[:questions]),
        clients=tuple(dict.fromkeys(clients)),
        repeats=repeats,
        settings=settings,
        work=work,
        notify=console.print,
    )


def _measure(plan: BenchPlan, groups: tuple[str, ...]) -> list[Figure]:
    plan.notify("Storing")
    stored = measure_ingest(plan, plan.repeats if "ingest" in groups else 1)
    figures = stored if "ingest" in groups else []
    if "query" in groups or "http" in groups:
        with ExitStack() as stack:
            citespan = stack.enter_context(Worker(Citespan, plan.settings))
            naive = stack.enter_context(Worker(NaiveSystem, plan.settings))
            citespan.do(open_folder, plan.stored)
            naive.do(open_folder, plan.naive_stored)
            if "query" in groups:
                figures += measure_query(plan, citespan, naive)
            if "http" in groups:
                figures += measure_http(plan, citespan, naive)
    if "start" in groups:
        figures += measure_start(plan)
    return figures


def _report(dataset: Dataset, plan: BenchPlan, figures: list[Figure]) -> dict[str, object]:
    return {
        "format": 1,
        "dataset": {
            "name": dataset.card.name,
            "sha256": dataset.sha256,
            "documents": len(plan.documents),
            "characters": plan.characters,
        },
        "questions": len(plan.questions),
        "repeats": plan.repeats,
        "settings": measured_settings(plan.settings),
        "versions": versions(_PACKAGES),
        "machine": machine(),
        "figures": figures,
    }


if __name__ == "__main__":
    main()
