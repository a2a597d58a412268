"""The list of collections that all servers of a database have, and its copy in a data folder."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from citespan.index.catalogue import CatalogueServer, Tables
from citespan.index.disk import CATALOGUE
from citespan.index.errors import StoreMismatch
from citespan.qa.collections.folders import (
    hide_folder,
    identify,
    identity_of,
    new_folder,
    stored_names,
)
from citespan.qa.collections.listing import open_listing
from citespan.qa.collections.shelf import Shelf
from citespan.qa.collections.slots import Slots
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT

if TYPE_CHECKING:
    from citespan.index.shared import Notices, SharedCollection


class SharedList:
    """The folders of a data folder's collections, as the list on a server has them.

    Args:
        server: where the list is.
        folder: the data folder.
        changing: held while collections are made, removed and taken up here.

    Raises:
        StoreUnavailable: the server cannot be reached. Any method raises it.
        StoreMismatch: the folder holds collections of another database.
    """

    def __init__(self, server: CatalogueServer, folder: Path, changing: RLock) -> None:
        self._listing = open_listing(server)
        self._folder, self._parent = folder, folder / COLLECTIONS
        self._server, self._changing = server, changing
        self._notices: Notices | None = None
        try:
            self._settle()
        except BaseException:
            self._listing.close()
            raise

    @property
    def db(self) -> Tables:
        """What the servers share, until `close`."""
        return self._listing.db

    def follow(self, shelf: Shelf, slots: Slots) -> None:
        """Put collections of other servers on the shelf, and remove those that they deleted."""
        with self._changing:
            listed = self._listed()
            for slot in shelf.slots():
                one = listed.pop(slot.name, None)
                if slot.name == DEFAULT or self._is_own(slot.name):
                    continue
                if one is None or one.identity != slot.identity:
                    hidden = shelf.remove(slot, partial(hide_folder, self._parent, slot.name))
                    shutil.rmtree(hidden, ignore_errors=True)
                    if one is not None:  # another one of that name
                        listed[slot.name] = one
            for one in listed.values():
                self._make(one)
                shelf.add(slots.slot(self._parent, one.name))

    def start(self, look: Callable[[], None]) -> None:
        """Call back from now on when another server may have changed something."""
        from citespan.index.shared import Notices  # its driver is an extra

        if self._notices is None:
            self._notices = Notices(self._server, look)
            self._notices.start()

    def close(self) -> None:
        """Close the connections."""
        if self._notices:
            self._notices.close()
        self._listing.close()

    def _settle(self) -> None:
        """Make and remove folders, before any of them is opened."""
        self._listing.add(DEFAULT, {})
        installation = {one.name: one.identity for one in self._listing.all()}[DEFAULT]
        listed = self._listed()
        gone = [
            name
            for name in stored_names(self._parent)
            if not self._is_own(name)
            and (name not in listed or identity_of(self._parent / name) != listed[name].identity)
        ]
        if gone and identity_of(self._folder) != installation:
            raise StoreMismatch(
                f"the data folder {self._folder} holds collections of another database than"
                f" {self._server}, such as {gone[0]}; choose an empty folder"
            )
        for name in gone:
            shutil.rmtree(hide_folder(self._parent, name), ignore_errors=True)
        for one in listed.values():
            self._make(one)
        identify(self._folder, installation)

    def _listed(self) -> "dict[str, SharedCollection]":
        return {one.name: one for one in self._listing.all() if one.name != DEFAULT}

    def _make(self, one: "SharedCollection") -> None:
        if not (self._parent / one.name).is_dir():
            with new_folder(self._parent, one.name, one.own, one.identity):
                pass

    def _is_own(self, name: str) -> bool:
        """Return whether a folder holds documents itself: its name may be listed, too."""
        return (self._parent / name / CATALOGUE).exists()
