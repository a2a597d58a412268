"""Notices of what other servers change, and a look from time to time in case one is lost."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing, suppress

from citespan.index.catalogue import CatalogueServer
from citespan.index.catalogue.postgres import Connections, translated
from citespan.index.errors import StoreError

_LOOK_S = 1.0  # between two looks without a notice
_REST_S = 0.1  # between two looks, however many notices there are

_log = logging.getLogger("citespan.index")


class Notices:
    """A thread that calls back after changes, and at least every second.

    Args:
        server: the server; the notices are of its whole database.
        on_change: called on the thread; it finds out what has changed.
    """

    def __init__(self, server: CatalogueServer, on_change: Callable[[], None]) -> None:
        self._server, self._on_change = server, on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        """Start, unless it has been started or closed."""
        if not (self._thread.is_alive() or self._stop.is_set()):
            self._thread.start()

    def close(self) -> None:
        """Stop, within some seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5 * _LOOK_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(StoreError), closing(Connections(self._server)) as whole:
                self._listen(whole)
            self._tell()
            self._stop.wait(_LOOK_S)

    def _listen(self, whole: Connections) -> None:
        """Call back until the connection is lost."""
        with translated("the notices"), whole.one() as session:
            session.execute(b"LISTEN citespan")
            while not self._stop.is_set():
                self._tell()
                list(session.notifies(timeout=_LOOK_S, stop_after=1))
                self._stop.wait(_REST_S)

    def _tell(self) -> None:
        try:
            self._on_change()
        except Exception as error:  # noqa: BLE001  (the next look tries again)
            _log.warning("changes of other servers are not taken up: %s", error)
