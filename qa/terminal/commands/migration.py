"""`citespan migrate`: documents from a data folder to a server, or back."""

from contextlib import closing
from pathlib import Path

import click
import msgspec

from citespan.index.errors import StoreUnavailable
from citespan.qa.errors import ConfigError
from citespan.qa.settings.sections import Settings
from citespan.qa.settings.store import SERVERS
from citespan.qa.terminal.commands.collection import here, record
from citespan.qa.terminal.output import json_flag, print_json, tell


@click.command()
@click.argument("target", metavar="TARGET")
@json_flag
@click.pass_obj
def migrate(settings: Settings, target: str, *, as_json: bool) -> None:
    """Copy all documents of a collection to TARGET, with their vectors.

    TARGET is the address of a PostgreSQL server (postgresql://…), or the data folder of another
    installation. Each document is compared after it was copied. If the command is stopped, run it
    again to continue. What is copied from does not change; stop its server first.
    """
    from citespan.index.corpus import open_catalogue
    from citespan.index.transfer import migrate as copy_all
    from citespan.index.transfer import open_target

    chosen, there = here(settings), _at(settings, target)
    folder = there.collection_path()
    with open_catalogue(chosen.collection_path(), chosen.server()) as source:
        if source is None:
            raise StoreUnavailable("nothing is stored here; there is nothing to migrate")
        with open_target(folder, there.server(), source.build.settings) as catalogue:
            made = copy_all(source, catalogue)
    _copy_own(chosen, there)
    record(settings, "collection.migrate", target=str(there.server() or folder))
    if as_json:
        print_json(made)
        return
    tell(f"copied and compared {made.documents} documents, {made.chunks} chunks")


def _at(settings: Settings, target: str) -> Settings:
    """Return the settings of the collection at a target.

    Raises:
        ConfigError: the target is where the collection is already, or no data folder.
    """
    from citespan.qa.composition import check_folder

    if target.startswith(SERVERS):
        store = msgspec.structs.replace(settings.store, url=target)
        there = msgspec.structs.replace(settings, store=store)
    else:
        data = msgspec.structs.replace(settings.data, path=str(Path(target).absolute()))
        store = msgspec.structs.replace(settings.store, url="")
        there = msgspec.structs.replace(settings, data=data, store=store)
        check_folder(there.data_path())
    here_too = there.data_path().absolute() == settings.data_path().absolute()
    if here_too and there.store.url == settings.store.url:
        raise ConfigError("the documents are there already; choose another target")
    return there


def _copy_own(chosen: Settings, there: Settings) -> None:
    """Write the settings of the collection next to its new folder, or into the list of a server."""
    from citespan.index.disk import OWN_SETTINGS, sealed, write_durably
    from citespan.qa.collections.listing import open_listing
    from citespan.qa.settings.overrides import read_own
    from citespan.qa.settings.sections import DEFAULT

    file = there.collection_path() / OWN_SETTINGS
    own = read_own(chosen.collection_path())
    server = there.store.at(DEFAULT)
    if server and there.data.collection != DEFAULT:
        with closing(open_listing(server)) as listing:
            listing.add(there.data.collection, own)
    elif own and not file.exists():
        write_durably(file, sealed(own))
