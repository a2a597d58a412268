"""`python -m citespan.evals.training.ranking DATA GUIDES OUT`: find passages for questions.

GUIDES has a folder for each guide (`rounds/seventh.toml` names them); OUT is what the step `rank`
of the training reads.
"""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.everyday import scratch_corpus, stored_together
from citespan.evals.training.ranking.lists import FoundList, lists_of, write_lists
from citespan.evals.training.ranking.sources import (
    everyday_questions,
    public_questions,
    store_everyday,
    store_public,
)

_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("data", type=_folder)
@click.argument("guides", type=_folder)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def main(data: Path, guides: Path, out: Path) -> None:
    """Store the documents of questions that train, and write what a search finds to OUT."""
    try:
        lists = [*_of_public(data), *_of_everyday(guides)]
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    write_lists(out, lists)
    click.echo(f"{len(lists)} lists, {sum(len(one.candidates) for one in lists)} passages")


def _of_public(data: Path) -> list[FoundList]:
    with scratch_corpus() as corpus:
        asked = store_public(corpus, public_questions(data))
        return list(lists_of(corpus, track(asked, "public sets", console=Console(stderr=True))))


def _of_everyday(guides: Path) -> Iterator[FoundList]:
    questions = everyday_questions()
    for collections in stored_together({one.collection for one in questions}):
        with scratch_corpus() as corpus:
            asked = list(store_everyday(corpus, guides, collections, questions))
            name = ", ".join(collections)
            yield from lists_of(corpus, track(asked, name, console=Console(stderr=True)))


if __name__ == "__main__":
    main()
