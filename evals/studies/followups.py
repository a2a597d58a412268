"""Comparison of searches for follow-up questions with and without the conversation.

`python -m citespan.evals.studies.followups FOLDER`, where FOLDER holds INSCIT's dev.jsonl: every
passage that is evidence of any turn is a document. Follow-ups with evidence are

- sought by hybrid search, with only the last question, with the stand-alone question that citespan
  shows the user, with the words and the context that it searches with, and with earlier questions;
- answered, which ranks passages by the evidence model: without the conversation, with the
  stand-alone question, and with the conversation.

Questions that need no conversation are also sought after another one, whose topic should do them no
harm. No language model is used. The rules were chosen on half of the conversations (`--half
chosen`); the other half is measured. Intervals resample conversations; p is of a paired test
against the first way of each table.
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

from citespan.evals.datasets.sources import Turn, convert_inscit
from citespan.evals.metrics.ranking import ndcg_at, recall_at, reciprocal_rank
from citespan.evals.statistics import Floats, intervals, paired_randomisation
from citespan.evals.types import SourceDocument
from citespan.index import Draft
from citespan.index.types import Context
from citespan.qa import Answer, Service, load_settings, open_service
from citespan.qa.question import Understood, understand
from citespan.qa.types import Message

#: The query for a turn, and its context.
Sought: TypeAlias = Callable[[Turn], tuple[str, Context | None]]
Asked: TypeAlias = Callable[[Service, Turn], Answer]
Measured: TypeAlias = Callable[[Service, Turn], tuple[float, ...]]

_SOUGHT = ("recall@5", "recall@20", "MRR@20", "nDCG@10")
_ANSWERED = ("recall@5", "MRR@20", "nDCG@10", "right", "wrong")
_CHUNKS = 60  # a passage may have several chunks
_RESAMPLES = 2_000


def last(turn: Turn) -> str:
    """Return the question as it was asked."""
    return turn.said[-1]


def stand_alone(turn: Turn) -> str:
    """Return the question that citespan makes of it by rules; itself if that is small talk."""
    return _understood(turn).question or last(turn)


def in_context(turn: Turn) -> tuple[str, Context | None]:
    """Return the query and the context that citespan searches with."""
    understood = _understood(turn)
    return understood.words or last(turn), understood.context


def last_two(turn: Turn) -> str:
    """Return the question after the one before it."""
    return " ".join(turn.said[-3::2])


def all_questions(turn: Turn) -> str:
    """Return all questions of the user."""
    return " ".join(turn.said[::2])


SOUGHT: Mapping[str, Sought] = {
    "last question": lambda turn: (last(turn), None),
    "stand-alone": lambda turn: (stand_alone(turn), None),
    "with context": in_context,
    "last two questions": lambda turn: (last_two(turn), None),
    "all questions": lambda turn: (all_questions(turn), None),
}

ASKED: Mapping[str, Asked] = {
    "last question": lambda service, turn: service.ask(last(turn)),
    "stand-alone": lambda service, turn: service.ask(stand_alone(turn)),
    "conversation": lambda service, turn: service.ask(last(turn), history=_messages(turn)[:-1]),
}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--half", type=click.Choice(["chosen", "measured"]), default="measured", show_default=True
)
@click.option("--index", type=click.Path(file_okay=False, path_type=Path), help="Kept there.")
def main(folder: Path, half: str, index: Path | None) -> None:
    """Look for the evidence of INSCIT's follow-up questions, and answer them."""
    turns, passages = convert_inscit(folder)
    turns = [turn for turn in turns if (_parity(turn.conversation) == 0) == (half == "chosen")]
    asked = [turn for turn in turns if turn.gold and len(turn.said) > 1]
    if not asked:
        raise click.ClickException(f"no turn in {folder} is a follow-up with evidence")
    rewritten = np.array([stand_alone(turn) != last(turn) for turn in asked])
    summary = f"{len(asked)} follow-ups of {len(_units(asked)[1])} conversations"
    click.echo(f"{summary}, {rewritten.sum()} rewritten")
    switched = after_another(turns)
    with TemporaryDirectory() as scratch, _opened(index or Path(scratch), passages) as service:
        for name, among, kinds in (
            ("sought", asked, {"all": np.ones(len(asked), bool), "rewritten": rewritten}),
            ("sought after another conversation", switched, {"all": np.ones(len(switched), bool)}),
        ):
            found = {way: _table(service, among, _seeking(how)) for way, how in SOUGHT.items()}
            _print(name, _SOUGHT, among, found, kinds)
        found = {way: _table(service, asked, _asking(how)) for way, how in ASKED.items()}
        kinds = {"all": np.ones(len(asked), bool), "rewritten": rewritten}
        _print("answered", _ANSWERED, asked, found, kinds)


