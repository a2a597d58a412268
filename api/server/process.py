"""The server process: it opens the port first, then the service behind it."""

import asyncio
import math
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Collection, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from citespan.api.access import Gate
from citespan.api.addresses import Addresses
from citespan.api.middleware.admission import Admission
from citespan.api.middleware.lines import READS_AT_ONCE, USUAL, Limits
from citespan.api.middleware.origins import Origins
from citespan.api.middleware.telemetry import configure_logging, logger
from citespan.api.server.app import DEFAULT_MAX_BODY_BYTES, create_app
from citespan.api.server.listening import NoKeys, is_loopback, listen, url_of
from citespan.api.server.opening import Source
from citespan.api.server.operation import Operation, Tls
from citespan.api.server.workers import ServerWorker
from citespan.api.transport import Connection

# After a stop signal, requests may run on for the limit of the settings. Then the server ends them;
# they notice within another second or two. So the process ends within 8 s by default: Docker kills
# it after 10.
_NOTICED_S, _STOP_S = 2, 4  # after that limit
_MOST_FILES = 8192  # that the process asks for; the usual limit is 1,024
_ANY_HOST = "*"
_RELATIVE, _NO_OTHERS, _PLAIN = Addresses(), Origins(), Operation()
_OPEN_TO_ALL = (
    "There are no keys, and access.open_to_all is set: any client that can reach this address can"
    " read, change and delete all documents."
)
_NO_HOST_CHECK = (
    " Because serve.hosts is *, web pages can do so, too, through the browser of a person who can"
    " reach this address."
)


