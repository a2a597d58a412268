"""`citespan sync …`: sources that documents are kept in step with."""

import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from citespan.qa.errors import CollectionNotFound, ConfigError
from citespan.qa.settings.sections import Settings
from citespan.qa.terminal.commands.collection import here, record, recording
from citespan.qa.terminal.output import json_flag, print_json, say, tell

if TYPE_CHECKING:
    from citespan.index import Corpus
    from citespan.index.jobs.types import FileResult
    from citespan.qa.sources import Definition, SourceState, SyncPlan, SyncReport

_SHOWN = 20  # problems of one sync


@click.group()
def sync() -> None:
    """Keep documents in step with folders, sites and repositories.

    What is gone at a source is deleted here, too. While a server runs, it reads the sources at
    their intervals.
    """


@sync.command(name="add")
@click.argument("name")
@click.argument("address")
@click.option(
    "--kind",
    help="folder, web, sitemap, feed, git, mail, imap, slack, teams, discord, store"
    " [default: by address].",
)
@click.option("--every", help="How often the server reads it, such as 10m, 12h or 1d.")
@click.option("--watch", is_flag=True, help="Let the server store changes of a folder at once.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Take only these, as .gitignore.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these out.")
@click.option("--readers", multiple=True, metavar="GROUP", help="Group that may see the documents.")
@click.option("--keep", is_flag=True, help="Keep documents that are gone at the source.")
@click.option("--ref", default="", help="Branch, tag or commit of a git repository.")
@click.option(
    "--link", default="", help="Address of a file of git, with {commit} and {path}, or of Slack."
)
@click.pass_obj
def add_source(
    settings: Settings,
    name: str,
    address: str,
    kind: str | None,
    every: str | None,
    *,
    watch: bool,
    keep: bool,
    **more: Any,
) -> None:
    """Add a source NAME: the folder, site, repository or mailbox at ADDRESS.

    Nothing is read yet: `citespan sync run` does that, or a server.
    """
    import msgspec

    from citespan.decoding import converted
    from citespan.qa.composition import source_files
    from citespan.qa.sources import Definition, absolute, interval_s, kind_of

    here(settings)  # the collection exists
    given = {
        "name": name,
        "kind": kind or kind_of(address),
        "address": absolute(address),
        "collection": settings.data.collection,
        "every_s": None if every is None else interval_s(every),
        "watch": watch,
        "on_delete": "keep" if keep else "delete",
        **more,
    }
    try:
        definition = converted(given, Definition)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the source cannot be added: {error}") from error
    if definition.watch and definition.kind != "folder":
        raise ConfigError("only a folder can be watched; use --every for others")
    with _opened(settings, definition):
        source_files(settings).add(definition)
    record(settings, "source.add", target=name)
    tell(f"added {name}: {definition.kind} {definition.address}")


@sync.command(name="run")
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--force", is_flag=True, help="Delete even if much is gone at the source.")
@json_flag
@click.pass_obj
def run_sources(
    settings: Settings, names: tuple[str, ...], *, dry_run: bool, force: bool, as_json: bool
) -> None:
    """Read the sources NAMES, or all, and store, move and delete documents.

    If more than 30 % of a source is gone, it may be out of reach: nothing is deleted without
    --force. A run that was stopped is continued by the next one.
    """
    from citespan.qa.composition import source_files

    files = source_files(settings)
    chosen = [files.get(name) for name in names] if names else files.all()
    if not chosen:
        say("There are no sources yet; add one with `citespan sync add`.")
    found = {one.name: _run(settings, one, dry_run=dry_run, force=force) for one in chosen}
    if as_json:
        print_json({"sources": found})
    else:
        for name, result in found.items():
            _print(name, result)
    if any(result["problem"] or result["failed"] for result in found.values()):
        sys.exit(1)


@sync.command(name="list")
@json_flag
@click.pass_obj
def list_sources(settings: Settings, *, as_json: bool) -> None:
    """List the sources: how their last sync ended, and when the next is due."""
    from citespan.qa.composition import source_files

    states = source_files(settings).states()
    if as_json:
        print_json({"sources": states})
        return
    if not states:
        say("There are no sources yet; add one with `citespan sync add`.")
    for one in states:
        tell(_line(one))
        if one.last and one.last.problem:
            tell(f"  {one.last.problem}", colour="red")


