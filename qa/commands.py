"""`citespan collections …`, and what commands share."""

from collections.abc import Iterable

import click
import msgspec

from qa.settings import Settings


@click.group()
def collections() -> None:
    """Sets of documents apart from each other; `--collection NAME` names one for any command."""


@collections.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_obj
def list_collections(settings: Settings, *, as_json: bool) -> None:
    """List the collections: documents, chunks, settings of their own."""
    from qa.collections import known

    found = known(settings, _say)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"collections": found}), indent=2))
        return
    for one in found:
        own = [f"{s}.{key}={v}" for s, keys in one.settings.items() for key, v in keys.items()]
        counts = f"{one.documents} documents, {one.chunks} chunks"
        click.echo(f"{one.name}: {', '.join([counts, *own])}")


@collections.command(name="create")
@click.argument("name")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="A setting of its own, such as chunking.max_tokens=100.",
)
@click.pass_obj
def create_collection(settings: Settings, name: str, pairs: tuple[str, ...]) -> None:
    """Make an empty collection NAME."""
    from qa import collectionfolders

    own: dict[str, dict[str, str]] = {}
    for pair in pairs:
        place, equals, value = pair.partition("=")
        section, dot, key = place.partition(".")
        if not (equals and dot):
            raise click.BadParameter(f"{pair!r} is not SECTION.KEY=VALUE")
        own.setdefault(section, {})[key] = value
    collectionfolders.create_collection(settings, name, own, _say)
    click.echo(f"created {name}")


@collections.command(name="delete")
@click.argument("name")
@click.pass_obj
def delete_collection(settings: Settings, name: str) -> None:
    """Delete the collection NAME with all its documents."""
    from qa import collectionfolders

    collectionfolders.delete_collection(settings, name)
    click.echo(f"deleted {name}")


def show_progress(steps: Iterable[tuple[int, int]], label: str) -> None:
    """Run to the end what yields how much is done, and of how much."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(label, total=None)
        for done, total in steps:
            progress.update(bar, completed=done, total=total)


def _say(message: str) -> None:
    click.echo(message, err=True)
