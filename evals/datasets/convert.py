"""Conversion of public data sets to folders that the suite reads.

`python -m citespan.evals.datasets.convert KIND SOURCE DEST`.
"""

from pathlib import Path

import click

from citespan.evals.datasets.cards import counts
from citespan.evals.datasets.sources import (
    convert_chunking,
    convert_clapnq,
    convert_obliqa,
    convert_squad,
)
from citespan.evals.datasets.writing import write_dataset
from citespan.evals.errors import DatasetError
from citespan.evals.types import Dataset

_SQUAD = ("squad", "squad-report")
_KINDS = {"chunking": convert_chunking, "clapnq": convert_clapnq, "obliqa": convert_obliqa}


def convert(
    kind: str, source: Path, destination: Path, *, documents: int | None = None
) -> list[str]:
    """Write the data set and return a description; nothing is written unless it reads back equal.

    kind: as the command has it. documents: for squad, how many documents to keep.

    Raises:
        DatasetError: the source is wrong, the destination is not empty, or `documents` is given for
            another kind.
    """
    dataset, notes = _read(kind, source, documents)
    write_dataset(dataset, destination)
    return [f"{name}: {count}" for name, count in counts(dataset).items()] + notes


def _read(kind: str, source: Path, documents: int | None) -> tuple[Dataset, list[str]]:
    if kind in _SQUAD:
        return convert_squad(source, documents, report=kind == "squad-report")
    if kind not in _KINDS:
        raise DatasetError(f"unknown kind {kind!r}; known: {', '.join((*_SQUAD, *_KINDS))}")
    if documents is not None:
        raise DatasetError(f"--documents is for squad only; leave it out for {kind}")
    return _KINDS[kind](source)


@click.command()
@click.argument("kind", type=click.Choice([*_SQUAD, *_KINDS]))
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option(
    "--documents", type=click.IntRange(min=1), help="For squad: keep this many documents."
)
def main(kind: str, source: Path, destination: Path, documents: int | None) -> None:
    """Convert the public data set of KIND in the folder SOURCE into the new folder DEST.

    SOURCE holds JSON Lines, which may be gzipped:

    \b
    squad     corpus.jsonl (doc_id, title, text), questions_dev.jsonl (id, question,
              doc_id, paragraph_start, paragraph_end, answerable, answers: start,
              end, text); a SQuAD .json file needs no conversion
    squad-report  the same with only the questions about those articles that no
              threshold of citespan was chosen on
    chunking  questions.jsonl (question, corpus, references: content, start_index,
              end_index), corpora/*.md
    clapnq    answerable.jsonl, unanswerable.jsonl (id, input, passages: title, text,
              sentences; output: answer, selected_sentences)
    obliqa    passages.jsonl (DocumentID, PassageID, Passage), questions.jsonl
              (QuestionID, Question, Passages: DocumentID, PassageID)
    """  # noqa: D301  (click's mark that a block keeps its lines)
    try:
        lines = convert(kind, source, destination, documents=documents)
    except DatasetError as error:
        raise click.ClickException(str(error)) from error
    for line in lines:
        click.echo(line)


if __name__ == "__main__":
    main()
