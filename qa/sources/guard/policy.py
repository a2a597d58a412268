"""Which URLs a source may request, and which addresses their names may stand for."""

import socket
from collections.abc import Callable
from typing import TypeAlias

import httpx

from citespan.qa.sources.errors import NotRead, RequestRefused
from citespan.qa.sources.guard.addresses import is_allowed
from citespan.qa.sources.guard.limits import Outgoing

Resolve: TypeAlias = Callable[[str, int], list[str]]

_PORTS = {"http": 80, "https": 443}
_MOST_URL = 2000  # characters
_HIGHEST_PORT = 65_535


def resolved(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host, as the system resolves it.

    Raises:
        OSError: the host has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def checked(host: str, port: int, outgoing: Outgoing, resolve: Resolve = resolved) -> list[str]:
    """Return the addresses of a host; a caller must connect to these, and resolve nothing.

    Raises:
        RequestRefused: one of them is not allowed.
        NotRead: the host has none.
    """
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NotRead(f"the host {host} cannot be found") from error
    for one in found:
        if not is_allowed(one, outgoing.networks):
            raise RequestRefused(
                f"{host} leads to {one}, which is not a public address; if that is meant, allow"
                " its network in sources.networks"
            )
    if not found:
        raise NotRead(f"the host {host} has no address")
    return found


class UrlPolicy:
    """What one source may request.

    Args:
        address: the source's own address, whose host it may always name.
        outgoing: what the operator allows.
        resolve: returns the addresses of a host.

    Raises:
        RequestRefused: the source may not request its own address.
    """

    def __init__(self, address: str, outgoing: Outgoing, resolve: Resolve = resolved) -> None:
        self._outgoing, self._resolve = outgoing, resolve
        self.own = _parsed(address)
        self._ports = {*_PORTS.values(), port_of(self.own)}
        self.url(address)

    def url(self, text: str) -> httpx.URL:
        """Return a URL that may be requested, parsed.

        Raises:
            RequestRefused: it may not be; the message says what to allow.
        """
        url = _parsed(text)
        if url.userinfo:
            raise RequestRefused("a URL holds a user name or password; put it into sources.secrets")
        if url.host != self.own.host and not self._is_listed(url.host):
            raise RequestRefused(
                f"the host {url.host} is not the source's; allow it in sources.hosts"
            )
        if port_of(url) not in self._ports:
            raise RequestRefused(f"port {port_of(url)} of {url.host} is not the source's")
        return url

    def allows(self, text: str) -> bool:
        """Return whether a URL may be requested."""
        try:
            self.url(text)
        except RequestRefused:
            return False
        return True

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, as `checked`."""
        return checked(host, port, self._outgoing, self._resolve)

    def _is_listed(self, host: str) -> bool:
        hosts = self._outgoing.hosts
        above = host.split(".")
        below = {f"*.{'.'.join(above[at:])}" for at in range(1, len(above))}
        return "*" in hosts or host in hosts or not below.isdisjoint(hosts)


def port_of(url: httpx.URL) -> int:
    """Return the port of a URL, whether or not it is written."""
    return url.port or _PORTS[url.scheme]


def _parsed(text: str) -> httpx.URL:
    if len(text) > _MOST_URL:
        raise RequestRefused(f"a URL has more than {_MOST_URL} characters")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise RequestRefused(f"{text!r} is not a URL") from error
    if url.scheme not in _PORTS or not url.host or not 0 < port_of(url) <= _HIGHEST_PORT:
        raise RequestRefused(f"{text!r} is not an http or https URL")
    return url
