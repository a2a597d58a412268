"""`python -m citespan.evals.training.guides GUIDES OUT`: make pairs of guides.

GUIDES has a folder for each guide, with its pages; OUT is the file that training reads.
"""

import tempfile
from collections import Counter
from pathlib import Path

import click

from citespan.evals.training.examples import Example, write_examples
from citespan.evals.training.guides.pairs import pairs_of
from citespan.evals.training.guides.questions import GuideKind
from citespan.evals.training.guides.store import store_guide
from citespan.index.embedding import bundled_folder
from citespan.index.runtime import load_tokenizer
from citespan.qa import load_settings
from citespan.qa.composition import open_service

_LIMITS: dict[GuideKind, int] = {"asked": 500, "how": 250, "what": 150, "named": 200, "row": 120}
_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("guides", type=_folder)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Keep what is stored here.")
@click.option("--seed", type=int, default=1)
def main(guides: Path, out: Path, data: Path | None, seed: int) -> None:
    """Store each guide in GUIDES, and write pairs of its questions and passages to OUT."""
    vocabulary = load_tokenizer(bundled_folder() / "tokenizer.json").get_vocab()
    made: list[Example] = []
    with tempfile.TemporaryDirectory() as scratch:
        for guide in sorted(one for one in guides.iterdir() if one.is_dir()):
            path = str((data or Path(scratch)) / guide.name)
            settings = load_settings(environ={}, flags={"data": {"path": path, "seed": False}})
            with open_service(settings=settings) as service:
                corpus = service.corpus
                store_guide(guide, corpus)
                made += pairs_of(guide.name, corpus, vocabulary.__contains__, _LIMITS, seed)
    write_examples(out, made)
    click.echo(_counted(made))


def _counted(examples: list[Example]) -> str:
    counts = Counter(example.kind for example in examples)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
