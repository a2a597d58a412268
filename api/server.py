"""A process that serves: the port first, then the service behind it."""

import errno
import socket
import threading
from collections.abc import Callable, Collection
from ipaddress import ip_address
from types import FrameType

import uvicorn

from api.app import DEFAULT_MAX_BODY_BYTES, create_app
from api.framing import Framing
from api.opening import Source
from api.telemetry import configure_logging, logger
from qa.errors import ConfigError

_BACKLOG = 2048
_GRACE_S = 20  # for requests that run when the process is told to stop


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

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit
        self.should_exit = True
        self._stopping.set()


def run_server(
    open_source: Callable[[], Source],
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    hosts: Collection[str] = (),
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
        hosts: names that clients may call the server by, besides `host`, localhost and addresses;
            any if there are none and others than this machine can reach it.
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

    if hosts or ip_address(listener.getsockname()[0]).is_loopback:
        hosts = {*hosts, host, "localhost"}
    app = create_app(open_source, max_body_bytes=max_body_bytes, hosts=hosts, on_failure=stop)
    server = _Server(
        uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType]
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            http=Framing,
            ws="none",  # there is no route for them: an upgrade is passed over
            timeout_graceful_shutdown=_GRACE_S,
        ),
        app.stopping,
    )
    with listener:
        url = _url(host, listener.getsockname()[1])
        logger().info("listening", url=url)
        on_listening(url)
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


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
        listener.listen(_BACKLOG)  # here: two sockets can be bound to a port, but not both listen
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise CannotListen(host, port, error.strerror or str(error)) from error
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
