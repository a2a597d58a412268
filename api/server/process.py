"""The server process: it opens the port first, then the service behind it."""

import asyncio
import errno
import math
import os
import resource
import socket
import threading
from collections.abc import Callable, Collection, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
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
from citespan.api.server.opening import Source
from citespan.api.server.operation import Operation, Tls
from citespan.api.transport import Connection
from citespan.qa.errors import ConfigError

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


class CannotListen(ConfigError):
    """An address that the server cannot listen on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {why}")
        self.host = host
        self.port = port


class NoKeys(ConfigError):
    """An address that other machines reach, without a key that they would need."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"other machines reach {host}, and there are no keys: each of them could read,"
            " change and delete all documents. Create a key first: citespan keys create NAME --role"
            " admin. Or let everybody in: access.open_to_all = true"
        )


class PortInUse(CannotListen):
    """An address on which another process listens."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            host,
            port,
            "another process listens there; stop it, or choose another port (0 picks a free one)",
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

    Raises:
        PortInUse, CannotListen, NoKeys, ConfigError: before `open_source` is called.
        Exception: the error that `open_source` raised.
    """
    if operation.tls is not None:
        operation.tls.check()
    listener, gate = _listen(host, port), gate or Gate()
    if not (gate.closed or open_to_all or _is_loopback(listener)):
        listener.close()
        raise NoKeys(host)
    configure_logging(level=log_level)
    failures: list[Exception] = []

    def stop(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    def ready() -> None:
        if operation.announcer is not None:
            operation.announcer.announce(url)

    own = {host, "localhost", socket.gethostname().lower()}
    app = create_app(
        open_source,
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
    url = _url(host, listener.getsockname()[1], secure=operation.tls is not None)
    with listener, _closing(operation):
        logger().info("listening", url=url)
        if not (gate.closed or _is_loopback(listener)):
            unchecked = _NO_HOST_CHECK if _ANY_HOST in hosts else ""
            logger().warning("open_to_all", warning=_OPEN_TO_ALL + unchecked)
        on_listening(url)
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


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


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_ADDRCONFIG
        )
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "not a host name"
        raise CannotListen(host, port, why) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()  # here: two sockets can be bound to a port, but only one can listen
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise CannotListen(host, port, error.strerror or str(error)) from error
    return listener


def _is_loopback(listener: socket.socket) -> bool:
    return ip_address(listener.getsockname()[0]).is_loopback


def _url(host: str, port: int, *, secure: bool) -> str:
    scheme = "https" if secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
