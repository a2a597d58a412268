"""`citespan backup` and `citespan restore`: all stored data as one file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citespan.qa.errors import ConfigError
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings
from citespan.qa.terminal.commands.collection import here, record
from citespan.qa.terminal.output import say, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from citespan.index.transfer import Backup, Check


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--all", "every", is_flag=True, help="Back up all collections instead of one.")
@click.pass_obj
def backup(settings: Settings, file: Path, *, every: bool) -> None:
    """Write all stored data to a new FILE; a server can keep running.

    The backup does not contain what jobs have not stored yet. With --all, damaged collections are
    reported and skipped, and the exit code is 1.
    """
    from citespan.index.transfer import back_up

    _check_local(settings)
    if every:
        _back_up_all(settings, file)
        return
    made = back_up(here(settings).collection_path(), file, settings.data.collection)
    record(settings, "collection.back_up", target=str(file))
    tell(f"{file}: {made.documents} documents, {made.chunks} chunks")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace everything stored there; it is lost.")
@click.option(
    "--trust-settings",
    is_flag=True,
    help="Accept models and other settings that no client may choose; only for your own backups.",
)
@click.pass_obj
def restore(settings: Settings, file: Path, *, replace: bool, trust_settings: bool) -> None:
    """Restore a backup FILE into the data folder, if it is empty.

    If the backup holds all collections, none of them may exist yet. With --replace, they may exist,
    but stop the server first. Nothing is changed until the whole backup has been checked.
    """
    _check_local(settings)
    from citespan.index.transfer import manifest_of
    from citespan.qa.collections.folders import restore_collection
    from citespan.qa.collections.restoring import checking

    check = checking(settings, trusted=trust_settings)
    if manifest_of(file).every:
        _restore_all(settings, file, replace=replace, check=check)
        record(settings, "collection.restore", collection="*", target=str(file))
        return
    made = restore_collection(settings, file, replace=replace, check=check)
    record(settings, "collection.restore", target=str(file))
    click.echo(f"restored {made.documents} documents, {made.chunks} chunks of {made.created_at}")


def _check_local(settings: Settings) -> None:
    """Refuse a store that is not in the data folder.

    Raises:
        ConfigError: the settings name a server.
    """
    if settings.store.url:
        raise ConfigError(
            "a store on PostgreSQL is backed up and restored with the tools of the server, such as"
            " pg_dump; `citespan export` writes its documents to a file"
        )


def _back_up_all(settings: Settings, file: Path) -> None:
    from citespan.index.transfer import back_up_all
    from citespan.qa.collections.folders import collection_folder, stored_names

    names = [DEFAULT, *stored_names(settings.data_path() / COLLECTIONS)]
    folders = {name: collection_folder(settings, name) for name in names}
    made = back_up_all(
        folders, file, lambda name, error: say(f"collection {name} is skipped: {error}")
    )
    record(settings, "collection.back_up", collection="*", target=str(file))
    _print_backups(made.collections, f"{file}: ")
    if made.left_out:
        sys.exit(1)


def _restore_all(settings: Settings, file: Path, *, replace: bool, check: "Check") -> None:
    from citespan.index.transfer import restore_all
    from citespan.qa.collections.folders import collection_folder

    def folder_of(name: str) -> Path:
        return collection_folder(settings, name)

    made = restore_all(file, settings.data_path(), folder_of, replace=replace, check=check)
    _print_backups(made.collections, "restored ")
    if made.left_out:
        say(f"the backup lacks collections that were damaged: {', '.join(made.left_out)}")


def _print_backups(made: "Mapping[str, Backup]", before: str) -> None:
    for name, one in made.items():
        tell(f"{before}{name}, {one.documents} documents, {one.chunks} chunks")
