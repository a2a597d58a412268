"""Collections by name: opened at use, and closed when others need the room."""

import logging
import threading
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from citespan.index.errors import StoreCorrupt, StoreError, StoreMismatch
from citespan.qa.collections.figures import Figures
from citespan.qa.collections.use import Slot, hold, take_idle, using
from citespan.qa.errors import (
    CollectionGone,
    CollectionNotFound,
    CollectionsBusy,
    ConfigError,
    QAError,
)
from citespan.qa.service import Service
from citespan.qa.settings.sections import DEFAULT

# An open collection takes 5 descriptors and a thread: 32 take 160 of a process's usual 1,024.
OPEN_MOST = 32
_LASTING = (StoreCorrupt, StoreMismatch, ConfigError)  # another try would not help

T = TypeVar("T")

_log = logging.getLogger("citespan.collections")


class Shelf:
    """A holder of collections that limits how many are open at once. Safe for many threads.

    Args:
        figures: returns the figures of an open collection.
        most: maximum number of open collections, the default one included. To open another one,
            the least recently used idle collection is closed.
        missing: called when a collection is not there; another server may just have made it.
    """

    def __init__(
        self,
        figures: Callable[[Service], Figures],
        most: int = OPEN_MOST,
        missing: Callable[[], None] = lambda: None,
    ) -> None:
        self._figures, self._missing = figures, missing
        self._most = most
        self._lock = threading.Lock()
        self._slots: dict[str, Slot] = {}
        self._clock = count(1)

    def add(self, slot: Slot) -> None:
        """Add a collection, which is opened at its first use."""
        with self._lock:
            self._slots[slot.name] = slot

    def remove(self, slot: Slot, hide: Callable[[], T]) -> T:
        """Close and remove a collection; work that still uses it fails.

        Args:
            slot: the collection.
            hide: removes it from the disk; if `hide` raises, the collection is kept.

        Returns:
            The result of `hide`.
        """
        with slot.lock:
            slot.gone = True
            try:
                _close(slot)
                hidden = hide()
            except BaseException:
                slot.gone = False
                raise
            with self._lock:
                del self._slots[slot.name]
        return hidden

    def slots(self) -> list[Slot]:
        """Return all collections, the default one first and the others by name."""
        with self._lock:
            found = list(self._slots.values())
        return sorted(found, key=lambda slot: (slot.name != DEFAULT, slot.name))

    def slot(self, name: str, identity: str | None = None) -> Slot:
        """Return the collection of a name.

        Args:
            name: the name of the collection.
            identity: if given, the identity that the collection must have.

        Raises:
            CollectionNotFound: no collection has this name.
            CollectionGone: no collection has this name and this identity.
        """
        found = self._found(name)
        if found is None or identity not in {None, found.identity}:
            self._missing()
            found = self._found(name)
        if identity is not None and (found is None or found.identity != identity):
            raise CollectionGone(name)
        if found is None:
            raise CollectionNotFound(name)
        return found

    def _found(self, name: str) -> Slot | None:
        with self._lock:
            return self._slots.get(name)

    def service(self, slot: Slot) -> Service:
        """Return the service of a collection, opened if needed.

        Raises:
            CollectionNotFound: the collection is deleted.
            CollectionsBusy: the maximum number of collections is in use.
            StoreError, ConfigError: the collection cannot be opened.
        """
        hold(slot)
        slot.used = next(self._clock)
        service = slot.service
        if service is None:
            with slot.lock:
                service = slot.service or self._opened(slot)
        return service

    def figures(self, slot: Slot) -> Figures:
        """Return the figures of a collection, without opening it if they are known.

        Raises:
            As `service`.
        """
        known = slot.figures
        if slot.service is None and known is not None:
            return known
        with using():
            hold(slot)
            return self._figures(slot.service or self.service(slot))

    def all_figures(self) -> list[Figures]:
        """Return the figures of all collections, except unreadable ones and ones being deleted."""
        found: list[Figures] = []
        for slot in self.slots():
            if slot.error is None:
                try:
                    found.append(self.figures(slot))
                except (StoreError, QAError) as error:
                    _log.warning("no figures of collection %s: %s", slot.name, error)
        return found

    def open_all(self, say: Callable[[str], None]) -> None:
        """Open each collection once to read its figures; `say` is called with failures."""
        for slot in self.slots():
            if slot.service is None and slot.error is None:
                try:
                    with using():
                        self.service(slot)
                except Exception as error:  # noqa: BLE001  (the others are opened in any case)
                    say(f"The collection {slot.name} cannot be opened: {error}")

    def condition(self) -> tuple[int, int, str | None]:
        """Count the derived files that were rebuilt, and the documents found damaged.

        The last value says why the server of a collection cannot be used; None if nothing is known.
        """
        rebuilt = damaged = 0
        fault: str | None = None
        for slot in self.slots():
            if service := slot.service:
                rebuilt += len(service.corpus.health.repaired())
                damaged += len(service.corpus.health.damaged())
                fault = fault or service.corpus.health.fault()
            elif known := slot.figures:
                rebuilt, damaged = rebuilt + known.rebuilt, damaged + known.damaged
        return rebuilt, damaged, fault

    def refresh(self) -> None:
        """Let the open collections take up what other processes have stored and deleted."""
        for slot in self.slots():
            if service := slot.service:
                try:
                    service.corpus.refresh()
                except StoreError as error:  # a question would say so
                    _log.warning("collection %s is not up to date: %s", slot.name, error)

    def close(self) -> None:
        """Close all collections."""
        for slot in self.slots():
            with slot.lock:
                _close(slot)

    def _opened(self, slot: Slot) -> Service:
        if slot.gone:
            raise CollectionGone(slot.name)
        if isinstance(slot.error, _LASTING):
            raise slot.error.with_traceback(None)
        self._make_room(slot)
        try:
            slot.service = slot.open()
        except Exception as error:
            slot.error = error
            raise
        finally:
            slot.opening = False
        slot.error = slot.figures = None
        return slot.service

    def _make_room(self, slot: Slot) -> None:
        while True:
            with self._lock:
                others = [one for one in self._slots.values() if one.service or one.opening]
                if len(others) < self._most:
                    slot.opening = True
                    return
                idle = [one for one in others if not (one.users or one.opening)]
            if not idle:
                raise CollectionsBusy(self._most)
            self._close_idle(min(idle, key=lambda one: one.used))

    def _close_idle(self, slot: Slot) -> None:
        with slot.lock:
            service = take_idle(slot)
            if service is None:
                return
            try:
                slot.figures = self._figures(service)
            except StoreError as error:
                _log.warning("no figures of collection %s: %s", slot.name, error)
            service.close()


def _close(slot: Slot) -> None:
    service, slot.service = slot.service, None
    if service is not None:
        service.close()
