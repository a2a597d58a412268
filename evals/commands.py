"""The commands `citespan eval …`: measure, compare, gate; draft questions and accept them."""

import sys
import time
from pathlib import Path

import click

from citespan.evals.review import label
from citespan.qa import Settings
from citespan.qa.settings import RUNS
from citespan.qa.terminal import say, tracked

_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(name="eval")
def evaluate() -> None:
    """Measure answers, citations and abstentions, without a language model as judge."""


@evaluate.command()
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the runs to this folder, one for each data set [default: eval-runs/TIME in the"
    " data folder, where the page finds them].",
)
@click.option(
    "--subject",
    type=click.Choice(["citespan", "hybrid", "bm25", "dense"]),
    default="citespan",
    show_default=True,
    help="Measure answers, or only a retrieval that copies its first passage.",
)
@click.option("--against", metavar="URL", help="Ask the citespan server at this URL instead.")
@click.option("--upload", is_flag=True, help="Store documents that the server lacks.")
@click.option("--limit", type=click.IntRange(1), help="Ask only this many random questions.")
@click.option("--split", help="Use this one of several qrels/*.tsv.")
@click.option("--seed", default=0, show_default=True, help="Seed of all random draws.")
@click.option("--all", "full", is_flag=True, help="Print every measure.")
@click.option("--json", "as_json", is_flag=True, help="Print metrics.json instead of a table.")
@click.pass_obj
def run(
    settings: Settings,
    datasets: tuple[str, ...],
    out: Path | None,
    split: str | None,
    *,
    full: bool,
    as_json: bool,
    **options: object,
) -> None:
    """Ask the questions of each DATASET and write a folder of results.

    A DATASET is a folder (corpus.jsonl, queries.jsonl, …), a SQuAD .json file, or `seed`, the
    default. If the run is stopped with ctrl-C, the same command with the same --out continues it.
    Exits with 1 if questions failed.
    """
    import msgspec

    from citespan.evals.datasets import open_dataset
    from citespan.evals.runs.plan import Plan
    from citespan.evals.runs.records import METRICS
    from citespan.evals.runs.runner import run as measure
    from citespan.evals.terminal import print_run

    plan = msgspec.convert({"settings": settings, **options}, Plan)
    if plan.upload and not plan.against:
        raise click.UsageError("--upload stores documents on the server of --against; name it")
    base = out or settings.data_path() / RUNS / time.strftime("%Y%m%d-%H%M%S")
    opened = [open_dataset(name, split=split) for name in datasets or ("seed",)]
    names = [dataset.card.name for dataset in opened]
    if again := next((name for name in names if names.count(name) > 1), None):
        raise click.UsageError(f"two data sets are named {again!r}; correct `name` in a card.yaml")
    failed = 0
    for dataset in opened:
        folder = base / dataset.card.name
        try:
            result = measure(dataset, folder, plan, tracked, say)
        except KeyboardInterrupt:
            click.echo(f"stopped; to continue, repeat the command with --out {base}", err=True)
            sys.exit(130)
        if as_json:
            click.echo((folder / METRICS).read_text(encoding="utf-8"), nl=False)
        else:
            print_run(result, full=full)
            click.echo(f"written to {folder}")
        failed += result.scores[plan.subject].counts["failed"]
    if failed:
        sys.exit(1)


@evaluate.command()
@click.argument("folders", nargs=-1, required=True, type=_folder, metavar="RUN...")
@click.option("--all", "full", is_flag=True, help="Print every measure.")
def table(folders: tuple[Path, ...], *, full: bool) -> None:
    """Print the measures of finished RUNs in one table, as Markdown."""
    from citespan.evals.compare import markdown
    from citespan.evals.runs.records import read_run

    runs = {str(folder): read_run(folder) for folder in folders}
    click.echo(markdown(runs, full=full), nl=False)


