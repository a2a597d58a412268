"""Which addresses of the network a request may connect to. Pure."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from citespan.qa.sources.guard.limits import Network

Address: TypeAlias = IPv4Address | IPv6Address

# Not public, although Python 3.11 calls them global: the first is the metadata of a cloud.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "100::/64",
            "2001::/23", "3fff::/20", "5f00::/16",
        ),
    )
)  # fmt: skip
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ip_network("::/96")


def is_allowed(text: str, networks: Sequence[Network] = ()) -> bool:
    """Return whether a request may connect to an address.

    Public addresses are allowed, and those of the given networks. An IPv4 address inside of an IPv6
    one must be allowed itself.

    Args:
        text: a numeric address, as a resolver returns it.
        networks: networks that are allowed although they are not public.
    """
    address = ip_address(text.partition("%")[0])
    meant = list(_embedded(address)) or [address]
    if any(_is_in(one, networks) for one in (address, *meant)):
        return True
    return all(map(_is_public, meant))


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not _is_in(address, _SPECIAL)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _COMPATIBLE or any(address in network for network in _TRANSLATED):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
