"""Who sent a request: the holder of a key, or else the client's address."""

from ipaddress import IPv6Address, ip_address, ip_network

from litestar.types import Scope

_IPV6_BITS = 64  # of an address: a client changes the others as it likes


def caller_of(scope: Scope) -> str:
    """Return the id of the request's caller; without one, the address of its client.

    Authentication stores the caller, who has an `id`, in `scope["state"]["caller"]`.
    """
    return key_of(scope) or address_of(scope)


def key_of(scope: Scope) -> str | None:
    """Return the id of the caller that authentication found; None without authentication."""
    return getattr(scope["state"].get("caller"), "id", None)


def address_of(scope: Scope) -> str:
    """Return the client's address, of IPv6 its network; empty if there is none."""
    client = scope["client"]
    if client is None:
        return ""
    try:
        found = ip_address(client[0])
    except ValueError:
        return client[0]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, _IPV6_BITS), strict=False))