@evaluate.command()
@click.argument("before", type=_folder)
@click.argument("after", type=_folder)
def compare(before: Path, after: Path) -> None:
    """Compare two runs of the same questions: BEFORE and AFTER are their folders.

    Exits with 0 if nothing is worse beyond chance, 1 if something is, 2 if the runs cannot be
    compared.
    """
    from citespan.evals.compare import compare as differences_of
    from citespan.evals.runs.records import read_run
    from citespan.evals.terminal import print_differences

    found = differences_of(read_run(before), read_run(after))
    print_differences(found)
    worse = [difference for difference in found if difference.is_worse]
    for difference in worse:
        questions = ", ".join(difference.changed)
        click.echo(f"worse: {difference.measure}, most in {questions}", err=True)
    if worse:
        sys.exit(1)


@evaluate.command()
@click.argument("folder", type=_folder, metavar="RUN")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare with this file [default: citespan's own baseline for this data set].",
)
@click.option("--update", is_flag=True, help="Write this run as the new baseline.")
def gate(folder: Path, baseline: Path | None, *, update: bool) -> None:
    """Compare a RUN's folder with a baseline.

    Exits with 0 if the run passes, 1 if a limit is broken or something got worse, 2 if the
    questions are not the baseline's.
    """
    from citespan.evals.compare import committed, failures, read_baseline, write_baseline
    from citespan.evals.runs.records import read_run

    record = read_run(folder)
    file = baseline or committed(record.dataset.name)
    if update:
        write_baseline(file, record)
        click.echo(f"{file} is now the baseline for {record.dataset.name}")
        return
    found = failures(record, read_baseline(file))
    for failure in found:
        click.echo(f"gate: {failure}", err=True)
    if found:
        sys.exit(1)
    click.echo(f"{record.dataset.name}: the gate is passed")


_encoding = click.option(
    "--encoding", help="Read files without a byte order mark in this encoding [default: UTF-8]."
)


@evaluate.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("drafts.yaml"),
    show_default=True,
    help="Write the drafts to this file.",
)
@click.option("--max", "most", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Seed of the choice of drafts.")
@_encoding
def make(paths: tuple[Path, ...], out: Path, most: int, seed: int, encoding: str | None) -> None:
    """Draft questions with gold spans from files, and the text files of folders.

    A draft is a sentence with a blank, made without a language model: a person reviews each one.
    Twins ask about another subject and have no answer. `citespan eval accept` reads the reviewed
    file.
    """
    from citespan.evals.drafting import gather, make_drafts, paths_from, write_drafts
    from citespan.evals.errors import DatasetError

    gathered = gather(paths, encoding)
    for line in gathered.refused:
        click.echo(f"not read: {line}", err=True)
    drafts = make_drafts(gathered.documents, most=most, seed=seed)
    if not drafts:
        read = f"{len(gathered.documents)} text files were read"
        raise DatasetError(f"no draft could be made: {read}, and no sentence stands on its own")
    write_drafts(out, drafts, gathered.documents, paths_from(out, gathered))
    click.echo(
        f"{out}: {len(drafts)} drafts, documents read: {len(gathered.documents)}; write yes or no"
        f" after each `accept:`, then run: citespan eval accept {out} FOLDER"
    )
    if gathered.refused:
        sys.exit(1)


@evaluate.command()
@click.argument("drafts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@_encoding
def accept(drafts: Path, folder: Path, encoding: str | None) -> None:
    """Write the accepted questions of a file of DRAFTS, checked, as the data set FOLDER."""
    from citespan.evals.datasets import write_dataset
    from citespan.evals.drafting import accept_drafts, loader

    accepted = accept_drafts(drafts, loader(drafts, encoding), name=folder.resolve().name)
    write_dataset(accepted.dataset, folder)
    click.echo(
        f"{folder}: {len(accepted.dataset.questions)} questions"
        f" ({accepted.rejected} rejected, {accepted.undecided} undecided);"
        f" measure with: citespan eval run {folder}"
    )


evaluate.add_command(label)