class _Server(uvicorn.Server):
    """A server that returns on a signal, so that its caller ends the process, not the signal."""

    def __init__(
        self, config: uvicorn.Config, admission: Admission, threads: int, stop_s: float
    ) -> None:
        super().__init__(config)
        self._admission = admission
        self._stop_s = stop_s
        self._threads = threads

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit
        self.should_exit = True
        self._admission.stopping.set()
        # Acknowledged changes are on disk: ending the process by force loses none.
        last = threading.Timer(self._stop_s + _STOP_S, os._exit, [0])
        last.daemon = True
        last.start()

    def stop(self) -> None:
        """Stop as on a signal, unless that has begun."""
        if not self.should_exit:
            self.handle_exit(signal.SIGTERM, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, with enough threads for reads while as many stores run as may."""
        threads = ThreadPoolExecutor(self._threads, thread_name_prefix="requests")
        asyncio.get_running_loop().set_default_executor(threads)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End waiting requests at once, and running ones after the grace period."""
        self._admission.stop(self._stop_s)
        await super().shutdown(sockets)


def run_server(
    open_source: Callable[[], Source],
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    hosts: Collection[str] = (),
    addresses: Addresses = _RELATIVE,
    origins: Origins = _NO_OTHERS,
    limits: Limits = USUAL,
    gate: Gate | None = None,
    open_to_all: bool = False,
    operation: Operation = _PLAIN,
    log_level: str = "INFO",
    on_listening: Callable[[str], None] = lambda _: None,
    worker: ServerWorker | None = None,
) -> None:
    """Serve until the process receives a signal to stop.

    Args:
        open_source: opens the source in the background, once the port answers; the server closes
            the source.
        host: name or address of the interface to listen on.
        port: the port to listen on; 0 picks a free one.
        max_body_bytes: the server refuses larger request bodies.
        hosts: Host names that the server accepts, besides `host`, localhost, this machine's own
            name and addresses; "*" for any.
        addresses: how links in responses begin.
        origins: the origins whose pages may read and ask.
        limits: how much clients may request at once.
        gate: knows the callers and what they may do.
        open_to_all: whether an open gate may be reached from other machines.
        operation: quotas, the log of changes, traces and TLS.
        log_level: the lowest level that is logged, to standard error as JSON lines.
        on_listening: called with the address, which has the port that was picked.
        worker: the place of this process among others. Only the first one tells that it listens;
            the others open the source before they take requests.

    Raises:
        PortInUse, CannotListen, NoKeys, ConfigError: before `open_source` is called.
        Exception: the error that `open_source` raised.
    """
    if operation.tls is not None:
        operation.tls.check()
    listener, gate = worker.listener if worker else listen(host, port), gate or Gate()
    if not (gate.closed or open_to_all or is_loopback(listener)):
        listener.close()
        raise NoKeys(host)
    configure_logging(level=log_level)
    failures: list[Exception] = []

    def stop(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    url = url_of(host, listener, secure=operation.tls is not None)
    ready = partial(_tell_ready, operation, worker, url)
    first = worker is None or worker.first
    with ExitStack() as held:
        source = open_source if first else held.enter_context(_warm(open_source))
        own = {host, "localhost", socket.gethostname().lower()}
        app = create_app(
            source,
            max_body_bytes=max_body_bytes,
            limits=limits,
            hosts=() if _ANY_HOST in hosts else own.union(hosts),
            addresses=addresses,
            origins=origins,
            gate=gate,
            operation=operation,
            on_failure=stop,
            on_ready=ready,
        )
        server = _Server(
            _config(app, limits, addresses, operation.tls),
            app.admission,
            threads=READS_AT_ONCE + limits.stores_at_once + 2,
            stop_s=limits.stop_s,
        )
        with listener, _closing(operation):
            if worker is not None:
                worker.stops_with(server.stop)
            if first:
                logger().info("listening", url=url)
                if not (gate.closed or is_loopback(listener)):
                    _warn(_ANY_HOST in hosts)
                on_listening(url)
            else:
                ready()
            server.run(sockets=[listener])
    if failures:
        raise failures[0]


def _tell_ready(operation: Operation, worker: ServerWorker | None, url: str) -> None:
    if operation.announcer is not None:
        operation.announcer.announce(url)
    if worker is not None:
        worker.ready()


def _warn(any_host: bool) -> None:  # noqa: FBT001
    unchecked = _NO_HOST_CHECK if any_host else ""
    logger().warning("open_to_all", warning=_OPEN_TO_ALL + unchecked)


@contextmanager
def _warm(open_source: Callable[[], Source]) -> Generator[Source]:
    """Yield the opened source, whose models have run once."""
    with closing(open_source()) as source:
        source.warm()
        yield source


@contextmanager
def _closing(operation: Operation) -> Generator[None]:
    """At the end, send the last traces, and say that the server stops."""
    try:
        yield
    finally:
        if operation.announcer is not None:
            operation.announcer.withdraw()
        if operation.traces is not None:
            operation.traces.close()


def _config(app: Any, limits: Limits, addresses: Addresses, tls: Tls | None) -> uvicorn.Config:
    files = _open_files()
    most = min(limits.max_connections, files // 2)  # a collection needs five files
    return uvicorn.Config(
        app,
        http=partial(Connection, most, limits.head_limit_s, {}),  # pyright: ignore[reportArgumentType]
        # The loop accepts this many connections before it serves any: keep within the open files.
        backlog=max(1, min(128, files // 8)),
        log_config=None,
        access_log=False,
        server_header=False,
        # Without proxies to trust, uvicorn believes a scheme that a proxy on this machine forwards.
        proxy_headers=not addresses.proxies,
        lifespan="on",
        ws="none",  # no route takes WebSockets: the server ignores an upgrade
        timeout_graceful_shutdown=math.ceil(limits.stop_s) + _NOTICED_S,
        ssl_certfile=tls and tls.certificate,
        ssl_keyfile=tls and tls.key,
    )


def _open_files() -> int:
    """Raise the limit of open files, as far as the system allows, and return it."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    if usual != resource.RLIM_INFINITY and usual < raised:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, most))
    return max(usual, raised)
