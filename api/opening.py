"""The service behind the routes: given, or opened in the background while the port answers."""

import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from anyio import to_thread
from litestar import Litestar

from api.telemetry import logger
from qa import Service
from qa.errors import NotReady

_CLOSING_S = 30.0  # how long a shutdown waits for an opening that has begun


class Opening:
    """A service that is there, or will be.

    Args:
        source: the service, which its owner closes; or what opens it, and then it is closed here.
        on_failure: told when opening it failed.
    """

    def __init__(
        self,
        source: Service | Callable[[], Service],
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        self._open = None if isinstance(source, Service) else source
        self._service = source if isinstance(source, Service) else None
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._failed = False
        self._closed = False

    def service(self) -> Service:
        """The service, ready for questions.

        Raises:
            NotReady: it is not open yet, no longer, or cannot be opened.
        """
        service = self._service
        if service is not None:
            return service
        if self._failed:
            raise NotReady("the service could not be started; its log says why")
        raise NotReady("the service is stopping" if self._closed else "the service is starting")

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncGenerator[None]:
        """Opens the service, and closes it in the end, if it was not given."""
        if self._open is None:
            if self._service is not None:
                await to_thread.run_sync(self._service.start_jobs)
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

    def _run(self, open_service: Callable[[], Service]) -> None:
        opened: Service | None = None
        try:
            opened = open_service()
            opened.warm()
        except Exception as error:  # noqa: BLE001  (logged, and handed on)
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
                self._service = opened
                logger().info("service_ready")
                return
        opened.close()

    def _close(self, thread: threading.Thread) -> None:
        with self._lock:
            self._closed = True
            service, self._service = self._service, None
        if service is not None:
            service.close()
        thread.join(_CLOSING_S)
