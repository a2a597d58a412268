"""The socket on which a server listens, and why it may not."""

import errno
import socket
from ipaddress import ip_address

from citespan.qa.errors import ConfigError


class CannotListen(ConfigError):
    """An address that the server cannot listen on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {why}")
        self.host = host
        self.port = port


class PortInUse(CannotListen):
    """An address on which another process listens."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            host,
            port,
            "another process listens there; stop it, or choose another port (0 picks a free one)",
        )


class NoKeys(ConfigError):
    """An address that other machines reach, without a key that they would need."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"other machines reach {host}, and there are no keys: each of them could read,"
            " change and delete all documents. Create a key first: citespan keys create NAME --role"
            " admin. Or let everybody in: access.open_to_all = true"
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; the caller closes it.

    Raises:
        PortInUse, CannotListen: the system does not allow it.
    """
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


def is_loopback(listener: socket.socket) -> bool:
    """Return whether only this machine reaches a socket."""
    return ip_address(listener.getsockname()[0]).is_loopback


def url_of(host: str, listener: socket.socket, *, secure: bool) -> str:
    """Return the address of a socket that listens on a host."""
    scheme, port = "https" if secure else "http", listener.getsockname()[1]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
