"""The evidence model on given paragraphs, as SQuAD 2.0 is scored.

`python -m citespan.evals.studies.reading FOLDER`, where FOLDER is a data set whose questions name
the paragraph they were written from (`python -m citespan.evals.datasets.convert squad …`). A
question is answered if the probability reaches a threshold. The threshold is chosen on half of the
documents and used on the other half, and the other way round. So every question is reported and
none helped to choose. A second table is on how well the probability separates paragraphs that
answer from those that only look like it. The logit of ms-marco-MiniLM-L-12 is compared
(`--cross-encoder`; it comes with the extra `train`).
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import open_dataset
from citespan.evals.metrics.answers import token_f1
from citespan.evals.report import with_interval
from citespan.evals.scoring import score
from citespan.evals.statistics import spread
from citespan.evals.types import Dataset, Question, Response, ResponseStatus
from citespan.index.runtime import parallel_map
from citespan.qa.composition import build_reader
from citespan.qa.evidence.protocol import Reader, Titled
from citespan.qa.settings import BUNDLED_EVIDENCE, EvidenceSettings, Settings

_MEASURES = ("exact_match", "f1", "exact_match_answerable", "f1_answerable")
_RESAMPLES = 1_000
_BATCH = 100


class Answered(NamedTuple):
    """A question with the likeliest answer in its paragraph, and the probability of that."""

    question: Question
    text: str
    probability: float

    @property
    def half(self) -> int:
        return zlib.crc32(self.question.cluster.encode()) % 2


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(2), help="Number of questions, spread over all.")
@click.option(
    "--model", default=BUNDLED_EVIDENCE, help="Model to measure, as in the setting evidence.model."
)
@click.option("--cross-encoder", is_flag=True, help="Score every pair with the cross-encoder, too.")
def main(folder: Path, limit: int | None, model: str, *, cross_encoder: bool) -> None:
    """Read every question's own paragraph in FOLDER, and print EM, F1 and AUROC."""
    dataset = open_dataset(str(folder))
    questions = [question for question in dataset.questions if question.origin]
    questions = spread(questions, limit)
    if not questions:
        raise click.ClickException(f"no question in {folder} says where it was written from")
    reader = build_reader(Settings(evidence=EvidenceSettings(model=model)))
    answered: list[Answered] = []
    for batch in _batches(questions, "Reading"):
        answered += parallel_map(lambda question: read(reader, dataset, question), batch)
    _print_answers(dataset, answered)
    chances = np.array([one.probability for one in answered])
    _print_auroc(model, answered, chances)
    if cross_encoder:
        _print_auroc("ms-marco-MiniLM-L-12", answered, _cross_encoder(dataset, questions))


def read(reader: Reader, dataset: Dataset, question: Question) -> Answered:
    """Return the likeliest answer in the question's own paragraph."""
    title, text = _paragraph(dataset, question)
    reading = reader.look(question.text, [Titled(title, text)])[0].read()
    said = reading.answer.of(text) if reading.answer else ""
    return Answered(question, said, reading.probability)


def _paragraph(dataset: Dataset, question: Question) -> Titled:
    origin = question.origin
    if origin is None:
        raise ValueError(f"{question.id} has no paragraph of its own")
    document = dataset.documents[origin.document_id]
    return Titled(document.title, document.text[origin.start : origin.end])


def _print_answers(dataset: Dataset, answered: Sequence[Answered]) -> None:
    least = {half: threshold([one for one in answered if one.half != half]) for half in (0, 1)}
    responses = [
        Response(question_id=one.question.id, text=one.text, status=ResponseStatus.ANSWERED)
        if one.probability >= least[one.half]
        else Response(question_id=one.question.id, status=ResponseStatus.ABSTAINED)
        for one in answered
    ]
    skipped = {one.id for one in dataset.questions} - {one.question.id for one in answered}
    scores = score(dataset, responses, skipped=skipped, resamples=_RESAMPLES)
    click.echo(f"{len(answered)} questions; answered from {least[0]:.2f} and {least[1]:.2f} on")
    for name in _MEASURES:
        click.echo(f"  {name:<24} {with_interval(scores.estimates[name])}")


def threshold(answered: Sequence[Answered]) -> float:
    """Return the probability from which answering gives these questions the best mean F1."""
    if not answered:
        return float("inf")
    order = sorted(answered, key=lambda one: -one.probability)
    gains = [
        token_f1(one.text, one.question.answers) - token_f1("", one.question.answers)
        for one in order
    ]
    chances = np.array([one.probability for one in order])
    last_of_ties = np.append(np.diff(chances) != 0, True)
    sums = np.where(last_of_ties, np.cumsum(gains), -np.inf)
    best = int(np.argmax(sums))
    return float(chances[best]) if sums[best] > 0 else float("inf")


def _print_auroc(name: str, answered: Sequence[Answered], scores: NDArray[np.float64]) -> None:
    labels = np.array([one.question.answerable for one in answered])
    clusters = [one.question.cluster for one in answered]
    rows_of = {
        name: np.flatnonzero(np.array([one == name for one in clusters]))
        for name in sorted(set(clusters))
    }
    documents = list(rows_of)
    rng, drawn = np.random.default_rng(0), list[float]()
    for _ in range(_RESAMPLES):
        picked = rng.integers(len(documents), size=len(documents)).tolist()
        rows = np.concatenate([rows_of[documents[place]] for place in picked])
        drawn.append(auroc(scores[rows], labels[rows]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    click.echo(f"  AUROC of {name:<24} {auroc(scores, labels):.3f} [{low:.3f}–{high:.3f}]")


def auroc(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Return how often an answerable question scores above an unanswerable one, ties half.

    Source: Hanley and McNeil 1982, "The meaning and use of the area under a ROC curve".
    """
    yes, no = np.sort(scores[labels]), scores[~labels]
    above = len(yes) - np.searchsorted(yes, no, side="right")
    equal = np.searchsorted(yes, no, side="right") - np.searchsorted(yes, no, side="left")
    return float((above + equal / 2).sum() / max(1, len(yes) * len(no)))


def _cross_encoder(dataset: Dataset, questions: Sequence[Question]) -> NDArray[np.float64]:
    from citespan.evals.training.model import CrossEncoder

    model = CrossEncoder()

    def one(question: Question) -> float:
        return model.score(question.text, [_paragraph(dataset, question).text])[0]

    return np.array(
        [x for batch in _batches(questions, "Scoring") for x in parallel_map(one, batch)]
    )


def _batches(questions: Sequence[Question], label: str) -> Iterator[Sequence[Question]]:
    starts = range(0, len(questions), _BATCH)
    for at in track(starts, label, console=Console(stderr=True), transient=True):
        yield questions[at : at + _BATCH]


if __name__ == "__main__":
    main()
