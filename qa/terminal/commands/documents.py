"""`citespan ingest`, `list`, `delete` and the like: the documents of a collection."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citespan.index.errors import DocumentNotFound
from citespan.qa.settings.sections import Settings
from citespan.qa.terminal.commands.collection import here, record, recording
from citespan.qa.terminal.output import json_flag, print_json, say, tell, tracked

if TYPE_CHECKING:
    from citespan.index.types import DocumentInfo

_PAGE = 1000  # documents read at once


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--encoding", help="Encoding of texts without a byte order mark [default: UTF-8].")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File whose first line is the password of encrypted files.",
)
@click.option(
    "--on",
    metavar="ADDRESS",
    help="Read, cut and embed on Ray: ray://HOST:10001, or ray to start it on this machine.",
)
@click.option(
    "--gpus",
    type=click.FloatRange(0),
    default=0,
    help="GPUs that each embedding task on Ray takes.",
)
@json_flag
@click.pass_obj
def ingest(
    settings: Settings,
    paths: tuple[Path, ...],
    encoding: str | None,
    password_file: Path | None,
    on: str | None,
    gpus: float,
    *,
    as_json: bool,
) -> None:
    """Store files, files of folders, and matches of patterns.

    A pattern is, for example, 'docs/**/*.md'. The content of a file decides how it is read: text,
    PDF, office documents, HTML, e-mail, e-books, data and pictures. Files that are already stored,
    and files with the same text as another file, are skipped.
    """
    from citespan.qa.composition import build_files, open_cluster, open_corpus
    from citespan.qa.terminal.intake import take_in

    if gpus and not on:
        raise click.UsageError("--gpus needs --on: only workers of Ray take them")
    chosen, password = _chosen(paths), _first_line(password_file)
    chosen_settings = here(settings)
    folder = settings.collection_path()
    with (
        open_corpus(folder, chosen_settings, say=say) as corpus,
        open_cluster(on, folder, chosen_settings, gpus, say) if on else nullcontext() as cluster,
        recording(settings) as record_file,
    ):
        intake = take_in(
            corpus, chosen, encoding, files=build_files(chosen_settings.parse, cluster),
            maker=cluster, password=password, every=as_json, on_result=record_file,
        )  # fmt: skip
    if as_json:
        print_json(intake)
    else:
        from citespan.qa.terminal.show import print_intake

        print_intake(intake)
    if intake.stopped:
        click.echo("stopped; run it again to continue", err=True)
        sys.exit(130)
    if "rejected" in intake.outcomes:
        sys.exit(1)


@click.command(name="list")
@json_flag
@click.pass_obj
def list_documents(settings: Settings, *, as_json: bool) -> None:
    """List the stored documents: id, revision, length and title.

    The length is in characters.
    """
    from citespan.index.corpus import open_catalogue

    documents: list[DocumentInfo] = []
    cursor: str | None = None
    chosen = here(settings)
    with open_catalogue(chosen.collection_path(), chosen.server()) as catalogue:
        while catalogue:
            page = catalogue.page(cursor, _PAGE)
            documents.extend(page.documents)
            cursor = page.next_cursor
            if cursor is None:
                break
    if not documents:
        say("Nothing is stored here yet.")
    if as_json:
        print_json({"documents": documents})
        return
    from citespan.qa.terminal.show import print_documents

    print_documents(documents)


@click.command()
@click.argument("ids", nargs=-1, required=True)
@click.pass_obj
def delete(settings: Settings, ids: tuple[str, ...]) -> None:
    """Delete documents IDS with all their revisions."""
    from citespan.qa.composition import open_corpus

    with open_corpus(settings.collection_path(), here(settings), say=say) as corpus:
        for document_id in ids:
            corpus.delete(document_id)
            record(settings, "document.delete", document=document_id)
            tell(f"deleted {document_id}")


@click.command()
@click.argument("document_id", metavar="ID")
@json_flag
@click.pass_obj
def revisions(settings: Settings, document_id: str, *, as_json: bool) -> None:
    """List the stored revisions of document ID, oldest first."""
    from citespan.index.corpus import open_catalogue

    chosen = here(settings)
    with open_catalogue(chosen.collection_path(), chosen.server()) as catalogue:
        found = catalogue.revisions(document_id) if catalogue else ()
    if not found:
        raise DocumentNotFound(document_id)
    if as_json:
        print_json({"revisions": found})
        return
    from citespan.qa.terminal.show import print_documents

    print_documents(found)


@click.command()
@click.argument("ids", nargs=-1)
@click.option(
    "--keep",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Number of past revisions to keep of each document.",
)
@click.pass_obj
def purge(settings: Settings, ids: tuple[str, ...], keep: int) -> None:
    """Remove past revisions of documents IDS, or of all documents.

    Citations of a removed revision no longer resolve.
    """
    from citespan.qa.composition import open_corpus

    with open_corpus(settings.collection_path(), here(settings), say=say) as corpus:
        for document_id in ids:
            corpus.info(document_id)  # check all ids before anything is removed
        removed = sum(corpus.purge(document_id, keep) for document_id in ids or (None,))
    record(settings, "revision.delete", target=" ".join(ids), detail=f"{removed} removed")
    click.echo(f"removed {removed} past revisions")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.pass_obj
def export(settings: Settings, file: Path) -> None:
    """Write all documents and revisions to a new FILE (JSON Lines).

    If FILE is -, print them.
    """
    from citespan.index.transfer import export_file, export_to

    chosen = here(settings)
    if str(file) == "-":
        made = export_to(chosen.collection_path(), sys.stdout.buffer, chosen.server())
    else:
        made = export_file(chosen.collection_path(), file, chosen.server())
    record(settings, "collection.export", target=str(file), detail=f"{made.documents} documents")
    say(f"{made.documents} documents in {made.revisions} revisions, {made.retired} deleted ids")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_documents(settings: Settings, file: Path) -> None:
    """Store documents of an export FILE, with ids and revisions.

    If any part of the file is invalid, nothing is stored. Documents that are already stored are
    skipped. If an import was stopped, run it again to continue.
    """
    from citespan.index.transfer import import_documents as import_documents_
    from citespan.qa.composition import open_corpus

    outcomes: Counter[str] = Counter()
    stopped = False
    with open_corpus(settings.collection_path(), here(settings), say=say) as corpus:
        found = import_documents_(corpus, file)
        try:
            for stored in tracked(found.stored, "Storing", found.documents):
                outcomes[stored.outcome] += 1
        except KeyboardInterrupt:
            stopped = True
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()) or "nothing"
    record(settings, "collection.import", target=str(file), detail=counts)
    click.echo(counts)
    if stopped:
        click.echo("stopped; run it again to continue", err=True)
        sys.exit(130)


def _first_line(file: Path | None) -> str | None:
    """Return the first line of a file without its end; None for no file.

    Raises:
        UsageError: the line is not UTF-8.
    """
    if file is None:
        return None
    try:
        return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8") from error


def _chosen(paths: Iterable[Path]) -> list[Path]:
    from citespan.index.parse import matching

    chosen: list[Path] = []
    for path in paths:
        found = matching(path)
        if not found:
            raise click.UsageError(f"{path} does not exist, and as a pattern it matches no file")
        chosen.extend(found)
    return chosen
