"""The address of the service as its clients see it: below a path, behind a proxy, over TLS."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from citespan.api.errors.types import MalformedRequest
from citespan.qa.errors import ConfigError

Network: TypeAlias = IPv4Network | IPv6Network

_HOST = re.compile(r"[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_HIGHEST_PORT = 65535
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%-]{1,100}){0,20}")

_base: ContextVar[str] = ContextVar("base", default="")


@contextmanager
def seen_at(base: str) -> Generator[None]:
    """Begin the addresses made inside with `base`, also on other threads."""
    token = _base.set(base)
    try:
        yield
    finally:
        _base.reset(token)


def absolute(path: str) -> str:
    """Return the address of a path; it is the path itself if the service's address is not known."""
    return _base.get() + path


def base() -> str:
    """Return the address that `absolute` begins with, without a slash at its end, or nothing."""
    return _base.get()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """What a proxy says about a client and the address that it used; empty fields were not said.

    client: the address of the client itself.
    """

    client: str = ""
    scheme: str = ""
    host: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How the service finds its own address.

    public_url: the address that all clients use, without a slash at its end; empty if not set.
    proxies: the networks whose forwarded headers are believed.
    """

    public_url: str = ""
    proxies: tuple[Network, ...] = ()

    @classmethod
    def of(cls, public_url: str, proxies: str) -> "Addresses":
        """Read both from settings; `proxies` are addresses and networks, separated by commas.

        Raises:
            ConfigError: one of them is invalid.
        """
        public_url = public_url.rstrip("/")
        if public_url and not _is_address(public_url):
            raise ConfigError(
                f"serve.public_url is {public_url!r}; write it like https://docs.example.org/ask"
            )
        listed = proxies.replace(",", " ").split()
        try:
            return cls(public_url=public_url, proxies=tuple(map(ip_network, listed)))
        except ValueError as error:
            raise ConfigError(f"serve.trusted_proxies: {error}") from error

    @property
    def host(self) -> str:
        """The name in the public address, or nothing."""
        return urlsplit(self.public_url).hostname or ""

    def forwarded(self, client: tuple[str, int] | None, headers: Mapping[bytes, str]) -> Forwarded:
        """Return what a trusted proxy says; nothing if the request came from another address.

        Where several proxies added a value, the last one counts: the trusted proxy added it.

        Raises:
            MalformedRequest: a value cannot be a part of an address.
        """
        if not (self.proxies and client and self._trusts(client[0])):
            return Forwarded()
        forwarded = _pairs(_last(headers, b"forwarded"))
        said = Forwarded(
            client=self._client(headers),
            scheme=_last(headers, b"x-forwarded-proto") or forwarded.get("proto", ""),
            host=_last(headers, b"x-forwarded-host") or forwarded.get("host", ""),
            prefix=_last(headers, b"x-forwarded-prefix").rstrip("/"),
        )
        if said.scheme not in {"", "http", "https"}:
            raise MalformedRequest("the forwarded scheme is not http or https")
        if said.host:
            check_host(said.host, "the forwarded host")
        if not _PREFIX.fullmatch(said.prefix):
            raise MalformedRequest("X-Forwarded-Prefix is not a path that begins with /")
        return said

    def base(self, seen: Forwarded, scheme: str, host: str) -> str:
        """Return the address that links begin with, or nothing if neither source knows it."""
        if self.public_url or not (seen.host or seen.prefix):
            return self.public_url
        return f"{scheme}://{host}{seen.prefix}"

    def _client(self, headers: Mapping[bytes, Any]) -> str:
        """Return the last forwarded address that is not a trusted proxy's own."""
        chain = str(headers.get(b"x-forwarded-for", "")).split(",")
        if not any(one.strip() for one in chain):
            elements = str(headers.get(b"forwarded", "")).split(",")
            chain = [_pairs(one).get("for", "") for one in elements]
        found = ""
        for one in reversed(chain):
            named = _without_port(one.strip())
            if not named:
                break
            found = named
            if not self._trusts(named):
                break
        return found

    def _trusts(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)


def check_host(host: str, what: str = "the Host header") -> None:
    """Raise MalformedRequest if `host` is not a name or an address, with a port or without."""
    name, port = host, ""
    if not host.endswith("]"):
        name, colon, port = host.rpartition(":")
        name = name if colon else host
        port = port if colon else ""
    if not _HOST.fullmatch(name) or not _is_port(port):
        raise MalformedRequest(f"{what} is not a name or an address with a port")


def _is_port(text: str) -> bool:
    """Return whether the text is a port, or empty."""
    if not text:
        return True
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _HIGHEST_PORT


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        check_host(parts.netloc)
    except (ValueError, MalformedRequest):
        return False
    plain = parts.scheme in {"http", "https"} and not (parts.query or parts.fragment)
    return plain and bool(_PREFIX.fullmatch(parts.path))


def _without_port(node: str) -> str:
    """Return the address in a node of a forwarded header, or nothing if it has none."""
    host = node.partition("]")[0].removeprefix("[") if node.startswith("[") else node
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _pairs(element: str) -> dict[str, str]:
    """Return the names and values of an element of Forwarded, as RFC 7239 4 writes them."""
    pairs = (one.partition("=") for one in element.split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _last(headers: Mapping[bytes, Any], name: bytes) -> str:
    return str(headers.get(name, "")).rpartition(",")[2].strip()
