"""The collections behind the routes: given, or opened in the background."""

import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from anyio import to_thread
from litestar import Litestar

from citespan.api.middleware.telemetry import logger
from citespan.qa import Service
from citespan.qa.collections import Collections
from citespan.qa.errors import NotReady

Source: TypeAlias = Service | Collections

_CLOSING_S = 30.0  # a shutdown waits this long for an opening in progress


class Opening:
    """Collections that are open, or that are being opened.

    Args:
        source: open collections, or one open service; their owner closes them. If a function that
            opens either is given, `lifespan` closes them.
        on_failure: called with the error if opening failed.
        on_ready: called when the collections are open and warm.
    """

    def __init__(
        self,
        source: Source | Callable[[], Source],
        on_failure: Callable[[Exception], None] | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_ready = on_ready
        given = isinstance(source, Service | Collections)
        self._open = None if given else source
        self._opened = _collections(source) if given else None
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._failed = False
        self._closed = False

    def collections(self) -> Collections:
        """Return the collections, ready for questions.

        Raises:
            NotReady: the collections are not open yet, are closed, or could not be opened.
        """
        opened = self._opened
        if opened is not None:
            return opened
        if self._failed:
            raise NotReady("the service could not be started; its log says why")
        raise NotReady("the service is stopping" if self._closed else "the service is starting")

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncGenerator[None]:
        """Open the collections and close them at shutdown, unless open ones were given."""
        if self._open is None:
            if self._opened is not None:
                await to_thread.run_sync(self._opened.start_jobs)
            yield
            return
        self._failed = self._closed = False
        thread = threading.Thread(
            target=self._run, args=(self._open,), name="open-service", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            await to_thread.run_sync(self._close, thread)

    def _run(self, open_source: Callable[[], Source]) -> None:
        opened: Collections | None = None
        try:
            opened = _collections(open_source())
            opened.warm()
        except Exception as error:  # noqa: BLE001  (logged, and passed to `on_failure`)
            logger().exception("service_failed", error=type(error).__name__)
            if opened is not None:
                opened.close()
            self._failed = True
            if self._on_failure is not None:
                self._on_failure(error)
            return
        with self._lock:
            if not self._closed:
                opened.start_jobs()
                self._opened = opened
                logger().info("service_ready")
                self._on_ready()
                return
        opened.close()

    def _close(self, thread: threading.Thread) -> None:
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
        thread.join(_CLOSING_S)


def _collections(source: Source) -> Collections:
    return source if isinstance(source, Collections) else Collections(source)
