"""Reading in other languages than English, and finding across languages.

`python -m citespan.evals.studies.languages DATA`: with the extra `languages`. DATA has the folder
`languages` with the sets that its SOURCE.md names. Only articles that took no part in training are
read. `crossed.jsonl` has questions of these sets in English, written by hand.

The overlap of words is that of SQuAD (Rajpurkar et al. 2016, arXiv 1606.05250), where each
character is a word in scripts without spaces.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import numpy as np
import regex
from rich.console import Console
from rich.progress import track

from citespan.evals.studies.lines import records
from citespan.evals.studies.reading import auroc
from citespan.evals.training.data import FOREIGN, Asked, read_rows
from citespan.evals.training.release import held_questions
from citespan.index.embedding import MULTILINGUAL_MODEL
from citespan.index.embedding.protocol import Embedder
from citespan.index.runtime import parallel_map
from citespan.index.types import Vectors
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder, build_reader
from citespan.qa.evidence.protocol import Reader, Titled

CROSSED = Path(__file__).with_name("crossed.jsonl")
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}]|[^\W\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+"
)
_QUESTIONS = 300  # of each set
_FOUND = 5  # paragraphs


class Crossed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question of a set in English."""

    file: str
    id: str
    question: str


class ReadQuestion(NamedTuple):
    """A question that was read with its paragraph.

    chance: the probability that the paragraph answers, in [0, 1].
    exact, overlap: of the likeliest answer with the gold, in [0, 1].
    """

    answerable: bool
    chance: float
    exact: float
    overlap: float


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(data: Path) -> None:
    """Read questions of DATA with their paragraphs, then find paragraphs across languages."""
    settings = load_settings(flags={"embedding": {"model": MULTILINGUAL_MODEL}})
    reader = build_reader(settings)
    click.echo("set        questions  EM    F1    AUROC")
    for name in sorted(FOREIGN):
        rows = parallel_map(lambda asked: _read(reader, asked), _held(data, name))
        known = [one for one in rows if one.answerable]
        exact, overlap = (float(np.mean([one[at] for one in known])) for at in (2, 3))
        ranked = "–"
        if len(known) < len(rows):
            chances = np.array([one.chance for one in rows])
            ranked = f"{auroc(chances, np.array([one.answerable for one in rows])):.3f}"
        click.echo(f"{name:<10} {len(rows):>9}  {exact:.3f} {overlap:.3f} {ranked}")
    _cross(data, build_embedder(settings))


def _cross(data: Path, embedder: Embedder) -> None:
    """Print how often a question and its wording in English find its paragraph."""
    click.echo(f"\nset          questions  own@{_FOUND}  English@{_FOUND}")
    crossed = records(CROSSED, Crossed)
    for file in dict.fromkeys(one.file for one in crossed):
        among = {one.id: one.question for one in crossed if one.file == file}
        rows = list(read_rows(data / f"languages/{file}.jsonl.gz"))
        paragraphs = list(dict.fromkeys(row.context for row in rows))
        stored = _embedded(embedder.embed_documents, paragraphs, file)
        asked = [row for row in rows if row.id in among]
        gold = [paragraphs.index(row.context) for row in asked]
        own = np.stack([embedder.embed_query(row.question) for row in asked])
        other = np.stack([embedder.embed_query(among[row.id]) for row in asked])
        shares = [_recall(questions, stored, gold) for questions in (own, other)]
        click.echo(f"{file:<12} {len(asked):>9}  {shares[0]:.3f}  {shares[1]:.3f}")


def _held(data: Path, name: str) -> list[Asked]:
    """Return questions of the articles that report, spread over all."""
    held = held_questions(data, name, "report")
    return held[:: max(1, len(held) // _QUESTIONS)][:_QUESTIONS]


def _read(reader: Reader, asked: Asked) -> ReadQuestion:
    text = asked.paragraph.of(asked.document.text)
    reading = reader.look(asked.question, [Titled(asked.document.title, text)])[0].read()
    said = reading.answer.of(text) if reading.answer else ""
    golds = [span.of(asked.document.text) for span in asked.answers] or [""]
    return ReadQuestion(
        answerable=asked.answerable,
        chance=reading.probability,
        exact=max(float(_words(said) == _words(gold)) for gold in golds),
        overlap=max(_overlap(said, gold) for gold in golds),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _overlap(said: str, gold: str) -> float:
    first, second = Counter(_words(said)), Counter(_words(gold))
    both = (first & second).total()
    return 2 * both / max(1, first.total() + second.total())


def _embedded(
    embed: Callable[[Sequence[str]], Vectors], texts: Sequence[str], name: str
) -> Vectors:
    parts = [texts[at : at + 50] for at in range(0, len(texts), 50)]
    shown = track(parts, description=f"embed {name}", console=Console(stderr=True), transient=True)
    return np.concatenate([embed(part) for part in shown])


def _recall(questions: Vectors, stored: Vectors, gold: Sequence[int]) -> float:
    order = np.argsort(-(questions @ stored.T), axis=1)[:, :_FOUND]
    return float(np.mean([place in row for place, row in zip(gold, order.tolist(), strict=True)]))


if __name__ == "__main__":
    main()
