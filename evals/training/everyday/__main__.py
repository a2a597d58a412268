"""`python -m citespan.evals.training.everyday GUIDES OUT [--abroad]`: make pairs of questions.

GUIDES has a folder for each guide (`questions.jsonl` names them); OUT is what training reads.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.everyday.pairs import pairs_of
from citespan.evals.training.everyday.questions import (
    EverydayQuestion,
    part_of_group,
    read_questions,
)
from citespan.evals.training.everyday.store import scratch_corpus, store_collection, stored_together
from citespan.evals.training.examples import Example, write_examples
from citespan.index import Corpus
from citespan.index.embedding import MULTILINGUAL_MODEL


@click.command()
@click.argument("guides", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--abroad", is_flag=True, help="Ask those in other languages, or about them.")
@click.option("--seed", type=int, default=1)
def main(guides: Path, out: Path, *, abroad: bool, seed: int) -> None:
    """Store the collections, and write pairs of their questions and passages to OUT."""
    questions = [one for one in read_questions() if one.is_abroad == abroad]
    made: list[Example] = []
    try:
        for collections in stored_together({one.collection for one in questions}):
            asked = [one for one in questions if one.collection in collections]
            made += _made(collections, guides, asked, abroad=abroad, seed=seed)
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    write_examples(out, made)
    counts = Counter(one.kind for one in made)
    click.echo(", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))


def _made(
    collections: list[str], guides: Path, asked: list[EverydayQuestion], *, abroad: bool, seed: int
) -> list[Example]:
    with scratch_corpus(MULTILINGUAL_MODEL if abroad else "") as corpus:
        names: dict[str, str] = {}
        for collection in collections:
            names |= store_collection(collection, guides, corpus)
        return list(_examples(corpus, names, asked, seed))


def _examples(
    corpus: Corpus, names: dict[str, str], asked: list[EverydayQuestion], seed: int
) -> Iterator[Example]:
    for one in track(asked, asked[0].collection, console=Console(stderr=True), transient=True):
        own = one.part
        yield from pairs_of(
            corpus, names, one, lambda group, own=own: part_of_group(group) == own, seed
        )


if __name__ == "__main__":
    main()