@sync.command(name="remove")
@click.argument("name")
@click.option("--delete-documents", is_flag=True, help="Delete its documents, too.")
@click.pass_obj
def remove_source(settings: Settings, name: str, *, delete_documents: bool) -> None:
    """Remove the source NAME; its documents are kept, unless you ask for their deletion."""
    from citespan.qa.composition import source_files

    files = source_files(settings)
    definition = files.get(name)
    documents: list[str] = []
    with suppress(CollectionNotFound), _corpus(settings, definition) as corpus:
        states = corpus.tracking.of(name)
        documents = [one.document_id for one in states if one.document_id]
        for document_id in documents if delete_documents else ():
            corpus.delete(document_id)
        corpus.tracking.forget(states)
    files.remove(name)
    done = "deleted" if delete_documents else "kept"
    record(settings, "source.remove", target=name, detail=f"{len(documents)} documents {done}")
    tell(f"removed {name}; {len(documents)} documents {done}")


def _run(
    settings: Settings, definition: "Definition", *, dry_run: bool, force: bool
) -> dict[str, Any]:
    from citespan.qa.composition import build_files, source_files
    from citespan.qa.sources import SyncReport, plan_of, rules_of, sync

    rules = rules_of(definition, force=force)
    results: list[tuple[str, FileResult]] = []

    try:
        with (
            _opened(settings, definition) as source,
            _corpus(settings, definition) as corpus,
            recording(_in(settings, definition)) as record_file,
        ):
            if dry_run:
                return _planned(*plan_of(corpus, definition.name, source, rules))

            def done(key: str, result: "FileResult") -> None:
                record_file(key, result)
                results.append((key, result))

            report = sync(
                corpus, definition.name, source, rules, files=build_files(settings.parse),
                on_result=done,
            )  # fmt: skip
    except ConfigError as error:
        report = SyncReport(problem=str(error))
    if not dry_run:
        source_files(settings).record(definition.name, report)
    return _reported(report, results)


@contextmanager
def _opened(settings: Settings, definition: "Definition") -> Generator[Any]:
    """Open a source; what is wrong with it is an error of its definition."""
    from citespan.qa.composition import build_outgoing, source_files
    from citespan.qa.sources import open_source
    from citespan.qa.sources.errors import SourceError

    cache = source_files(settings).cache(definition.name)
    try:
        with open_source(definition, build_outgoing(settings), cache) as source:
            yield source
    except SourceError as error:
        raise ConfigError(f"source {definition.name}: {error}") from error


@contextmanager
def _corpus(settings: Settings, definition: "Definition") -> Generator["Corpus"]:
    from citespan.qa.composition import open_corpus

    chosen = here(_in(settings, definition))
    with open_corpus(chosen.collection_path(), chosen, say=say) as corpus:
        yield corpus


def _in(settings: Settings, definition: "Definition") -> Settings:
    """Return the settings with the collection of a source as the one that the command uses."""
    import msgspec

    data = msgspec.structs.replace(settings.data, collection=definition.collection)
    return msgspec.structs.replace(settings, data=data)


def _planned(plan: "SyncPlan", _: Any, problem: str | None) -> dict[str, Any]:
    return {
        "added": [entry.key for entry in plan.added],
        "changed": [entry.key for entry in plan.changed],
        "moved": [f"{origin} → {entry.key}" for entry, origin in plan.moved],
        "to be asked": [entry.key for entry in plan.unsure],
        "removed": list(plan.removed),
        "same": len(plan.same),
        "problem": problem,
        "failed": 0,
    }


def _reported(report: "SyncReport", results: list[tuple[str, "FileResult"]]) -> dict[str, Any]:
    return {
        "outcomes": {str(one): count for one, count in report.outcomes.items() if count},
        "reasons": {key: result.reason for key, result in results if result.reason},
        "problem": report.problem,
        "failed": report.failed,
    }


def _print(name: str, result: dict[str, Any]) -> None:
    if "outcomes" in result:
        counts = ", ".join(f"{count} {one}" for one, count in result["outcomes"].items())
        tell(f"{name}: {counts or 'nothing'}")
        for key, reason in list(result["reasons"].items())[:_SHOWN]:
            tell(f"  {key}: {reason}", colour="yellow")
    else:
        tell(f"{name}: {result['same']} same")
        for what in ("added", "changed", "moved", "to be asked", "removed"):
            for key in result[what]:
                tell(f"  {what}: {key}")
    if result["problem"]:
        tell(f"  {result['problem']}", colour="red")


def _line(one: "SourceState") -> str:
    last, definition = one.last, one.definition
    counts = ", ".join(f"{n} {outcome}" for outcome, n in last.outcomes.items()) if last else ""
    ended = f"last {last.ended_at}: {counts or 'nothing'}" if last else "never run"
    due = f"; next {one.next_at.isoformat(timespec='seconds')}" if one.next_at else ""
    return f"{definition.name}: {definition.kind} {definition.address}; {ended}{due}"
