"""Collections by name: opened when they are needed, and closed when others are needed more."""

import logging
import threading
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from citespan.index.errors import StoreCorrupt, StoreError, StoreMismatch
from citespan.qa.collections.figures import Figures
from citespan.qa.collections.use import Slot, hold, take_idle, using
from citespan.qa.errors import CollectionGone, CollectionNotFound, CollectionsBusy, ConfigError
from citespan.qa.service import Service
from citespan.qa.settings.sections import DEFAULT

# An open one takes 5 descriptors and a thread: 32 take 160 of the 1,024 that a process usually has.
OPEN_MOST = 32
_LASTING = (StoreCorrupt, StoreMismatch, ConfigError)  # opening it again would not help

T = TypeVar("T")

_log = logging.getLogger("citespan.collections")


class Shelf:
    """Holds collections, of which at most so many are open at once. Safe for many threads.

    Args:
        figures: the figures of a collection that is open.
        most: open ones, the default collection included; of those that nobody uses, the least
            recently used one is closed for another.
    """

    def __init__(self, figures: Callable[[Service], Figures], most: int = OPEN_MOST) -> None:
        self._figures = figures
        self._most = most
        self._lock = threading.Lock()
        self._slots: dict[str, Slot] = {}
        self._clock = count(1)

    def add(self, slot: Slot) -> None:
        """Have one more; it is opened when it is looked up."""
        with self._lock:
            self._slots[slot.name] = slot

    def remove(self, slot: Slot, hide: Callable[[], T]) -> T:
        """Close a collection and have it no more; what goes on with it fails.

        Args:
            slot: the collection.
            hide: takes it off the disk; if it raises, the collection stays.

        Returns:
            What `hide` returns.
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
        """All, the default one first and the others by name."""
        with self._lock:
            found = list(self._slots.values())
        return sorted(found, key=lambda slot: (slot.name != DEFAULT, slot.name))

    def slot(self, name: str, identity: str | None = None) -> Slot:
        """The collection of a name.

        Args:
            name: what it is called.
            identity: refuse another one that has the name now.

        Raises:
            CollectionNotFound: there is none, or it is another one.
        """
        with self._lock:
            found = self._slots.get(name)
        if identity is not None and (found is None or found.identity != identity):
            raise CollectionGone(name)
        if found is None:
            raise CollectionNotFound(name)
        return found

    def service(self, slot: Slot) -> Service:
        """A collection, opened if need be.

        Raises:
            CollectionNotFound: it is deleted.
            CollectionsBusy: as many as may be open are in use.
            StoreError, ConfigError: it cannot be opened.
        """
        hold(slot)
        slot.used = next(self._clock)
        service = slot.service
        if service is None:
            with slot.lock:
                service = slot.service or self._opened(slot)
        return service

    def figures(self, slot: Slot) -> Figures:
        """The figures of a collection, without opening it if they are known.

        Raises:
            As `service`.
        """
        known = slot.figures
        if slot.service is None and known is not None:
            return known
        with using():
            hold(slot)
            return self._figures(slot.service or self.service(slot))

    def open_all(self, say: Callable[[str], None]) -> None:
        """Open each once, to know its figures and what cannot be opened, which is said."""
        for slot in self.slots():
            if slot.service is None and slot.error is None:
                try:
                    with using():
                        self.service(slot)
                except Exception as error:  # noqa: BLE001  (whatever it is, the others go on)
                    say(f"The collection {slot.name} cannot be opened: {error}")

    def condition(self) -> tuple[int, int]:
        """How many derived files were rebuilt, and how many documents were found damaged."""
        rebuilt = damaged = 0
        for slot in self.slots():
            if service := slot.service:
                rebuilt += len(service.corpus.health.repaired())
                damaged += len(service.corpus.health.damaged())
            elif known := slot.figures:
                rebuilt, damaged = rebuilt + known.rebuilt, damaged + known.damaged
        return rebuilt, damaged

    def close(self) -> None:
        """Close all."""
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
