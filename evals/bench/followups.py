"""Whether follow-up questions find more once they stand alone.

`python -m evals.bench.followups FOLDER`, where FOLDER holds INSCIT's dev.jsonl: every passage that
is evidence of any turn is a document, and each turn's passages are sought with the last question
alone, with the stand-alone question that citespan makes of it without a language model, with the
last two questions, and with all of them, by hybrid search. The rules were chosen on half of the
conversations (`--half chosen`); the other half is measured. First turns, which lean on nothing,
and turns without evidence are left out. Intervals resample conversations; p is of a paired test
against the last question alone.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import click
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from evals.bootstrap import Floats, intervals
from evals.metrics.ranking import recall_at, reciprocal_rank
from evals.sources.inscit import Turn, inscit
from evals.statistics import paired_randomisation
from evals.types import SourceDocument
from index import Draft
from qa import Service, load_settings, open_service
from qa.conversation import understand
from qa.messages import Message

Way: TypeAlias = Callable[[Turn], str]

_MEASURES = ("recall@5", "recall@20", "MRR@20")
_PASSAGES = 20
_CHUNKS = 60  # of which a passage may have several
_RESAMPLES = 2_000


def last(turn: Turn) -> str:
    """The question as it was asked."""
    return turn.said[-1]


def stand_alone(turn: Turn) -> str:
    """What citespan makes of it by rules; the question itself where that is small talk."""
    messages = [
        Message(role="assistant" if at % 2 else "user", content=text)
        for at, text in enumerate(turn.said)
    ]
    return understand(messages).question or last(turn)


def last_two(turn: Turn) -> str:
    """The question after the one before it."""
    return " ".join(turn.said[-3::2])


def all_questions(turn: Turn) -> str:
    """All that the user asked."""
    return " ".join(turn.said[::2])


WAYS: Mapping[str, Way] = {
    "last question": last,
    "stand-alone": stand_alone,
    "last two questions": last_two,
    "all questions": all_questions,
}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--half", type=click.Choice(["chosen", "measured"]), default="measured", show_default=True
)
@click.option("--index", type=click.Path(file_okay=False, path_type=Path), help="Kept there.")
def main(folder: Path, half: str, index: Path | None) -> None:
    """Look for the evidence of INSCIT's follow-up questions in four ways."""
    turns, passages = inscit(folder)
    turns = [
        turn
        for turn in turns
        if turn.gold
        and len(turn.said) > 1
        and (_parity(turn.conversation) == 0) == (half == "chosen")
    ]
    if not turns:
        raise click.ClickException(f"no turn in {folder} is a follow-up with evidence")
    with TemporaryDirectory() as scratch, _opened(index or Path(scratch), passages) as service:
        found = {name: _measured(service, turns, way, name) for name, way in WAYS.items()}
    _print(turns, found)


def _parity(conversation: str) -> int:
    return int(hashlib.sha256(conversation.encode()).hexdigest(), 16) % 2


def _opened(folder: Path, passages: Sequence[SourceDocument]) -> Service:
    settings = load_settings()
    data = msgspec.structs.replace(
        settings.data, path=str(folder), models=str(settings.models_path()), seed=False
    )
    service = open_service(settings=msgspec.structs.replace(settings, data=data))
    drafts = [Draft(id=one.id, text=one.text, title=one.title) for one in passages]
    stored = service.corpus.put_many(drafts)
    console = Console(stderr=True)
    for _ in track(stored, "Storing", len(drafts), console=console, transient=True):
        pass
    return service


def _measured(service: Service, turns: Sequence[Turn], way: Way, name: str) -> Floats:
    """(turns, measures)."""
    rows: list[tuple[float, ...]] = []
    for turn in track(turns, name, console=Console(stderr=True), transient=True):
        found = service.search(way(turn), top_k=_CHUNKS)
        ranked = [passage.chunk.document_id for passage in found]
        grades = dict.fromkeys(turn.gold, 1)
        rows.append(
            (
                recall_at(5, ranked, grades),
                recall_at(_PASSAGES, ranked, grades),
                reciprocal_rank(_PASSAGES, ranked, grades),
            )
        )
    return np.array(rows, dtype=np.float64)


def _print(turns: Sequence[Turn], found: Mapping[str, Floats]) -> None:
    numbers = {name: at for at, name in enumerate(dict.fromkeys(one.conversation for one in turns))}
    units = [numbers[turn.conversation] for turn in turns]
    changed = np.array([stand_alone(turn) != last(turn) for turn in turns])
    click.echo(
        f"{len(turns)} follow-ups of {len(numbers)} conversations, {changed.sum()} rewritten"
    )
    for kind, rows in (("all", np.ones(len(turns), bool)), ("rewritten", changed)):
        click.echo(f"{kind}:")
        clusters = np.array(units)[rows]
        for name, values in found.items():
            base = found["last question"]
            click.echo(f"  {name:<20}" + "".join(_cells(values[rows], base[rows], clusters)))


def _cells(values: Floats, base: Floats, clusters: NDArray[np.int64]) -> list[str]:
    _, units = np.unique(clusters, return_inverse=True)

    def means(counts: Floats) -> tuple[Floats, Floats]:
        return counts @ values, np.repeat(counts.sum(axis=1, keepdims=True), len(_MEASURES), 1)

    drawn = intervals(means, units.tolist(), resamples=_RESAMPLES, seed=0)
    cells: list[str] = []
    for column, (name, estimate) in enumerate(zip(_MEASURES, drawn, strict=True)):
        gaps = np.round(values[:, column] - base[:, column], 9)
        p = paired_randomisation(gaps, units.astype(np.int64))
        cells.append(
            f"  {name} {estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}] p={p:.3f}"
        )
    return cells


if __name__ == "__main__":
    main()
