"""`python -m citespan.evals.training.everyday GUIDES OUT`: make pairs of the written questions.

GUIDES has a folder for each guide (`questions.jsonl` names them); OUT is what training reads.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.everyday.pairs import pairs_of
from citespan.evals.training.everyday.questions import (
    ABROAD,
    OWN,
    EverydayQuestion,
    drafts_of,
    part_of_group,
    read_questions,
)
from citespan.evals.training.examples import Example, write_examples
from citespan.evals.training.guides import store_guide
from citespan.index import Corpus
from citespan.qa import load_settings
from citespan.qa.composition import open_service


@click.command()
@click.argument("guides", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=1)
def main(guides: Path, out: Path, seed: int) -> None:
    """Store each collection, and write pairs of its questions and passages to OUT."""
    questions = read_questions()
    made: list[Example] = []
    try:
        for collection in sorted({one.collection for one in questions} - {*ABROAD}):
            asked = [one for one in questions if one.collection == collection]
            made += _made(collection, guides, asked, seed)
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    write_examples(out, made)
    counts = Counter(one.kind for one in made)
    click.echo(", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))


def _made(collection: str, guides: Path, asked: list[EverydayQuestion], seed: int) -> list[Example]:
    with tempfile.TemporaryDirectory() as scratch:
        settings = load_settings(environ={}, flags={"data": {"path": scratch, "seed": False}})
        with open_service(settings=settings) as service:
            corpus = service.corpus
            if collection in OWN:
                files = _store_own(collection, corpus)
            else:
                files = store_guide(guides / collection, corpus)
            return list(_examples(corpus, files, asked, seed))


def _store_own(collection: str, corpus: Corpus) -> dict[str, str]:
    """Store the documents of a collection; return their ids, by file."""
    drafts = dict(drafts_of([collection]))
    for _ in corpus.put_many(drafts.values()):
        pass
    return {group.removeprefix(f"{collection}/"): f"{one.id}" for group, one in drafts.items()}


def _examples(
    corpus: Corpus, files: dict[str, str], asked: list[EverydayQuestion], seed: int
) -> Iterator[Example]:
    collection = asked[0].collection
    parts = {file: part_of_group(f"{collection}/{file}") for file in files}
    for one in track(asked, collection, console=Console(stderr=True), transient=True):
        own = one.part
        yield from pairs_of(corpus, files, one, lambda file, own=own: parts[file] == own, seed)


if __name__ == "__main__":
    main()
