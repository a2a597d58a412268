"""Connections to checked addresses only: a name is resolved once, checked, and pinned."""

import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from citespan.qa.sources.guard.limits import Outgoing
from citespan.qa.sources.guard.policy import Resolve, UrlPolicy, checked, resolved


class PinnedBackend(httpcore.NetworkBackend):
    """A network backend that connects to the addresses that a policy checked.

    The name is still what TLS verifies. Sockets of this machine are no addresses: they are refused.
    """

    def __init__(self, policy: UrlPolicy) -> None:
        self._policy = policy
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers.

        Raises:
            RequestRefused, NotRead: as `UrlPolicy.addresses`.
            httpcore.ConnectError, httpcore.ConnectTimeout: none answers.
        """
        *others, last = self._policy.addresses(host, port)
        for address in others:
            try:
                return self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._network.connect_tcp(last, port, timeout, local_address, socket_options)


def connected(
    host: str, port: int, outgoing: Outgoing, resolve: Resolve = resolved
) -> socket.socket:
    """Return a connection to the first checked address of a host that answers.

    Raises:
        RequestRefused, NotRead: as `checked`.
        OSError: none answers.
    """
    *others, last = checked(host, port, outgoing, resolve)
    for address in others:
        try:
            return socket.create_connection((address, port), outgoing.timeout_s)
        except OSError:
            continue
    return socket.create_connection((last, port), outgoing.timeout_s)
