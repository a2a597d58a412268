"""`citespan collections …`, and the collection that another command uses."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from citespan.qa.settings.sections import Settings
from citespan.qa.terminal.output import json_flag, print_json, say, tell

if TYPE_CHECKING:
    from citespan.index.jobs.types import FileResult


def here(settings: Settings) -> Settings:
    """Return the settings of the collection that a command uses."""
    from citespan.qa.settings.overrides import collection_settings

    return collection_settings(settings, settings.data.collection)


def record(settings: Settings, action: str, **facts: str) -> None:
    """Write what a command changed to the audit log."""
    from citespan.qa.composition import audit_log
    from citespan.qa.oversight import audit

    with _told():
        facts = {"collection": settings.data.collection, **facts}
        audit(audit_log(settings), action, "done", durable=True, **facts)


@contextmanager
def recording(settings: Settings) -> Generator[Callable[[str, "FileResult"], None]]:
    """Yield a function that writes what became of a file to the audit log, which is opened once."""
    from citespan.qa.composition import audit_log
    from citespan.qa.oversight import audit_file, held_open

    with held_open(audit_log(settings)) as log:

        def record_file(name: str, result: "FileResult") -> None:
            with _told():
                audit_file(log, name, result, collection=settings.data.collection)

        yield record_file


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except OSError as error:
        say(f"the audit log cannot be written: {error.strerror}")


@click.group()
def collections() -> None:
    """Manage separate sets of documents.

    Every command takes `citespan --collection NAME`.
    """


@collections.command(name="list")
@json_flag
@click.pass_obj
def list_collections(settings: Settings, *, as_json: bool) -> None:
    """List the collections: documents, chunks and their own settings."""
    from citespan.qa.collections.figures import known

    found = known(settings, say)
    if as_json:
        print_json({"collections": found})
        return
    for one in found:
        own = [f"{s}.{key}={v}" for s, keys in one.settings.items() for key, v in keys.items()]
        counts = f"{one.documents} documents, {one.chunks} chunks"
        tell(f"{one.name}: {', '.join([counts, *own])}")


@collections.command(name="create")
@click.argument("name")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Override a setting, such as chunking.max_tokens=100.",
)
@click.pass_obj
def create_collection(settings: Settings, name: str, pairs: tuple[str, ...]) -> None:
    """Create an empty collection NAME."""
    from citespan.qa.collections import folders as collectionfolders

    own: dict[str, dict[str, str]] = {}
    for pair in pairs:
        place, equals, value = pair.partition("=")
        section, dot, key = place.partition(".")
        if not (equals and dot):
            raise click.BadParameter(f"{pair!r} is not of the form SECTION.KEY=VALUE")
        own.setdefault(section, {})[key] = value
    collectionfolders.create_collection(settings, name, own, say)
    record(settings, "collection.create", collection=name)
    tell(f"created {name}")


@collections.command(name="delete")
@click.argument("name")
@click.pass_obj
def delete_collection(settings: Settings, name: str) -> None:
    """Delete the collection NAME with all its documents."""
    from citespan.qa.collections import folders as collectionfolders

    collectionfolders.delete_collection(settings, name)
    record(settings, "collection.delete", collection=name)
    tell(f"deleted {name}")
