"""A process that serves: the port first, then the service behind it."""

import asyncio
import errno
import os
import resource
import socket
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import Any

import uvicorn

from citespan.api.app import DEFAULT_MAX_BODY_BYTES, create_app
from citespan.api.middleware.admission import Admission
from citespan.api.middleware.lines import READS_AT_ONCE, USUAL, Limits
from citespan.api.middleware.telemetry import configure_logging, logger
from citespan.api.startup import Source
from citespan.api.transport import Connection
from citespan.qa.errors import ConfigError

# Told to stop, the process ends within 8 s: Docker kills after 10. Requests may run for _GRACE_S;
# then they are ended, and noticed to be within another second or two.
_GRACE_S, _NOTICED_S, _STOP_S = 4, 6, 8
_MOST_FILES = 8192  # that are asked for; 1,024 is what a process usually gets unasked
_ANY_HOST = "*"
_NO_ACCOUNTS = (
    "There are no accounts and no passwords: whoever can reach this address can read, change and"
    " delete all documents."
)
_NO_HOST_CHECK = (
    " serve.hosts is *, so pages of the web can, too, through the browser of anyone who can reach"
    " it."
)


class CannotListen(ConfigError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {why}")
        self.host = host
        self.port = port


class PortInUse(CannotListen):
    """Another process listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            host, port, "another process does; stop it, or choose another port (0 picks a free one)"
        )


class _Server(uvicorn.Server):
    """Stops on signals by returning: the process ends as its caller says, not by the signal."""

    def __init__(self, config: uvicorn.Config, admission: Admission, threads: int) -> None:
        super().__init__(config)
        self._admission = admission
        self._threads = threads

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit
        self.should_exit = True
        self._admission.stopping.set()
        # What was acknowledged is on disk: nothing is lost with what does not end by itself.
        last = threading.Timer(_STOP_S, os._exit, [0])
        last.daemon = True
        last.start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, with threads for what is read even while all that may be stored is."""
        threads = ThreadPoolExecutor(self._threads, thread_name_prefix="requests")
        asyncio.get_running_loop().set_default_executor(threads)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what waits and, after a while, what runs."""
        self._admission.stop(_GRACE_S)
        await super().shutdown(sockets)


def run_server(
    open_source: Callable[[], Source],
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    hosts: Collection[str] = (),
    limits: Limits = USUAL,
    log_level: str = "INFO",
    on_listening: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until the process is told to stop.

    Args:
        open_source: runs in the background, once the port answers; the server closes what it
            opens.
        host: name or address of the interface to listen on.
        port: 0 picks a free one.
        max_body_bytes: larger request bodies are refused.
        hosts: names that clients may call the server by, besides `host`, localhost, this machine's
            own name and addresses; "*" for any.
        limits: what clients may ask for at once.
        log_level: the least level that is logged, to standard error as JSON lines.
        on_listening: told the address, with the port that was picked.

    Raises:
        PortInUse, CannotListen: before anything is opened.
        Exception: whatever `open_source` raised.
    """
    listener = _listen(host, port)
    configure_logging(level=log_level)
    failures: list[Exception] = []

    def stop(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    own = {host, "localhost", socket.gethostname().lower()}
    app = create_app(
        open_source,
        max_body_bytes=max_body_bytes,
        limits=limits,
        hosts=() if _ANY_HOST in hosts else own.union(hosts),
        on_failure=stop,
    )
    server = _Server(
        _config(app, limits), app.admission, threads=READS_AT_ONCE + limits.stores_at_once + 2
    )
    with listener:
        url = _url(host, listener.getsockname()[1])
        logger().info("listening", url=url)
        if not ip_address(listener.getsockname()[0]).is_loopback:
            unchecked = _NO_HOST_CHECK if _ANY_HOST in hosts else ""
            logger().warning("no_accounts", warning=_NO_ACCOUNTS + unchecked)
        on_listening(url)
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


def _config(app: Any, limits: Limits) -> uvicorn.Config:
    files = _open_files()
    most = min(limits.max_connections, files // 2)  # a collection needs five files
    return uvicorn.Config(
        app,
        http=partial(Connection, most, {}),  # pyright: ignore[reportArgumentType]
        # The loop accepts so many before it looks at any: no more than files are left.
        backlog=max(1, min(128, files // 8)),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",  # there is no route for them: an upgrade is passed over
        timeout_graceful_shutdown=_NOTICED_S,
    )


def _open_files() -> int:
    """How many files and connections this process may have open: as many as the system lets it."""
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
        listener.listen()  # here: two sockets can be bound to a port, but not both listen
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise CannotListen(host, port, error.strerror or str(error)) from error
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