def after_another(turns: Sequence[Turn]) -> list[Turn]:
    """Return stand-alone questions with evidence, each after another conversation's end."""
    whole: dict[str, Turn] = {}
    for turn in turns:
        if len(turn.said) >= len(whole.get(turn.conversation, turn).said):
            whole[turn.conversation] = turn
    names = list(whole)
    following = {name: whole[names[(at + 1) % len(names)]] for at, name in enumerate(names)}
    return [
        turn._replace(said=(*following[turn.conversation].said[:-1], last(turn)))
        for turn in turns
        if turn.gold and stand_alone(turn) == last(turn)
    ]


def _messages(turn: Turn) -> list[Message]:
    return [
        Message(role="assistant" if at % 2 else "user", content=text)
        for at, text in enumerate(turn.said)
    ]


def _understood(turn: Turn) -> Understood:
    return understand(_messages(turn))


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


def _seeking(how: Sought) -> Measured:
    def measured(service: Service, turn: Turn) -> tuple[float, ...]:
        words, context = how(turn)
        found = service.corpus.search(words, k=_CHUNKS, candidates=_CHUNKS, context=context)
        ranked = [passage.chunk.document_id for passage in found]
        grades = dict.fromkeys(turn.gold, 1)
        return (
            recall_at(5, ranked, grades),
            recall_at(20, ranked, grades),
            reciprocal_rank(20, ranked, grades),
            ndcg_at(10, ranked, grades),
        )

    return measured


def _asking(how: Asked) -> Measured:
    """Return a measurement: `right` answers cite evidence first, `wrong` others; else abstained."""

    def measured(service: Service, turn: Turn) -> tuple[float, ...]:
        answer = how(service, turn)
        ranked = [passage.chunk.document_id for passage in answer.passages]
        grades = dict.fromkeys(turn.gold, 1)
        cited = [citation.document.id in turn.gold for citation in answer.citations[:1]]
        return (
            recall_at(5, ranked, grades),
            reciprocal_rank(20, ranked, grades),
            ndcg_at(10, ranked, grades),
            float(cited == [True]),
            float(cited == [False]),
        )

    return measured


def _table(service: Service, turns: Sequence[Turn], measured: Measured) -> Floats:
    """Return the (turns, measures) table."""
    rows = track(turns, "Measuring", console=Console(stderr=True), transient=True)
    return np.array([measured(service, turn) for turn in rows], dtype=np.float64)


def _units(turns: Sequence[Turn]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each turn's conversation, and the conversations."""
    names = list(dict.fromkeys(turn.conversation for turn in turns))
    return np.array([names.index(turn.conversation) for turn in turns], dtype=np.int64), names


def _print(
    title: str,
    measures: Sequence[str],
    turns: Sequence[Turn],
    found: Mapping[str, Floats],
    kinds: Mapping[str, NDArray[np.bool_]],
) -> None:
    base = next(iter(found.values()))
    units, _ = _units(turns)
    for kind, rows in kinds.items():
        click.echo(f"{title}, {kind} {rows.sum()}:")
        for name, values in found.items():
            cells = _cells(measures, values[rows], base[rows], units[rows])
            click.echo(f"  {name:<20}" + "".join(cells))


def _cells(
    measures: Sequence[str], values: Floats, base: Floats, clusters: NDArray[np.int64]
) -> list[str]:
    _, units = np.unique(clusters, return_inverse=True)

    def means(counts: Floats) -> tuple[Floats, Floats]:
        return counts @ values, np.repeat(counts.sum(axis=1, keepdims=True), len(measures), 1)

    drawn = intervals(means, units.tolist(), resamples=_RESAMPLES, seed=0)
    cells: list[str] = []
    for column, (name, estimate) in enumerate(zip(measures, drawn, strict=True)):
        gaps = np.round(values[:, column] - base[:, column], 9)
        p = paired_randomisation(gaps, units.astype(np.int64))
        cells.append(
            f"  {name} {estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}] p={p:.3f}"
        )
    return cells


if __name__ == "__main__":
    main()
