"""The folders of the collections of a data folder, and how each is opened."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from citespan.index.catalogue import Tables
from citespan.index.corpus import ChunkMaker
from citespan.index.errors import StoreError, StoreUnavailable
from citespan.qa.collections.feedback import FeedbackPlace, Unanswered, feedback_place
from citespan.qa.collections.figures import Figures, figures_of
from citespan.qa.collections.folders import clear_hidden, identity_of, stored_names
from citespan.qa.collections.use import Slot, hold
from citespan.qa.composition import Say, open_service
from citespan.qa.errors import InvalidCollection
from citespan.qa.llm import Endpoint
from citespan.qa.service import Service
from citespan.qa.settings.overrides import collection_settings, own_settings
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A factory of the slots of a data folder's collections.

    folder: the data folder; without one, there is only the default collection.
    settings: the settings that collections override.
    endpoint: the language model of all collections.
    say: called with a message about work that takes a while, and about collections that cannot be
        opened.
    db: what the servers of a database share; None if the folder holds the documents.
    maker: makes the chunks and vectors of all collections elsewhere.
    """

    folder: Path | None
    settings: Settings
    endpoint: Endpoint | None
    say: Say
    db: Tables | None = None
    maker: ChunkMaker | None = None

    @property
    def parent(self) -> Path | None:
        """The folder of all collections except the default one."""
        return self.folder and self.folder / COLLECTIONS

    def parent_of(self, name: str) -> Path:
        """Return the folder that a new collection comes into.

        Raises:
            InvalidCollection: there is none.
        """
        if self.parent is None:
            raise InvalidCollection(
                "name", f"cannot be {name!r}: without a data folder there is only {DEFAULT!r}"
            )
        return self.parent

    def feedback(self, name: str) -> FeedbackPlace:
        """Return where the labels and the unanswered questions of a collection are.

        Raises:
            StoreUnavailable: there is no data folder.
        """
        if self.folder is None:
            raise StoreUnavailable("labels need a data folder, and there is none")
        folder = self.folder if name == DEFAULT else self.folder / COLLECTIONS / name
        return feedback_place(self.db, identity_of(folder) if self.db else "", folder)

    def unanswered(self, name: str) -> Unanswered:
        """Return the questions that a collection could not answer.

        Raises:
            StoreUnavailable: there is no data folder, or the server cannot be reached.
        """
        kept = self.settings.feedback
        return Unanswered(self.feedback(name), kept.unanswered_days, kept=kept.unanswered)

    def default(self, found: Service | StoreError) -> Slot:
        """Return the slot of the default collection; it stays open, or holds the error."""
        identity = identity_of(self.folder) if self.folder else ""
        slot = Slot(name=DEFAULT, identity=identity, open=_never)
        if isinstance(found, Service):
            slot.service = self._heard(found, DEFAULT)
            hold(slot)
        else:
            self.say(f"The collection {DEFAULT} cannot be opened: {found}")
            slot.error = found
        return slot

    def stored(self) -> list[Slot]:
        """Return the slots of all others; remove folders that were partly created or deleted."""
        if self.parent is None:
            return []
        clear_hidden(self.parent)
        return [self.slot(self.parent, name) for name in stored_names(self.parent)]

    def slot(self, parent: Path, name: str) -> Slot:
        """Return the slot of the collection `name` in the folder `parent`."""
        slot = Slot(name=name, identity="-", open=partial(self._opened, name))
        try:
            slot.identity = identity_of(parent / name)
        except StoreError as error:
            self.say(f"The collection {name} cannot be opened: {error}")
            slot.error = error
        return slot

    def settings_of(self, name: str) -> Settings:
        """Return the settings of a collection, without those recorded at a reindex.

        Raises:
            CollectionNotFound: no collection has this name.
            ConfigError, StoreError: its settings are invalid, or cannot be read.
        """
        data = msgspec.structs.replace(self.settings.data, collection=DEFAULT)
        return collection_settings(msgspec.structs.replace(self.settings, data=data), name)

    def figures_of(self, service: Service) -> Figures:
        """Return the figures of an open collection.

        Raises:
            As `settings_of`.
        """
        name = service.collection if self.folder else DEFAULT
        here = self.settings_of(name)
        if self.folder is None:
            return figures_of(service, name, {})
        return figures_of(service, name, own_settings(here.collection_path(), here.server()))

    def _opened(self, name: str) -> Service:
        settings = self.settings_of(name)
        opened = open_service(
            settings.collection_path(), settings=settings, endpoint=self.endpoint,
            maker=self.maker, say=self.say,
        )  # fmt: skip
        return self._heard(opened, name)

    def _heard(self, service: Service, name: str) -> Service:
        """Let the questions that a service cannot answer be kept, if the settings say so."""
        if self.folder is not None and self.settings.feedback.unanswered:
            service.on_answer = self.unanswered(name).note
        return service


def _never() -> Service:
    raise StoreUnavailable("the collections are closed")
