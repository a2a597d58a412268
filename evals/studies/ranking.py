"""Our evidence model's ranking against the cross-encoder's, on the same passages in one run.

`python -m citespan.evals.studies.ranking FOLDER… [--limit N]`: for each question the hybrid
retrieval supplies 20 passages. ms-marco-MiniLM-L-12 (int8, one pair a call; it comes with the extra
`train`) scores them all. The service looks at all and reads the best, as for an answer. The output
has the gold characters in the first five passages, with the paired difference and its p-value. If a
data set has no spans, documents found are counted. The time of each is printed, too.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import open_dataset
from citespan.evals.report import with_interval
from citespan.evals.results import SystemScores
from citespan.evals.scoring import score
from citespan.evals.statistics import paired_randomisation, resampling_units, spread
from citespan.evals.training.model import CrossEncoder
from citespan.evals.types import Dataset, Response, RetrievedSpan
from citespan.index import Draft, Passage
from citespan.qa import Settings, load_settings, open_service

_PASSAGES = 20
_RESAMPLES = 1_000


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--limit", type=click.IntRange(1), help="Number of questions of each data set, spread over all."
)
def main(folders: tuple[Path, ...], limit: int | None) -> None:
    """Rank the same passages with both models."""
    settings = load_settings()
    rival = CrossEncoder()
    for folder in folders:
        dataset = open_dataset(str(folder))
        with TemporaryDirectory() as scratch:
            _measure(dataset, Path(scratch), settings, rival, limit)


def _measure(
    dataset: Dataset, scratch: Path, settings: Settings, rival: CrossEncoder, limit: int | None
) -> None:
    data = msgspec.structs.replace(
        settings.data, path=str(scratch), models=str(settings.models_path()), seed=False
    )
    settings = msgspec.structs.replace(settings, data=data)
    console = Console(stderr=True)
    questions = [one for one in dataset.questions if one.answerable]
    questions = spread(questions, limit)
    ours, theirs, times = list[Response](), list[Response](), list[tuple[float, float]]()
    with open_service(settings=settings) as service:
        drafts = [Draft(id=d.id, text=d.text, title=d.title) for d in dataset.documents.values()]
        stored = service.corpus.put_many(drafts)
        for _ in track(stored, "Storing", len(drafts), console=console, transient=True):
            pass
        service.warm()
        rival.score("warm", ["up"])
        for question in track(questions, "Ranking", console=console, transient=True):
            passages = service.search(question.text, top_k=_PASSAGES)
            started = time.perf_counter()
            scores = rival.score(question.text, [passage.text for passage in passages])
            between = time.perf_counter()
            answered = service.ask(question.text, top_k=_PASSAGES)
            times.append((answered.timings_ms["evidence"] / 1000, between - started))
            order = sorted(range(len(passages)), key=lambda at: -scores[at])
            best = [passages[at] for at in order]
            theirs.append(_response(question.id, best))
            ours.append(_response(question.id, answered.passages))
    skipped = {one.id for one in dataset.questions} - {one.id for one in questions}
    _print(
        dataset,
        score(dataset, ours, skipped=skipped, resamples=_RESAMPLES),
        score(dataset, theirs, skipped=skipped, resamples=_RESAMPLES),
        np.array(times),
    )


def _response(question_id: str, passages: Sequence[Passage]) -> Response:
    return Response(
        question_id=question_id,
        passages=tuple(
            RetrievedSpan(
                document_id=passage.chunk.document_id,
                start=passage.chunk.span.start,
                end=passage.chunk.span.end,
            )
            for passage in passages
        ),
    )


def _print(
    dataset: Dataset, ours: SystemScores, theirs: SystemScores, seconds: NDArray[np.float64]
) -> None:
    spans = ours.estimates["span_recall@5"].value is not None
    measure = "span_recall@5" if spans else "recall@5"
    click.echo(f"{dataset.card.name}: {len(seconds)} questions, {measure}")
    click.echo(f"  citespan       {with_interval(ours.estimates[measure])}")
    click.echo(f"  cross-encoder  {with_interval(theirs.estimates[measure])}")
    both = [
        (a.values.get(measure), b.values.get(measure), a.question_id)
        for a, b in zip(ours.questions, theirs.questions, strict=True)
    ]
    known = [(a - b, name) for a, b, name in both if a is not None and b is not None]
    clusters = {one.id: one.cluster for one in dataset.questions}
    units = resampling_units([clusters[name] for _, name in known])[1]
    gaps = np.array([round(gap, 9) for gap, _ in known], dtype=np.float64)
    p = paired_randomisation(gaps, np.array(units))
    click.echo(f"  difference     {gaps.mean():+.3f}, p = {p:.3f}")
    ratio = seconds[:, 0] / seconds[:, 1]
    mine, other = np.median(seconds, axis=0) * 1000
    click.echo(
        f"  time, median   {mine:.0f} ms against {other:.0f}: {np.median(ratio):.2f}"
        f" ({np.percentile(ratio, 5):.2f}–{np.percentile(ratio, 95):.2f})"
    )


if __name__ == "__main__":
    main()
