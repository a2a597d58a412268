"""Output of commands, for people and for programs."""

from collections.abc import Iterable
from typing import TypeVar

import click

from citespan.index.text import escaped_json, shown

T = TypeVar("T")

json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def say(message: str) -> None:
    """Print a message for people on standard error, separate from the result."""
    tell(message, err=True)


def tell(message: str, *, err: bool = False, colour: str | None = None) -> None:
    """Print a line for people, with control characters of quoted text made harmless."""
    click.secho(shown(message), err=err, fg=colour)


def print_json(value: object) -> None:
    """Print a result as JSON, for programs."""
    import msgspec

    click.echo(escaped_json(msgspec.json.format(msgspec.json.encode(value), indent=2)))


def tracked(items: Iterable[T], label: str, total: int) -> Iterable[T]:
    """Iterate over items; in a terminal, show a progress bar."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, label, total, console=console, disable=not console.is_terminal)


def show_progress(steps: Iterable[tuple[int, int]], label: str) -> None:
    """Run steps that yield (done, total) to the end; in a terminal, show a progress bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(label, total=None)
        for done, total in steps:
            progress.update(bar, completed=done, total=total)
