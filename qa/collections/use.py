"""Who uses collections: what a request or a job looks up stays open until it is over."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from citespan.index.errors import DocumentRejected, InvalidFilter
from citespan.qa.collections.figures import Figures
from citespan.qa.errors import CollectionGone, InvalidQuestion, ModeUnavailable
from citespan.qa.service import Service

# What is said of a request, whatever became of the collection.
_OTHERWISE = (InvalidQuestion, ModeUnavailable, DocumentRejected, InvalidFilter)

_counting = threading.Lock()


@dataclass(slots=True, eq=False, kw_only=True)
class Slot:
    """A collection that there is, open or not.

    identity: of its contents, whatever the name; empty where there is no folder.
    open: opens it; raises if it cannot be.
    service: it, while it is open.
    figures: those of when it was closed last.
    error: why it could not be opened when that was last tried.
    users: requests and jobs that use it; while there are any, it is closed by deletion alone.
    used: when it was last looked up, as a count.
    opening: whether a place among the open ones is taken for it.
    gone: whether it is deleted.
    lock: for opening and closing.
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
        """Keep a collection open until this is over; who comes later keeps nothing."""
        with _counting:
            if not self._over and slot not in self._held:
                self._held.append(slot)
                slot.users += 1

    def end(self) -> None:
        """Let go of all."""
        with _counting:
            self._over = True
            for slot in self._held:
                slot.users -= 1

    def met(self, error: Exception) -> Exception:
        """What to tell of an error: that a collection is gone, where that is why."""
        gone = next((slot for slot in self._held if slot.gone), None)
        if gone is None or isinstance(error, _OTHERWISE):
            return error
        return CollectionGone(gone.name)


_current: ContextVar[Use | None] = ContextVar("use", default=None)


@contextmanager
def using() -> Generator[None]:
    """Collections that are looked up inside, on other threads too, stay open until it is left.

    Raises:
        CollectionGone: something failed, and one of them was deleted meanwhile.
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
    """Keep a collection open as long as what is going on here; for good outside of `using`."""
    use = _current.get()
    if use is not None:
        use.hold(slot)
        return
    with _counting:
        slot.users += 1


def take_idle(slot: Slot) -> Service | None:
    """What is open of a collection that nobody uses; whoever looks it up next has to open it."""
    with _counting:
        if slot.users:
            return None
        service, slot.service = slot.service, None
    return service


def met(error: Exception) -> Exception:
    """What to tell of an error that came up here: that a collection is gone, where that is why."""
    use = _current.get()
    return error if use is None else use.met(error)
