"""The use of collections: those that a request or a job looks up stay open until it ends."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from citespan.index.errors import DocumentRejected, InvalidFilter
from citespan.qa.collections.figures import Figures
from citespan.qa.errors import CollectionGone, InvalidQuestion, ModeUnavailable
from citespan.qa.service import Service

# Errors of the request itself, which are reported even if the collection was deleted.
_OTHERWISE = (InvalidQuestion, ModeUnavailable, DocumentRejected, InvalidFilter)

_counting = threading.Lock()


@dataclass(slots=True, eq=False, kw_only=True)
class Slot:
    """An existing collection, open or not.

    identity: the identity of its contents, independent of the name; empty without a folder.
    open: opens the collection, or raises.
    service: the service of the collection while it is open.
    figures: the figures from when the collection was last closed.
    error: why the last attempt to open the collection failed.
    users: how many requests and jobs use the collection; if there are any, only deletion closes it.
    used: when the collection was last looked up, as a count.
    opening: whether a place among the open collections is reserved for it.
    gone: whether the collection is deleted.
    lock: serializes opening and closing.
    """

    name: str
    identity: str
    open: Callable[[], Service]
    service: Service | None = None
    figures: Figures | None = None
    error: Exception | None = None
    users: int = 0
    used: int = 0
    opening: bool = False
    gone: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)


class Use:
    """The collections that one request or job has looked up. Safe for many threads."""

    def __init__(self) -> None:
        self._held: list[Slot] = []
        self._over = False

    def hold(self, slot: Slot) -> None:
        """Keep a collection open until this use ends; after the end, do nothing."""
        with _counting:
            if not self._over and slot not in self._held:
                self._held.append(slot)
                slot.users += 1

    def end(self) -> None:
        """Release all collections."""
        with _counting:
            self._over = True
            for slot in self._held:
                slot.users -= 1

    def met(self, error: Exception) -> Exception:
        """Return the error to report: if a collection was deleted, CollectionGone."""
        gone = next((slot for slot in self._held if slot.gone), None)
        if gone is None or isinstance(error, _OTHERWISE):
            return error
        return CollectionGone(gone.name)


_current: ContextVar[Use | None] = ContextVar("use", default=None)


@contextmanager
def using() -> Generator[None]:
    """Keep collections that are looked up inside, also on other threads, open until the end.

    Raises:
        CollectionGone: the block failed, and one of its collections was deleted meanwhile.
    """
    use = Use()
    token = _current.set(use)
    try:
        yield
    except Exception as error:
        if (other := use.met(error)) is not error:
            raise other from error
        raise
    finally:
        _current.reset(token)
        use.end()


def hold(slot: Slot) -> None:
    """Keep a collection open until the current `using` ends; outside `using`, forever."""
    use = _current.get()
    if use is not None:
        use.hold(slot)
        return
    with _counting:
        slot.users += 1


def take_idle(slot: Slot) -> Service | None:
    """Take the service out of an idle collection; the next user must open it again."""
    with _counting:
        if slot.users:
            return None
        service, slot.service = slot.service, None
    return service


def met(error: Exception) -> Exception:
    """Return the error to report here: if a collection was deleted, CollectionGone."""
    use = _current.get()
    return error if use is None else use.met(error)
