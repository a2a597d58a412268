"""When sources are read: at intervals, and when a watched folder changes."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from citespan.qa.sources import Definition, SourceState, watch

_LOOK_S = 5.0  # between two looks at the definitions
_AGAIN_S = 60.0  # before a folder that could not be watched is tried again
_CLOSING_S = 5.0

_log = logging.getLogger("citespan.sources")


class Begin(Protocol):
    """Begins a sync of a source; `changed` says that a watched folder did."""

    def __call__(self, name: str, *, changed: bool) -> None: ...


class Schedule:
    """Begins syncs on threads of its own. Definitions may come, change and go meanwhile.

    Args:
        states: returns the sources.
        begin: begins a sync.
        look_s: how long to wait between two looks, in seconds.
    """

    def __init__(
        self, states: Callable[[], list[SourceState]], begin: Begin, look_s: float = _LOOK_S
    ) -> None:
        self._states, self._begin, self._look_s = states, begin, look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sources", daemon=True)
        self._watchers: dict[Definition, _Watcher] = {}
        self._asked: dict[str, float] = {}

    def start(self) -> None:
        """Start, unless it has been started or closed."""
        if not (self._thread.is_alive() or self._stop.is_set()):
            self._thread.start()

    def close(self) -> None:
        """Stop; a sync that runs is not touched."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSING_S)

    def look(self) -> None:
        """Begin what is due, and watch what is to be watched."""
        try:
            states = self._states()
        except Exception as error:  # noqa: BLE001  (the schedule continues)
            _log.warning("the sources cannot be read: %s", error)
            return
        for one in states:
            if self._is_due(one):
                self._asked[one.definition.name] = time.monotonic()
                self._begun(one.definition.name, changed=False)
        self._keep({one.definition for one in states if one.definition.watch})

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._look_s)
        self._keep(set())

    def _is_due(self, one: SourceState) -> bool:
        every_s = one.definition.interval_s
        if one.next_at is None or every_s is None or one.next_at > datetime.now(UTC):
            return False
        asked = self._asked.get(one.definition.name)
        return asked is None or time.monotonic() - asked >= every_s

    def _begun(self, name: str, *, changed: bool) -> None:
        try:
            self._begin(name, changed=changed)
        except Exception as error:  # noqa: BLE001  (another source may be read)
            _log.warning("source %s is not read: %s", name, error)

    def _keep(self, watched: set[Definition]) -> None:
        """Watch these folders, and no others."""
        for definition in self._watchers.keys() - watched:
            self._watchers.pop(definition).close()
        for definition in watched - self._watchers.keys():
            changed = partial(self._begun, definition.name, changed=True)
            self._watchers[definition] = _Watcher(Path(definition.address), changed)


class _Watcher:
    """A thread that watches a folder; if it cannot, it tries again each minute."""

    def __init__(self, folder: Path, changed: Callable[[], None]) -> None:
        self._folder, self._changed = folder, changed
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="watcher", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                watch(self._folder, self._stop, self._changed)
            except Exception as error:  # noqa: BLE001  (watchfiles has errors of its own; the rescan continues)
                _log.warning("the folder %s is not watched: %s", self._folder, error)
                self._stop.wait(_AGAIN_S)
