"""`citespan reindex`: rebuild chunks and vectors, and compare them before the switch."""

import sys
from typing import TYPE_CHECKING

import click

from citespan.qa import Settings
from citespan.qa.errors import ConfigError
from citespan.qa.terminal import say, show_progress, tracked
from citespan.qa.terminal.commands import here, record

if TYPE_CHECKING:
    from citespan.index import Corpus
    from citespan.index.corpus import Searcher


@click.command()
@click.option(
    "--max-tokens", type=click.IntRange(1), help="Maximum tokens per chunk, as the embedder counts."
)
@click.option("--model", help="Embedding model to use: the bundled one, a hub id or a folder.")
@click.option(
    "--runtime", type=click.Choice(["onnx", "torch"]), help="Runtime of the embedding model."
)
@click.option("--back", is_flag=True, help="Roll back to the chunks before the last reindexing.")
@click.option(
    "--compare",
    "dataset",
    metavar="DATASET",
    help="Switch only if the new chunks are not worse on this data set.",
)
@click.pass_obj
def reindex(
    settings: Settings,
    max_tokens: int | None,
    model: str | None,
    runtime: str | None,
    dataset: str | None,
    *,
    back: bool,
) -> None:
    """Rebuild all chunks and vectors with the present settings.

    The options override the settings and are recorded with the chunks. If the command is stopped,
    the next run continues from there. The old chunks are kept for --back.
    """
    from citespan.qa.collections import Reindexing, going_back, open_to_reindex

    given = (
        ("embedding", {"model": model, "runtime": runtime}),
        ("chunking", {"max_tokens": max_tokens}),
    )
    own = {section: {k: v for k, v in keys.items() if v} for section, keys in given}
    own = {section: keys for section, keys in own.items() if keys}
    chosen, folder = here(settings), settings.collection_path()
    with open_to_reindex(folder, chosen, say) as corpus:
        made = going_back(corpus, chosen, say) if back else Reindexing(corpus, chosen, own, say)
        show_progress(made.fill(), "Reindexing")
        if dataset:
            _compare(dataset, corpus, made.searcher(), chosen)
        made.switch()
        documents, chunks = corpus.counts()
    record(settings, "collection.reindex", detail=f"{chunks} chunks")
    click.echo(f"reindexed {documents} documents: {chunks} chunks")


def _compare(dataset: str, corpus: "Corpus", rebuilt: "Searcher", settings: Settings) -> None:
    """Ask both builds the same questions; if the rebuilt one is worse, exit with 1."""
    from citespan.evals import print_differences
    from citespan.evals.compare import check_holds, compared
    from citespan.evals.datasets import open_dataset
    from citespan.evals.runs import CitespanSystem
    from citespan.qa.composition import service_of

    if corpus.embedder != corpus.build().settings["embedder"]:
        raise ConfigError(
            "the embedder of the present chunks is missing, so there is nothing to compare with;"
            " install it, or reindex without --compare"
        )
    asked = open_dataset(dataset)
    check_holds(corpus, asked)
    present, new = service_of(corpus, settings), service_of(corpus, settings, searcher=rebuilt)
    found = compared(asked, CitespanSystem(present), CitespanSystem(new), tracked)
    print_differences(found)
    if any(difference.is_worse for difference in found):
        say("not switched: the new chunks are worse; to switch, run it again without --compare")
        sys.exit(1)
